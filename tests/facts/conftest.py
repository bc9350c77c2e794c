from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from costmodel.ir.facts import Measurement, Reading
from costmodel.verbs.facts import read_facts

Write = Callable[..., Path]
Read = Callable[..., tuple[Reading, ...]]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A file with this text."""

    def make(name: str, text: str | bytes) -> Path:
        file = tmp_path / name
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    return make


@pytest.fixture
def read(write: Write) -> Read:
    """The readings of a file with this text."""

    def make(name: str, text: str | bytes, solution: str | None = None, **options: Any) -> tuple[Reading, ...]:
        truth = write("truth.csv", solution) if solution is not None else None
        return read_facts(write(name, text), truth, **options).readings

    return make


def found(reading: Reading, metric: str) -> Measurement:
    [measurement] = [m for m in reading.measurements if m.metric == metric]
    return measurement


def value(reading: Reading, metric: str) -> Decimal:
    return found(reading, metric).value
