"""Counts: the trace's calls with their work and traffic, and what could not be counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

from costmodel.ir.doubts import Assumption
from costmodel.ir.doubts import Uncounted as Uncounted
from costmodel.ir.noun import Noun
from costmodel.ir.phase import Phase
from costmodel.ir.trace import LOSS_SCOPE
from costmodel.ir.work import Work, total

SCHEMA = "costmodel.counts/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class CountRow:
    """One call's work and memory traffic; ``work`` is None for an op without a formula."""

    op: str
    scope: str
    phase: Phase
    work: Work | None
    bytes_read: int
    bytes_written: int

    @property
    def part(self) -> str:
        """The phase, with the loss's own backward apart (the JSON's ``operations`` keys)."""
        if self.phase is Phase.BACKWARD and self.scope == LOSS_SCOPE:
            return "loss_backward"
        return self.phase.value


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Counts(Noun):
    """Rows of one step; ``first_update`` are the optimizer's rows of the very first step (all, where it is apart).

    ``varies`` says why the step is not the same each time it runs.
    """

    SCHEMA: ClassVar[str] = SCHEMA
    ROWS: ClassVar[str] = "rows"

    rows: tuple[CountRow, ...]
    first_update: tuple[CountRow, ...] = ()
    varies: tuple[Assumption, ...] = ()

    def summary(self) -> str:
        """The noun in a few words."""
        return f"{len(self.rows)} calls, {self.total().macs:,} MACs"

    def total(self) -> Work:
        """Work of the whole steady step (at least: uncounted rows add nothing)."""
        return total(row.work for row in self.rows if row.work is not None)

    def by(self, key: Callable[[CountRow], str]) -> dict[str, Work]:
        """Work grouped by ``key`` (``lambda row: row.scope``), in order of first appearance."""
        groups: dict[str, list[Work]] = {}
        for row in self.rows:
            group = groups.setdefault(key(row), [])
            if row.work is not None:
                group.append(row.work)
        return {name: total(works) for name, works in groups.items()}

    @property
    def uncounted(self) -> tuple[Uncounted, ...]:
        """Every op without a formula, merged by place, in order of first appearance."""
        return merge_uncounted((*self.rows, *self.first_update))


def merge_uncounted(rows: Iterable[CountRow]) -> tuple[Uncounted, ...]:
    """The rows without work, merged by op, scope and phase."""
    return merge_places((row for row in rows if row.work is None), "formula")


def merge_places(rows: Iterable[CountRow], lacks: Literal["formula", "nest"]) -> tuple[Uncounted, ...]:
    """Rows that lack something, merged by op, scope and phase."""
    times: dict[tuple[str, str, Phase], int] = {}
    for row in rows:
        place = (row.op, row.scope, row.phase)
        times[place] = times.get(place, 0) + 1
    return tuple(
        Uncounted(op=op, scope=scope, phase=phase, times=count, lacks=lacks)
        for (op, scope, phase), count in times.items()
    )
