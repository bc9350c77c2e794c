"""The rulebook: metrics, limits, points and ranking, from YAML, every number with its source."""

from __future__ import annotations

from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from costmodel.documents import Strict, read_document
from costmodel.errors import RulebookError, UnknownNameError

Operator = Literal["<", "<=", ">", ">=", "known"]
OnFailure = Literal["zero", "disqualify", "unranked", "flag"]


class MetricSpec(Strict):
    """Where a value comes from.

    Attributes:
        unit: as printed; facts are given in it.
        figure: a named figure of the analysis (rules/metrics.py), for static metrics.
        complement_of: a fact in percent whose complement to 100 this is, if it is not given itself.
        sum_of: metrics whose sum this is.
    """

    unit: str
    figure: str | None = None
    complement_of: str | None = None
    sum_of: tuple[str, ...] = ()


class LimitSpec(Strict):
    """A condition. ``known`` asks only that the value can be computed completely."""

    rule: str
    metric: str
    operator: Operator
    value: Decimal | None = None
    on_failure: OnFailure
    source: str
    note: str = ""

    @model_validator(mode="after")
    def _value_fits(self) -> LimitSpec:
        if (self.value is None) != (self.operator == "known"):
            raise ValueError("a limit has a value, unless its operator is 'known'")
        return self


class Cell(Strict):
    """Points for values below ``below`` and not below an earlier cell's bound."""

    below: Decimal
    points: int


class PointTable(Strict):
    """Half-open cells in ascending order, first match; ``otherwise`` beyond the last bound."""

    table: str
    metric: str
    cells: tuple[Cell, ...] = Field(min_length=1)
    otherwise: int = 0
    source: str

    @model_validator(mode="after")
    def _ascending(self) -> PointTable:
        bounds = [cell.below for cell in self.cells]
        if bounds != sorted(set(bounds)):
            raise ValueError(f"cells must have ascending, different bounds, got {[str(b) for b in bounds]}")
        return self

    @property
    def maximum(self) -> int:
        """The most points that the table can give."""
        return max(self.otherwise, *(cell.points for cell in self.cells))


class Term(Strict):
    """One term of a ranking metric: metric / divisor."""

    metric: str
    divisor: Decimal = Decimal(1)


class RankingSpec(Strict):
    """The number that ranks: a sum of terms."""

    name: str
    unit: str
    order: Literal["ascending", "descending"]
    terms: tuple[Term, ...] = Field(min_length=1)
    source: str


class ConventionSpec(Strict):
    """How operations are counted."""

    name: Literal["haet"] = "haet"
    edition: Literal[1] = 1
    random: bool = True


class SubjectDefaults(Strict):
    """What the command line assumes for a subject of this rulebook."""

    input: str
    batch: int = 1


class Rulebook(Strict):
    """One edition of a rule set. ``tracks`` are alternative sets of limits; the first is the default.

    Attributes:
        waive_uncounted: op packets that may stay without formula.
        notes: readings taken where the text is ambiguous.
    """

    name: str
    edition: str
    title: str
    source: str
    subject: SubjectDefaults
    convention: ConventionSpec = ConventionSpec()
    metrics: dict[str, MetricSpec]
    limits: tuple[LimitSpec, ...] = ()
    tracks: dict[str, tuple[LimitSpec, ...]] = Field(default_factory=dict)
    points: tuple[PointTable, ...] = ()
    ranking: RankingSpec | None = None
    waive_uncounted: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _metrics_exist(self) -> Rulebook:
        used = [limit.metric for limit in self.limits]
        used += [limit.metric for limits in self.tracks.values() for limit in limits]
        used += [table.metric for table in self.points]
        used += [term.metric for term in (self.ranking.terms if self.ranking else ())]
        used += [part for spec in self.metrics.values() for part in spec.sum_of]
        for name in used:
            if name not in self.metrics:
                raise ValueError(f"metric {name!r} is not defined; defined: {', '.join(sorted(self.metrics))}")
        return self

    def limits_of(self, track: str | None) -> tuple[LimitSpec, ...]:
        """The common limits and those of a track (None: the first one).

        Raises:
            UnknownNameError: no such track.
        """
        if not self.tracks:
            if track is not None:
                raise UnknownNameError("track", track, ())
            return self.limits
        chosen = track or next(iter(self.tracks))
        if chosen not in self.tracks:
            raise UnknownNameError("track", chosen, self.tracks)
        return (*self.limits, *self.tracks[chosen])


def rulebook_names() -> list[str]:
    """Names of the rulebooks that come with costmodel."""
    folder = resources.files("costmodel.rules") / "books"
    return sorted(f.name.removesuffix(".yaml") for f in folder.iterdir() if f.name.endswith(".yaml"))


def load_rulebook(name: str) -> Rulebook:
    """A rulebook by name, or from the path of a YAML file.

    Raises:
        UnknownNameError: neither.
        RulebookError: the file says something impossible; names file, line and field path.
    """
    if name in rulebook_names():
        with resources.as_file(resources.files("costmodel.rules") / "books" / f"{name}.yaml") as path:
            return read_document(path, Rulebook, RulebookError)
    if name.endswith((".yaml", ".yml")):
        return read_document(Path(name), Rulebook, RulebookError)
    raise UnknownNameError("rulebook", name, rulebook_names())
