"""A training of several processes, in a trace of one: DistributedDataParallel is the module that it wraps."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import torch.distributed
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from costmodel.tracing.blame import user_line

_SAID = "DistributedDataParallel is traced as the module that it wraps: one process, without its exchange of gradients"
_GROUP_SAID = "torch.distributed is taken to be a group of one process, with rank 0"
_LAUNCHED = {
    "RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1", "LOCAL_WORLD_SIZE": "1", "GROUP_RANK": "0",
    "MASTER_ADDR": "localhost", "MASTER_PORT": "29500",
}  # fmt: skip
"""What torchrun says to each process, to the one that is alone: https://docs.pytorch.org/docs/stable/elastic/run.html."""

_NOTHING = ("destroy_process_group", "barrier", "broadcast", "all_reduce", "reduce", "broadcast_object_list")
"""What a group of one has no work for."""


@contextmanager
def as_one_process(note: Callable[[str, str], None]) -> Iterator[None]:
    """A stretch in which a module can be wrapped without a process group, and a group is one process."""

    def wrap(self: Any, module: nn.Module, *_: Any, **__: Any) -> None:
        nn.Module.__init__(self)
        self.module = module
        note(_SAID, user_line())

    def forward(self: Any, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)

    with ExitStack() as stack:
        own = {"__init__": wrap, "forward": forward, "__getstate__": lambda self: dict(vars(self)),
               "__setstate__": nn.Module.__setstate__}  # a copy is one of a plain module  # fmt: skip
        for name, value in own.items():
            stack.enter_context(patch.object(DistributedDataParallel, name, value))
        for name, answer in _group_of_one(note).items():
            stack.enter_context(patch.object(torch.distributed, name, answer))
        stack.enter_context(_launched(note))
        yield


@contextmanager
def _launched(note: Callable[[str, str], None]) -> Iterator[None]:
    """A stretch in which ``os.environ["LOCAL_RANK"]`` is there; who asks whether it is hears that it is not."""
    kind: Any = type(os.environ)
    asked = kind.__getitem__

    def get(self: Any, name: str) -> str:
        try:
            value: str = asked(self, name)
        except KeyError:
            if name not in _LAUNCHED:
                raise
            note(f"{name} is taken to be {_LAUNCHED[name]}, as torchrun says to a process that is alone", user_line())
            return _LAUNCHED[name]
        return value

    def asked_or(self: Any, name: str, default: Any = None) -> Any:
        return asked(self, name) if name in self else default

    def is_there(self: Any, name: object) -> bool:
        return any(name == known for known in self)

    with ExitStack() as stack:
        for method, answer in (("__getitem__", get), ("get", asked_or), ("__contains__", is_there)):
            stack.enter_context(patch.object(kind, method, answer))
        yield


def _group_of_one(note: Callable[[str, str], None]) -> dict[str, Callable[..., Any]]:
    """The functions of ``torch.distributed`` in a process that is alone; none where there is a group already."""
    distributed = torch.distributed
    if not distributed.is_available() or distributed.is_initialized():
        return {}
    started: list[bool] = []

    def start(*_: Any, **__: Any) -> None:
        started.append(True)
        note(_GROUP_SAID, user_line())

    answers: dict[str, Callable[..., Any]] = {name: lambda *_, **__: None for name in _NOTHING}
    answers["init_process_group"] = start
    answers["is_initialized"] = lambda: bool(started)
    answers["get_rank"] = lambda *_, **__: 0
    answers["get_world_size"] = lambda *_, **__: 1
    return answers


def unwrapped(model: Any) -> Any:
    """The module that was wrapped."""
    return model.module if isinstance(model, DistributedDataParallel) else model
