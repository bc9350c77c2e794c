"""The robustness of a ranking: its order under other readings, and without the measurements' uncertainty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from costmodel.ir.ranking import Ranking, Sensitivity
from costmodel.ir.verdict import AS_WRITTEN
from costmodel.rules.ranking.rank import Contender, rank_under
from costmodel.rules.schema.rulebook import Rulebook
from costmodel.rules.value import Fact, FactSheet


def rank(contenders: Sequence[Contender], book: Rulebook, *, reading: str = AS_WRITTEN) -> Ranking:
    """The contenders, best first; those that are out or undecided last, with their reason.

    Raises:
        RulebookError: the rulebook does not rank.
        UnknownNameError: no such reading.
    """
    ranking = rank_under(contenders, book, reading)
    rows = [_under(contenders, book, other, ranking) for other in _others(book, reading)]
    return replace(ranking, sensitivity=(*rows, *_uncertainty(contenders, book, reading, ranking)))


def _under(contenders: Sequence[Contender], book: Rulebook, reading: str, ranking: Ranking) -> Sensitivity:
    spec = book.readings.get(reading)
    other = [name for name, change in spec.metrics.items() if change.figure is not None] if spec is not None else []
    if other and not all(reading in contender.under for contender in contenders):
        # entries hold one value of a metric; another figure of the same network is not among them
        what = (f"cannot be told: the entries do not say what {' and '.join(other)} is under this reading",)
        return Sensitivity(reading=reading, title=_title(book, reading), changes=None, what=what)
    return _compared(ranking, rank_under(contenders, book, reading), _title(book, reading))


def _others(book: Rulebook, reading: str) -> list[str]:
    return [r for r in (AS_WRITTEN, *book.readings) if r != reading]


def _title(book: Rulebook, reading: str) -> str:
    return book.readings[reading].title if reading in book.readings else "the rulebook as written"


def _places(ranking: Ranking) -> dict[tuple[str, str | None], tuple[object, ...]]:
    # a flag moves nobody: what its entry's place is does not hang on it
    return {
        (e.name, e.bracket): (e.outcome.value if e.rank is None else "", e.rank, e.points, e.bonus, e.award)
        for e in ranking.entries
    }


def _compared(here: Ranking, other: Ranking, title: str) -> Sensitivity:
    before, after = _places(here), _places(other)
    what = []
    for key in sorted({*before, *after}, key=str):
        if before.get(key) != after.get(key):
            name = key[0] if key[1] is None else f"{key[0]} ({key[1]})"
            what.append(f"{name}: {_place(before.get(key))} becomes {_place(after.get(key))}")
    return Sensitivity(reading=other.reading, title=title, changes=bool(what), what=tuple(what))


def _place(place: tuple[object, ...] | None) -> str:
    if place is None:
        return "not in this bracket"
    outcome, rank_, points, bonus, _ = place
    said = f"rank {rank_}" if rank_ is not None else f"{outcome}, not ranked"
    if points is not None:
        said += f", {points} points"
    return said if bonus in (None, 0) else f"{said} + {bonus}"


def _uncertainty(
    contenders: Sequence[Contender], book: Rulebook, reading: str, ranking: Ranking
) -> tuple[Sensitivity, ...]:
    """What the order would be if the measured values were exact."""
    if not any(fact.uncertainty for c in contenders for fact in c.facts.measured.values()):
        return ()
    exact = [replace(c, facts=FactSheet(_exact(c.facts.measured), c.facts.claimed)) for c in contenders]
    row = _compared(
        ranking, rank_under(exact, book, reading), "measured values taken as exact, without their uncertainty"
    )
    return (replace(row, reading="exact-measurements"),)


def _exact(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    return {name: replace(fact, uncertainty=Decimal(0)) for name, fact in facts.items()}
