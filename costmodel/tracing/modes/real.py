"""The real mode: a model is built and its step recorded on real, small tensors, for what hangs on their values.

It stands in the place of the fake mode (:mod:`costmodel.tracing.modes.fake`). Figures are then those of one batch:
random numbers of a seed, or what the file's own ``example_batch`` brings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch

from costmodel.tracing.modes.fake import FakeMode
from costmodel.tracing.modes.surroundings import Surroundings

SEED = 0


class RealMode(Surroundings):
    """Nothing but a seed. No values are noted, since all are there."""

    def building(self) -> AbstractContextManager[None]:
        """A stretch in which a model is built."""
        return nullcontext()

    def __enter__(self) -> RealMode:
        first = not self._depth
        self._entered(torch.random.fork_rng(devices=[]))
        if first:
            torch.default_generator.manual_seed(SEED)
        _ACTIVE.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        _ACTIVE.pop()
        self._left()


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
