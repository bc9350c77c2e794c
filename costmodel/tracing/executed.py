"""Real execution, counted: every ATen op that runs, on whatever device, by op, arguments and shapes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from costmodel.errors import TraceError
from costmodel.ir.tensor import TensorMeta
from costmodel.ir.trace import Argument
from costmodel.tracing.arguments import encode_call, name_of
from costmodel.tracing.recording.recorder import NOT_WORK


@dataclass(frozen=True, slots=True)
class Executed:
    """A call: ``op`` is ``aten.mm.default``; a tensor among the arguments is its place in ``metas``.

    ``outputs`` has None for what was not computed; ``strange`` is a call whose arguments have no plain form.
    """

    op: str
    arguments: tuple[tuple[str, Argument], ...]
    metas: tuple[TensorMeta, ...]
    outputs: tuple[TensorMeta | None, ...]
    strange: bool = False


class Counting(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's __init_subclass__
    """Tallies what runs inside it.

    Attributes:
        calls: how often each call ran; a network repeats its layers.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.calls: Counter[Executed] = Counter()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Run a call, and tally it."""
        given = kwargs or {}
        metas: list[TensorMeta] = []

        def place(tensor: torch.Tensor) -> int:
            metas.append(_meta(tensor))
            return len(metas) - 1

        try:  # before it runs: an in-place call may resize what it is given
            arguments, strange = encode_call(func, args, given, place), False
        except TraceError:
            arguments, strange = (), True
        result = func(*args, **given)
        if func._schema.name not in NOT_WORK:
            self.calls[Executed(name_of(func), arguments, tuple(metas), _metas(result), strange)] += 1
        return result


def _meta(tensor: torch.Tensor) -> TensorMeta:
    return TensorMeta(tuple(tensor.shape), str(tensor.dtype).removeprefix("torch."))


def _metas(result: Any) -> tuple[TensorMeta | None, ...]:
    if isinstance(result, torch.Tensor):
        return (_meta(result),)
    if isinstance(result, (tuple, list)):
        return tuple(meta for item in result for meta in (_metas(item) or (None,)))
    return ()


def wait_for_device() -> None:
    """Until the GPU has done what it was given; nothing where none is in use."""
    if _is_on_gpu():
        torch.cuda.synchronize()


def forget_peak() -> None:
    """The allocator's peak begins here."""
    if _is_on_gpu():
        torch.cuda.reset_peak_memory_stats()


def peak_allocated() -> int | None:
    """``torch.cuda.max_memory_allocated``; None where no GPU is in use: the CPU's allocator keeps no account."""
    return int(torch.cuda.max_memory_allocated()) if _is_on_gpu() else None


def _is_on_gpu() -> bool:
    return bool(torch.cuda.is_initialized())  # type: ignore[no-untyped-call]  # torch's


def first_shape(args: tuple[Any, ...]) -> tuple[int, ...] | None:
    """The shape of a forward pass's only input; None if there are several, or it is no tensor."""
    return tuple(args[0].shape) if len(args) == 1 and isinstance(args[0], torch.Tensor) else None
