"""The real mode: a model is built and its step recorded on real, small tensors, for what hangs on their values.

It stands in the place of the fake mode (:mod:`costmodel.tracing.fake`). Figures are then those of one batch: random
numbers of a seed, or what the file's own ``example_batch`` brings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from typing import Any

import torch

from costmodel.tracing.devices import as_on_one_gpu
from costmodel.tracing.fake import FakeMode, deep
from costmodel.tracing.values import Values

SEED = 0


class RealMode:
    """Nothing but a seed, with what a fake mode has beside its tensors.

    Attributes:
        values: none are noted, since all are there.
        is_partial, notes: see :class:`FakeMode`.
    """

    def __init__(self) -> None:
        self.values = Values()
        self.is_partial = False
        self.notes: dict[tuple[str, str], None] = {}
        self._depth = 0
        self._expects_gpu = False
        self._around = ExitStack()

    def expect_gpu(self) -> None:
        """The code may move things to a GPU: from now on they stay where they are."""
        if not self._expects_gpu and self._depth:
            self._around.enter_context(as_on_one_gpu(self.note))
        self._expects_gpu = True

    def note(self, what: str, where: str) -> None:
        """Take something down that was taken for granted, and its place."""
        self.notes.setdefault((what, where))

    def building(self) -> Any:
        """A stretch in which a model is built."""
        return nullcontext()

    def __enter__(self) -> RealMode:
        if not self._depth:
            self._around.enter_context(deep())
            self._around.enter_context(torch.random.fork_rng(devices=[]))
            torch.manual_seed(SEED)
            if self._expects_gpu:
                self._around.enter_context(as_on_one_gpu(self.note))
        self._depth += 1
        _ACTIVE.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        _ACTIVE.pop()
        self._depth -= 1
        if not self._depth:
            self._around.close()


Mode = FakeMode | RealMode

_ACTIVE: list[RealMode] = []
_MAKERS: list[Callable[[], Mode]] = [FakeMode]


def active() -> RealMode | None:
    """The real mode that is on."""
    return _ACTIVE[-1] if _ACTIVE else None


def new_mode() -> Mode:
    """A mode to plan in: fake, and real inside :func:`for_real`."""
    return _MAKERS[-1]()


@contextmanager
def for_real() -> Iterator[None]:
    """A stretch in which plans are made for real tensors."""
    _MAKERS.append(RealMode)
    try:
        yield
    finally:
        _MAKERS.pop()
