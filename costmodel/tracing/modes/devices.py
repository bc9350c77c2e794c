"""CUDA in a program that is traced without: its tensors stay where the trace is, its questions have one answer.

A trace runs on fake tensors of the CPU, on every build of torch alike. ``.cuda()``, ``.to("cuda")`` and
``device="cuda"`` give the tensor that the CPU would; who asks whether there is a GPU hears that there is one, since
that is where the training will run. Each is an assumption of the analysis, with its line.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import torch
from torch.overrides import TorchFunctionMode

from costmodel.tracing.blame import is_users, user_line

Note = Callable[[str, str], None]
"""Takes down an assumption and its place."""

_CPU = torch.device("cpu")
_HERE = frozenset({"cpu", "meta"})
_MOVES = frozenset({torch.Tensor.to, torch.Tensor.cuda, torch.Tensor.pin_memory, torch.Tensor.type})


_MENTIONS = re.compile(rb"cuda|nccl|pin_memory|accelerator|\.to\(\s*\d")


def mentions_a_gpu(text: bytes) -> bool:
    """True for a file that may move something to a GPU. To watch every function of torch takes a tenth of the time."""
    return _MENTIONS.search(text) is not None


class OnCpu(TorchFunctionMode):
    """Torch's functions with another device than the CPU's run on the CPU.

    Args:
        note: takes down what was changed.
    """

    def __init__(self, note: Note) -> None:
        super().__init__()
        self._note = note

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Run one function of torch."""
        if kwargs and kwargs.get("device") is not None and self._elsewhere(kwargs["device"]):
            kwargs = {**kwargs, "device": _CPU}
        if func in _MOVES:
            if func is torch.Tensor.cuda:
                self._said("cuda")
                return args[0]
            if func is torch.Tensor.pin_memory:
                return args[0]
            if len(args) > 1 and isinstance(args[1], (str, int, torch.device)) and type(args[1]) is not bool:
                if func is torch.Tensor.to and self._elsewhere(args[1]):
                    args = (args[0], _CPU, *args[2:])
        return func(*args, **(kwargs or {}))

    def _elsewhere(self, device: Any) -> bool:
        device = torch.device("cuda", device) if isinstance(device, int) else torch.device(device)
        if device.type in _HERE:
            return False
        self._said(device)
        return True

    def _said(self, device: object) -> None:
        self._note(f"device {device} is traced as cpu: the same ATen ops, without its kernels", user_line())


@contextmanager
def as_on_one_gpu(note: Note) -> Iterator[None]:
    """A stretch in which the user's code runs as it would where one GPU is, without one."""
    with ExitStack() as stack:
        for name, value in _ANSWERS.items():
            known = getattr(torch.cuda, name, None)
            if known is not None:
                stack.enter_context(patch.object(torch.cuda, name, _answering(known, name, value, note)))
        stack.enter_context(patch.object(torch.autocast, "__init__", _on_this_device(torch.autocast.__init__, note)))
        scaler = torch.amp.GradScaler
        stack.enter_context(patch.object(scaler, "__init__", _on_this_device(scaler.__init__, note)))
        stack.enter_context(patch.object(torch.cuda, "CUDAGraph", _no_graph))
        stack.enter_context(patch.object(torch.nn.Module, "to", _to_a_named_device(torch.nn.Module.to)))
        stack.enter_context(OnCpu(note))
        yield


_ANSWERS: Mapping[str, Any] = {
    "is_available": True,
    "device_count": 1,
    "current_device": 0,
    "is_bf16_supported": True,
    "get_device_name": "a GPU",
    "get_device_capability": (8, 0),
    "get_device_properties": SimpleNamespace(
        name="a GPU", major=8, minor=0, multi_processor_count=108, total_memory=80 * 2**30, is_integrated=0
    ),
    "mem_get_info": (80 * 2**30, 80 * 2**30),
    "memory_allocated": 0,
    "max_memory_allocated": 0,
    "memory_reserved": 0,
    "max_memory_reserved": 0,
    "memory_summary": "",
    "ipc_collect": None,
    "synchronize": None,
    "empty_cache": None,
    "reset_peak_memory_stats": None,
    "manual_seed": None,
    "manual_seed_all": None,
    "set_device": None,
}
"""What ``torch.cuda`` is taken to say. Compute capability 8.0 is an A100's (CUDA C++ Programming Guide, table 24),
as are 108 multiprocessors and 80 GB (NVIDIA A100 Tensor Core GPU Architecture, 2020, table 4)."""


def _to_a_named_device(to: Any) -> Any:
    """``net.to(0)``: a number means the accelerator that torch finds, and it finds none here."""

    @functools.wraps(to)
    def moved(self: Any, *args: Any, **kwargs: Any) -> Any:
        if args and type(args[0]) is int:
            args = (f"cuda:{args[0]}", *args[1:])
        return to(self, *args, **kwargs)

    return moved


def _no_graph(*_: Any, **__: Any) -> Any:
    """In the place of CUDAGraph, which says something else on each build; what to do is said by the hints."""
    raise RuntimeError("a CUDAGraph cannot be traced")


def _answering(known: Any, name: str, value: Any, note: Note) -> Any:
    @functools.wraps(known)
    def answer(*args: Any, **kwargs: Any) -> Any:
        if not is_users(sys._getframe(1).f_code.co_filename):
            return known(*args, **kwargs)  # torch itself asks what this machine has
        if value is not None:
            note(f"torch.cuda.{name}() is taken to say {value!r}: the training will run on one GPU", user_line())
        return value

    return answer


def _on_this_device(init: Any, note: Note) -> Any:
    """The constructor of autocast or of a gradient scaler, with the trace's device in place of CUDA.

    Autocast to no type of its own casts to float16 on CUDA, to bfloat16 on the CPU (torch.amp's documentation).
    """

    @functools.wraps(init)
    def constructed(self: Any, device: Any = "cuda", *args: Any, **kwargs: Any) -> None:
        device = kwargs.pop("device_type", kwargs.pop("device", device))
        if torch.device(device).type == "cuda":
            note(f"{type(self).__name__} of {device} is traced as that of cpu, which decides what is cast", user_line())
            device = "cpu"
            if isinstance(self, torch.autocast) and not args and kwargs.get("dtype") is None:
                kwargs["dtype"] = torch.float16
        init(self, device, *args, **kwargs)

    return constructed
