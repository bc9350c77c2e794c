"""A storage counts with its largest tensor, an empty one with nothing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from costmodel.grading.scrutiny.remarks import elements_of


def test_elements_of_each_storage() -> None:
    seen = [(0, 6), (1, 0), (0, 8), (0, 2), (2, 1)]
    trace: Any = SimpleNamespace(tensors=[SimpleNamespace(storage=s, meta=SimpleNamespace(numel=n)) for s, n in seen])
    assert elements_of(trace) == {0: 8, 1: 0, 2: 1}
