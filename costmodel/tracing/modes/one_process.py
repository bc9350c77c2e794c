"""DistributedDataParallel in a trace of one process: the module that it wraps, since it computes what that computes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from torch import nn
from torch.nn.parallel import DistributedDataParallel

from costmodel.tracing.blame import user_line

_SAID = "DistributedDataParallel is traced as the module that it wraps: one process, without its exchange of gradients"


@contextmanager
def as_one_process(note: Callable[[str, str], None]) -> Iterator[None]:
    """A stretch in which a module can be wrapped without a process group."""

    def wrap(self: Any, module: nn.Module, *_: Any, **__: Any) -> None:
        nn.Module.__init__(self)
        self.module = module
        note(_SAID, user_line())

    def forward(self: Any, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)

    with ExitStack() as stack:
        for name, value in (("__init__", wrap), ("forward", forward)):
            stack.enter_context(patch.object(DistributedDataParallel, name, value))
        yield


def unwrapped(model: Any) -> Any:
    """The module that was wrapped."""
    return model.module if isinstance(model, DistributedDataParallel) else model
