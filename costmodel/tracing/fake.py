"""The fake mode in which a model is built and traced: tensors have shapes and no memory."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from costmodel.tracing import compat
from costmodel.tracing.devices import as_on_one_gpu
from costmodel.tracing.lazy_layers import sized_without_memory
from costmodel.tracing.values import Values

MOST_NESTED = 1_800
"""Modules inside one another, of which each takes five Python frames to call."""
_DEEPEST = 10_000
"""Python frames. More might need more than the 8 MiB of a thread's stack."""


class FakeMode(compat.BareMode):  # type: ignore[no-untyped-call]  # torch's __init_subclass__
    """A fake mode in which values are known while a model is built.

    Attributes:
        values: of what was built in it.
        is_partial: a file was not run as a whole.
        notes: what was taken for granted to import and build it, with its place where it has one.
    """

    def __init__(self) -> None:
        super().__init__()
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

    def __enter__(self) -> FakeMode:
        if not self._depth:
            self._around.enter_context(deep())
            self._around.enter_context(sized_without_memory(self))
            if self._expects_gpu:
                self._around.enter_context(as_on_one_gpu(self.note))
        self._depth += 1
        super().__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        self._depth -= 1
        if not self._depth:
            self._around.close()

    @contextmanager
    def building(self) -> Iterator[None]:
        """A stretch in which a model is built: what it asks of a tensor's value is computed."""
        before, self.knows_values = self.knows_values, True
        try:
            yield
        finally:
            self.knows_values = before

    def dispatch(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run one op."""
        if not self.knows_values:
            return super().dispatch(func, types, args, kwargs)
        alone = super().dispatch
        return self.values.watch(lambda f, a, k: alone(f, types, a, k), func, args, kwargs or {})


def active() -> FakeMode | None:
    """The fake mode that is on, if it is one of these."""
    mode = compat.active_mode()
    return mode if isinstance(mode, FakeMode) else None


@contextmanager
def deep() -> Iterator[None]:
    """A stretch in which modules may lie deeply inside one another.

    With Python's usual 1,000 frames, about 190 modules, the error arises in a hook of autograd, and ends the process.
    """
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _DEEPEST))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
