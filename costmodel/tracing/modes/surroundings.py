"""What both modes have beside their tensors: what was taken for granted, one GPU that is not there, room to nest."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any

from costmodel.tracing.modes.compiler import without_compiler
from costmodel.tracing.modes.converted import convertible
from costmodel.tracing.modes.devices import as_on_one_gpu
from costmodel.tracing.modes.initialisers import quick_initialisers
from costmodel.tracing.modes.keyboard import without_keyboard
from costmodel.tracing.modes.one_process import as_one_process
from costmodel.tracing.modes.values import Values
from costmodel.tracing.modes.weights import without_weights

_DEEPEST = 10_000
"""Python frames. More might need more than the 8 MiB of a thread's stack."""


class Surroundings:
    """The part of a mode that is the same on fake tensors and on real ones.

    Attributes:
        values: of what was built in it.
        is_partial: a file was not run as a whole.
        notes: what was taken for granted to import and build it, with its place where it has one.
        around_steps: what makes the code's own files importable while its steps run.
    """

    def __init__(self) -> None:
        self.values = Values()
        self.is_partial = False
        self.notes: dict[tuple[str, str], None] = {}
        self.around_steps: Callable[[], AbstractContextManager[Any]] = nullcontext
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

    def _entered(self, *contexts: AbstractContextManager[Any]) -> None:
        """The mode is entered; the first time with what is around it."""
        if not self._depth:
            ours = (
                _deep(),
                _leaving_no_caches(),
                quick_initialisers(),
                convertible(),
                without_keyboard(),
                without_weights(self.note),
                without_compiler(),
                as_one_process(self.note),
            )
            for context in (*ours, *contexts, self.around_steps()):
                self._around.enter_context(context)
            if self._expects_gpu:
                self._around.enter_context(as_on_one_gpu(self.note))
        self._depth += 1

    def _left(self) -> None:
        self._depth -= 1
        if not self._depth:
            self._around.close()


@contextmanager
def _leaving_no_caches() -> Iterator[None]:
    """A stretch in which imports compile nothing into ``__pycache__``: a submission stays as it was handed in."""
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield
    finally:
        sys.dont_write_bytecode = before


@contextmanager
def _deep() -> Iterator[None]:
    """A stretch in which modules may lie deeply inside one another.

    With Python's usual 1,000 frames, about 190 modules, the error arises in a hook of autograd, and ends the process.
    """
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _DEEPEST))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
