"""Point tables: cells of a metric, with a lint for gaps and overlaps."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field, model_validator

from costmodel.files.documents import Strict


class Cell(Strict):
    """Points for a range: ``below`` excludes its bound, ``at_most`` includes it; likewise ``above``, ``at_least``.

    Without a lower bound a cell begins where the one before ends.
    """

    below: Decimal | None = None
    at_most: Decimal | None = None
    above: Decimal | None = None
    at_least: Decimal | None = None
    points: int

    @model_validator(mode="after")
    def _one_upper_bound(self) -> Cell:
        if (self.below is None) == (self.at_most is None):
            raise ValueError("a cell ends at below or at at_most, one of them")
        if self.above is not None and self.at_least is not None:
            raise ValueError("a cell begins at above or at at_least, not at both")
        return self

    @property
    def upper(self) -> tuple[Decimal, bool]:
        """(bound, whether the bound itself is inside)."""
        if self.below is not None:
            return self.below, False
        assert self.at_most is not None  # checked above
        return self.at_most, True

    @property
    def lower(self) -> tuple[Decimal, bool] | None:
        """(bound, whether the bound itself is inside), None if not written."""
        if self.at_least is not None:
            return self.at_least, True
        return None if self.above is None else (self.above, False)

    def holds(self, amount: Decimal) -> bool:
        """Whether a value lies below this cell's end."""
        bound, inside = self.upper
        return amount < bound or (inside and amount == bound)

    @property
    def text(self) -> str:
        """The end as people read it."""
        bound, inside = self.upper
        return f"at most {bound:,}" if inside else f"below {bound:,}"


class PointTable(Strict):
    """Cells in ascending order, first match; ``otherwise`` beyond the last bound."""

    table: str
    metric: str
    cells: tuple[Cell, ...] = Field(min_length=1)
    otherwise: int = 0
    source: str

    @model_validator(mode="after")
    def _no_gap(self) -> PointTable:
        for before, after in zip(self.cells, self.cells[1:], strict=False):
            if after.upper <= before.upper:
                raise ValueError(f"cells must have ascending, different bounds: {after.text} comes after {before.text}")
            if after.lower is not None:
                self._meets(before, after)
        return self

    @staticmethod
    def _meets(before: Cell, after: Cell) -> None:
        (end, end_inside), (begin, begin_inside) = before.upper, after.lower or before.upper
        if begin > end or (begin == end and not end_inside and not begin_inside):
            raise ValueError(f"a gap between the cell {before.text} and the next, which begins at {begin}")
        if begin < end or (end_inside and begin_inside):
            raise ValueError(f"the cell {before.text} and the next, which begins at {begin}, overlap")

    @property
    def maximum(self) -> int:
        """The most points that the table can give."""
        return max(self.otherwise, *(cell.points for cell in self.cells))

    def points_of(self, amount: Decimal) -> tuple[int, str]:
        """(points, why) of a value."""
        first = self.cells[0].lower
        if first is not None and (amount < first[0] or (amount == first[0] and not first[1])):
            return self.otherwise, f"before the first cell, which begins at {first[0]:,}"
        for cell in self.cells:
            if cell.holds(amount):
                return cell.points, cell.text
        return self.otherwise, f"not {self.cells[-1].text}"

    def next_better(self, amount: Decimal, points: int) -> tuple[int, str, Decimal] | None:
        """(points, end as people read it, bound) of the nearest cell that gives more than ``points``; None if none.

        What lies beyond the last cell counts as one that begins where that ends.
        """
        found: list[tuple[int, str, Decimal]] = []
        begin, inside = self.cells[0].lower or (None, True)
        for cell in self.cells:
            if cell.points > points:
                above = begin is not None and (amount < begin or (amount == begin and not inside))
                text = f"{'at least' if inside else 'above'} {begin:,}" if above else cell.text
                found.append((cell.points, text, begin if above and begin is not None else cell.upper[0]))
            begin, end_inside = cell.upper
            inside = not end_inside
        if self.otherwise > points and begin is not None and self.cells[-1].holds(amount):
            found.append((self.otherwise, f"{'at least' if inside else 'above'} {begin:,}", begin))
        return min(found, key=lambda cell: abs(cell[2] - amount), default=None)
