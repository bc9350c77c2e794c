"""An exploration: one network in many sizes, each with its figures, and those that no other beats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from costmodel.ir.noun import Noun

SCHEMA = "costmodel.exploration/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One choice of the arguments.

    Attributes:
        settings: the arguments, as text.
        figures: what is known of it; none where it does not run.
        outcome: by the rulebook, "" without one.
        on_front: True if no other point is as good in every figure of the front, and better in one.
        error: why it has no figures, "" if it has.
    """

    settings: Mapping[str, str]
    figures: Mapping[str, int | float]
    outcome: str = ""
    on_front: bool = False
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Exploration(Noun):
    """Every point that was computed, in the order of the grid.

    Attributes:
        subject: as the user wrote it.
        axes: the arguments that vary, with their values as text.
        front: figures of the front: less is better, but of those in ``most`` more (accuracy, points).
        of: points of the whole grid; fewer were computed under a budget.
        under: rulebook or machine, "" for neither.
        most: figures of the front of which more is better.
        notes: what of the measured runs belongs to no point, or is no figure.
        stopped: True if the exploration was cut off: the points that were computed are there.
    """

    SCHEMA: ClassVar[str] = SCHEMA
    ROWS: ClassVar[str] = "points"

    subject: str
    axes: Mapping[str, tuple[str, ...]]
    front: tuple[str, ...]
    points: tuple[Point, ...]
    of: int
    under: str = ""
    most: tuple[str, ...] = ("accuracy_percent", "points")
    notes: tuple[str, ...] = ()
    stopped: bool = False

    def summary(self) -> str:
        """The noun in a few words."""
        on = sum(point.on_front for point in self.points)
        return f"{self.subject}, {len(self.points)} points, {on} on the front"
