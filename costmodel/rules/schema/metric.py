"""A rulebook's metrics: where a value comes from, and in which unit it is."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import Field, model_validator

from costmodel.files.documents import Strict

Source = Literal["static", "estimated", "measured", "claimed"]
"""Who is believed: ``static``: the graph before any fact; ``estimated``: the engine, unless a measured fact is given;
``measured``: facts only; ``claimed``: facts, else what the submission says of itself."""


class Normalised(Strict):
    """A value scaled by a count: ``metric`` · ``to`` / ``by``; without ``by`` it is taken to be for ``to``."""

    metric: str
    by: str
    to: Decimal = Field(gt=0)


class MetricSpec(Strict):
    """Where a value comes from.

    Attributes:
        unit: as printed; facts are given in it. ``name`` marks a metric whose value is a word.
        source: who is believed.
        figure: a named figure of the analysis (rules/figures.py), for static and estimated metrics.
        either_figure: another figure that the rule may just as well mean: a limit, and points, are decided only where
            both agree; a reading that names a figure decides on that one alone.
        lower_bound: a figure of the graph below which the value cannot lie; it proves that a maximum is broken, where
            nothing has been measured.
        claim_figure: another figure that a claim may also be of (what the course's own script prints).
        estimate: a figure of a GPU estimate (rules/gpu_figures.py), an interval that counts where nothing was measured.
        aliases: other names under which a fact may be given.
        complement_of: a fact in percent whose complement to 100 this is, if it is not given itself.
        sum_of: metrics whose sum this is.
        normalised: a metric that this is after scaling.
        aggregate: how several runs become one value; without it one value is asked for.
        runs: how many runs the rules ask for.
        tolerance: relative difference between a claim and the value used that is put down to the method.
        definition: how it is measured, for people.
    """

    unit: str
    source: Source = "measured"
    figure: str | None = None
    either_figure: str | None = None
    lower_bound: str | None = None
    claim_figure: str | None = None
    estimate: str | None = None
    aliases: tuple[str, ...] = ()
    complement_of: str | None = None
    sum_of: tuple[str, ...] = ()
    normalised: Normalised | None = None
    aggregate: Literal["mean", "median", "min", "max"] | None = None
    runs: int | None = None
    tolerance: Decimal = Decimal(0)
    definition: str = ""

    @model_validator(mode="after")
    def _source_fits(self) -> MetricSpec:
        if (self.figure is not None) != (self.source in ("static", "estimated")) and not self.derived:
            raise ValueError("a static or estimated metric names its figure, and no other does")
        if self.either_figure is not None and self.figure is None:
            raise ValueError("either_figure stands beside a figure")
        if self.lower_bound is not None and (self.figure is not None or self.derived):
            raise ValueError("lower_bound is for a metric that is measured or claimed")
        if self.estimate is not None and (self.figure is not None or self.derived):
            raise ValueError("estimate is for a metric that is measured or claimed")
        return self

    @property
    def figures(self) -> tuple[str, ...]:
        """Every figure that it names."""
        named = (self.figure, self.either_figure, self.lower_bound, self.claim_figure)
        return tuple(figure for figure in named if figure is not None)

    @property
    def derived(self) -> bool:
        """Whether it is computed from other metrics."""
        return bool(self.sum_of) or self.normalised is not None
