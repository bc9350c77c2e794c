"""Tips: what a person might change to stand better under a rulebook, every figure computed by its own rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from costmodel.ir.noun import Noun
from costmodel.ir.verdict import Verdict

SCHEMA = "costmodel.tips/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a rulebook says of a network, in the numbers that are compared.

    Attributes:
        failing: rules that fail and take points or the place.
        points: of the tables that are known.
        metric: the ranking metric as far as it is known; None where none of its terms is.
        figures: every metric that is known.
    """

    failing: int
    points: int
    metric: float | None
    figures: Mapping[str, int | float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tip:
    """A change, and how the whole changed network stands: it was built, traced, mapped and judged again.

    Attributes:
        kind: channels, stride, kernel …
        where: the layers, by their paths in the network before the change.
        what: in words.
        after: with the change, and with those before it where it is one of a sequence.
        parameters: of the changed network, and before.
        keeps: whether it has about as many parameters; what it does to accuracy is not known either way.
        edit: the argument of the model's constructor that makes the change, "" where none does.
    """

    kind: str
    where: tuple[str, ...]
    what: str
    after: Standing
    parameters: int
    parameters_before: int
    keeps: bool
    edit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Tips(Noun):
    """For one network under one rulebook.

    Attributes:
        verdict: of the network as it is.
        now: how it stands.
        order: whether the least or the largest metric is best.
        worth: what one unit of each term of the ranking metric makes of it.
        single: changes by themselves, those that keep about as many parameters first, then the best first.
        sequence: changes one after the other, each better than the one before, that keep about as many parameters.
        tried: how many changes were computed; ``unfit`` of them do not run.
    """

    SCHEMA: ClassVar[str] = SCHEMA
    ROWS: ClassVar[str] = "single"

    verdict: Verdict
    now: Standing
    order: str
    worth: Mapping[str, float]
    single: tuple[Tip, ...]
    sequence: tuple[Tip, ...]
    tried: int
    unfit: int

    def summary(self) -> str:
        """The noun in a few words."""
        return f"{self.verdict.subject} under {self.verdict.rulebook}, {len(self.single)} tips"
