"""The ranking: who is first, who is out and why, and how robust the order is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from costmodel.ir.noun import Noun
from costmodel.ir.run import Run
from costmodel.ir.verdict import AS_WRITTEN, Outcome

SCHEMA = "costmodel.ranking/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One submission's place.

    Attributes:
        outcome: of its verdict. A flag leaves a verdict UNDECIDED and its entry ranked: a person looks at it. An entry
            whose rules all hold is FAIL where it reaches no bracket, and UNDECIDED where nothing ranks it.
        points: base points, None where the rulebook gives none or one is undecided.
        bonus: points for the rank, None where the rulebook gives none.
        metric: the number that ranks, None while unknown.
        task: the rulebook's track, None if it has none.
        bracket: the bracket that the entry is placed in, None if there are none.
        rank: within its group (task, bracket), None if it is not ranked.
        award: what the rank brings, None if nothing.
        because: reasons, readable by the person concerned.
        undecided: how many entries of the ranking have no place because they are undecided; rank and bonus may change
            as long as there are any.
        would_be: the rank of an entry without one, were it the only one to join those that have one; None where its
            number or its bracket is not known.
    """

    name: str
    outcome: Outcome
    points: int | None
    bonus: int | None
    metric: int | float | None
    task: str | None
    bracket: str | None
    rank: int | float | None
    award: str | None
    because: tuple[str, ...]
    undecided: int = 0
    would_be: int | float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """What another reading, or the measurement's uncertainty, would change.

    ``changes`` is None where the entries do not hold what that reading counts by.
    """

    reading: str
    title: str
    changes: bool | None
    what: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Ranking(Noun):
    """All entries, best first; those that are not ranked last, with their reason.

    Attributes:
        runs: what was measured of them, where they were run and not only judged; in the order in which they were run.
    """

    SCHEMA: ClassVar[str] = SCHEMA
    ROWS: ClassVar[str] = "entries"

    rulebook: str
    title: str
    metric: str
    unit: str
    order: str
    ties: str
    entries: tuple[Entry, ...]
    sensitivity: tuple[Sensitivity, ...]
    notes: tuple[str, ...] = ()
    reading: str = AS_WRITTEN
    runs: tuple[Run, ...] = ()

    def summary(self) -> str:
        """The noun in a few words."""
        return f"{self.rulebook}, {len(self.entries)} entries by {self.metric}"
