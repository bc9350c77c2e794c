"""A rulebook as prose: every limit, where it comes from, how it is measured, what happens on failure."""

from __future__ import annotations

from collections.abc import Iterator

from costmodel.rules.schema.limit import LimitSpec
from costmodel.rules.schema.metric import MetricSpec
from costmodel.rules.schema.points import PointTable
from costmodel.rules.schema.ranking_rule import RankingSpec
from costmodel.rules.schema.rulebook import Rulebook

_FAILURE = {
    "zero": "a failure gives 0 points",
    "disqualify": "a failure disqualifies",
    "unranked": "a failure is not ranked",
    "flag": "a failure is for a person to look at",
    "note": "it is said, and changes nothing",
}

_SOURCE = {
    "static": "computed from the graph; a fact does not override it",
    "estimated": "computed on the rulebook's machine; a measured fact overrides it",
    "measured": "given as a fact; unknown without",
    "claimed": "given as a fact, else as the submission claims it",
}


def describe(book: Rulebook) -> str:
    """The whole rulebook, for people."""
    return "\n".join(_lines(book)) + "\n"


def _lines(book: Rulebook) -> Iterator[str]:
    yield f"{book.title} (rulebook {book.name}, edition {book.edition})"
    yield f"source: {book.source}"
    yield ""
    yield "Limits"
    for limit in book.limits:
        yield from _limit(limit, book, "")
    for track, limits in book.tracks.items():
        for limit in limits:
            yield from _limit(limit, book, f"[track {track}] ")
    if book.points:
        yield from ("", "Points")
        for table in book.points:
            yield from _table(table)
    if book.brackets is not None:
        yield from ("", f"Brackets of {book.brackets.metric}, {book.brackets.mode.replace('_', ' ')}")
        yield f"  {', '.join(b.bracket for b in book.brackets.brackets)}"
        yield f"    source: {book.brackets.source}"
    if book.ranking is not None:
        yield from ("", "Ranking")
        yield from _ranking(book.ranking)
    if book.hardware is not None:
        yield from ("", "Machine")
        beside = f", beside it {', '.join(book.hardware.beside)}" if book.hardware.beside else ""
        yield f"  {book.hardware.machine}, {book.hardware.phase}, search {book.hardware.search}{beside}"
        yield f"    source: {book.hardware.source}"
    yield from ("", "Metrics (--fact NAME=VALUE)")
    for name, spec in book.metrics.items():
        yield from _metric(name, spec)
    yield from _rest(book)


def _rest(book: Rulebook) -> Iterator[str]:
    if book.resources:
        yield from ("", "Resources")
        for resource in book.resources:
            yield f"  {resource.resource}: {resource.value} ({resource.source})"
    if book.ambiguities or book.notes:
        yield from ("", "Where the text can be read in more than one way")
        for ambiguity in book.ambiguities:
            other = f"; other readings: {', '.join(ambiguity.readings)}" if ambiguity.readings else ""
            yield f"  {ambiguity.about}: {ambiguity.taken}{other}"
        for note in book.notes:
            yield f"  {note}"
    if book.readings:
        yield from ("", "Readings (--reading NAME)")
        for name, reading in book.readings.items():
            yield f"  {name}: {reading.title}"
            yield f"    source: {reading.source}"
    if book.undecided:
        yield from ("", "Undecided: a person decides")
        for rule in book.undecided:
            yield f"  {rule.rule}: {rule.because}"
            yield f"    source: {rule.source}"


def _limit(limit: LimitSpec, book: Rulebook, prefix: str) -> Iterator[str]:
    wanted = "can be computed" if limit.operator == "known" else limit.text
    scope = f" ({limit.scope})" if limit.scope else ""
    unit = book.metrics[limit.metric].unit
    unit = "" if unit in ("name", "") or limit.value is None else f" {unit}"
    yield f"  {prefix}{limit.rule}: {limit.metric} {wanted}{unit}{scope}; {_FAILURE[limit.on_failure]}"
    yield f"    source: {limit.source}"


def _table(table: PointTable) -> Iterator[str]:
    cells = ", ".join(f"{cell.text}: {cell.points}" for cell in table.cells)
    yield f"  {table.table} ({table.metric}): {cells}, else {table.otherwise}"
    yield f"    source: {table.source}"


def _ranking(ranking: RankingSpec) -> Iterator[str]:
    yield f"  {ranking.name}, {ranking.order}"
    yield f"    source: {ranking.source}"
    yield f"  ties: {ranking.ties} ({ranking.ties_source})"
    if ranking.publish_rank:
        yield f"  a student may see the own rank ({ranking.publish_source})"
    if ranking.awards is not None:
        yield f"  the first {ranking.awards.first}: {ranking.awards.award} ({ranking.awards.source})"
    if ranking.bonus is not None:
        for row in ranking.bonus.ranks:
            yield f"  ranks {row.first} to {row.last}: +{row.points} points"
        yield f"    source: {ranking.bonus.source}"


def _metric(name: str, spec: MetricSpec) -> Iterator[str]:
    unit = f" [{spec.unit}]" if spec.unit else ""
    also = f", also {', '.join(spec.aliases)}" if spec.aliases else ""
    how = _SOURCE[spec.source]
    if spec.sum_of:
        how = f"the sum of {' and '.join(spec.sum_of)}"
    elif spec.normalised is not None:
        rule = spec.normalised
        how = f"{rule.metric} scaled to {rule.to:,} {rule.by}"
    if spec.either_figure is not None:
        how += f"; {spec.figure} and {spec.either_figure} have to agree about a limit"
    if spec.lower_bound is not None:
        how += f"; not less than {spec.lower_bound}"
    definition = f": {spec.definition}" if spec.definition else ""
    yield f"  {name}{unit}{also}{definition}"
    yield f"    {how}"
