"""A table of plain cells, before any format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

Cell: TypeAlias = "str | int | float | Decimal | None"


class Percent(float):
    """A share in percent (12.5, not 0.125): people read ``12.5%``, a program the number with all its digits."""

    __slots__ = ()


class Bytes(int):
    """A number of bytes: ``--human`` says 24.6 kB, everything else the number."""

    __slots__ = ()


@dataclass(frozen=True)
class Table:
    """Rows of cells under headers.

    Attributes:
        title: a heading; "" for a table that needs none.
        notes: lines that belong to the table, as a list below it.
        remarks: lines of a paragraph of their own below the table.
        right: headers of columns that are aligned right although their cells are text.
        wrapped: the cells' line breaks are meant; a format does not wrap them again.
    """

    title: str
    headers: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    notes: Sequence[str] = field(default_factory=tuple)
    remarks: Sequence[str] = field(default_factory=tuple)
    right: Sequence[str] = field(default_factory=tuple)
    wrapped: bool = False
