"""The fake mode in which a model is built and traced: tensors have shapes and no memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from costmodel.tracing import compat
from costmodel.tracing.modes.fake_values import answer_questions
from costmodel.tracing.modes.lazy_layers import sized_without_memory
from costmodel.tracing.modes.surroundings import Surroundings
from costmodel.tracing.recording.results import ResultMemory, known_in_this_process

answer_questions()

MOST_NESTED = 1_800
"""Modules inside one another, of which each takes five Python frames to call."""


class FakeMode(compat.BareMode, Surroundings):  # type: ignore[no-untyped-call]  # torch's __init_subclass__
    """A fake mode in which values are known while a model is built."""

    def __init__(self) -> None:
        compat.BareMode.__init__(self)
        self.memory = ResultMemory(known_in_this_process())
        Surroundings.__init__(self)

    def __enter__(self) -> FakeMode:
        self._entered(sized_without_memory(self))
        super().__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        self._left()

    @contextmanager
    def building(self) -> Iterator[None]:
        """A stretch in which a model is built: what it asks of a tensor's value is computed."""
        before, self.knows_values = self.knows_values, True
        try:
            yield
        finally:
            self.knows_values = before

    def whole(self, tensor: torch.Tensor) -> torch.Tensor | None:
        """A real tensor with all values of a fake one; None where none are known, or they are asked for one by one."""
        return self.values.whole(tensor) if self.knows_values else None

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
