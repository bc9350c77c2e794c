"""A training of several processes, in a trace of one: DistributedDataParallel is the module that it wraps."""

from __future__ import annotations

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
        for name, value in (("__init__", wrap), ("forward", forward)):
            stack.enter_context(patch.object(DistributedDataParallel, name, value))
        for name, answer in _group_of_one(note).items():
            stack.enter_context(patch.object(torch.distributed, name, answer))
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
