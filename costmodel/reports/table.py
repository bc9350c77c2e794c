"""A table of plain cells, before any format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

Cell: TypeAlias = "str | int | float | None"


@dataclass(frozen=True)
class Table:
    """A title, column headers, and rows of cells; ``notes`` are lines below."""

    title: str
    headers: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    notes: Sequence[str] = field(default_factory=tuple)
