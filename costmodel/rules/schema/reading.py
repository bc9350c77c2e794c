"""Readings: what an ambiguous rule may also mean, as changes to the rulebook that can be judged by."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pydantic import Field

from costmodel.files.documents import Strict
from costmodel.rules.schema.limit import Operator
from costmodel.rules.schema.metric import Normalised
from costmodel.rules.schema.points import Cell
from costmodel.rules.schema.ranking_rule import BracketSpec, TiePolicy


class LimitChange(Strict):
    """Another operator or value of one limit."""

    operator: Operator | None = None
    value: Decimal | None = None


class MetricChange(Strict):
    """Another figure, normalisation or number of runs of one metric."""

    figure: str | None = None
    normalised: Normalised | None = None
    runs: int | None = None
    aggregate: str | None = None


class TableChange(Strict):
    """Other cells of one point table."""

    cells: tuple[Cell, ...] | None = None
    otherwise: int | None = None


class RankingChange(Strict):
    """Another tie policy, or one ranking over all tracks."""

    ties: TiePolicy | None = None
    per_track: bool | None = None


class ReadingSpec(Strict):
    """One alternative reading; what it does not name stays as written."""

    title: str
    source: str
    limits: dict[str, LimitChange] = Field(default_factory=dict)
    metrics: dict[str, MetricChange] = Field(default_factory=dict)
    points: dict[str, TableChange] = Field(default_factory=dict)
    brackets: BracketSpec | None = None
    ranking: RankingChange | None = None


def changed(book: dict[str, Any], reading: ReadingSpec) -> dict[str, Any]:
    """A rulebook's fields under a reading.

    Raises:
        ValueError: the reading changes a limit, metric or table that the rulebook does not have.
    """
    tracks = {n: [_limit(limit, reading) for limit in limits] for n, limits in book["tracks"].items()}
    rules = {limit["rule"] for limits in (book["limits"], *book["tracks"].values()) for limit in limits}
    _known("limit", reading.limits, rules)
    _known("metric", reading.metrics, set(book["metrics"]))
    _known("point table", reading.points, {table["table"] for table in book["points"]})
    result = {
        **book,
        "limits": [_limit(limit, reading) for limit in book["limits"]],
        "tracks": tracks,
        "metrics": {n: {**m, **_metric(reading.metrics.get(n))} for n, m in book["metrics"].items()},
        "points": [{**t, **_said(reading.points.get(t["table"]))} for t in book["points"]],
    }
    if reading.brackets is not None:
        result["brackets"] = reading.brackets.model_dump()
    if reading.ranking is not None and book["ranking"] is not None:
        result["ranking"] = {**book["ranking"], **_said(reading.ranking)}
    return result


def _limit(limit: dict[str, Any], reading: ReadingSpec) -> dict[str, Any]:
    return {**limit, **_said(reading.limits.get(limit["rule"]))}


def _metric(change: MetricChange | None) -> dict[str, Any]:
    """A reading that names a figure says which one is meant."""
    meant = {"either_figure": None} if change is not None and change.figure is not None else {}
    return {**meant, **_said(change)}


def _said(change: Strict | None) -> dict[str, Any]:
    return {} if change is None else change.model_dump(exclude_none=True)


def _known(kind: str, changes: dict[str, Any], names: set[str]) -> None:
    for name in changes:
        if name not in names:
            raise ValueError(f"a reading changes the {kind} {name!r}, which is none of {', '.join(sorted(names))}")
