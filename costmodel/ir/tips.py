"""Tips: what a person might change to stand better under a rulebook, every figure computed by its own rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from costmodel.ir.noun import Noun
from costmodel.ir.receptive import ReceptiveField
from costmodel.ir.verdict import Verdict

SCHEMA = "costmodel.tips/1"

BAND = (0.7, 1.5)
"""What a change leaves about as it was: from so many times the parameters, and the receptive field along each axis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a rulebook says of a network, in the numbers that are compared.

    Attributes:
        failing: rules that fail and take points or the place.
        points: of the tables that are known.
        metric: the ranking metric as far as it is known; None where none of its terms is.
        figures: every metric that is known.
        then: what is compared where the metric is equal (energy after cycles), on a machine.
    """

    failing: int
    points: int
    metric: float | None
    figures: Mapping[str, int | float]
    then: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerEdit:
    """One layer before and after a change, as torch writes it.

    Attributes:
        layer: its path.
        where: the user's line that calls it (``net.py:12``), "" where it is not known.
        was, becomes: the layer; "" where there is none.
        gives: the shape of its output before and after, without the batch; "" where it is not known.
    """

    layer: str
    where: str
    was: str
    becomes: str
    gives: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tip:
    """A change, and how the whole changed network stands: it was built, traced, mapped and judged again.

    Attributes:
        kind: channels, stride, kernel …
        where: the layers, by their paths in the network before the change.
        what: in words.
        after: with the change, and with those before it where it is one of a sequence.
        parameters: of the changed network, and before.
        keeps: whether parameters and receptive field stay about as they are (``BAND``); what the change does to
            accuracy is not known either way.
        edit: the argument of the model's constructor that makes the change, or the recipe's words; "" where none does.
        receptive, receptive_before: the receptive field of the last feature map; None where it is not known.
        layers: those that are another after it, the fitted ones around it too.
        retrains: whether it is a change of the training, which leaves the network as it is.
    """

    kind: str
    where: tuple[str, ...]
    what: str
    after: Standing
    parameters: int
    parameters_before: int
    keeps: bool
    edit: str = ""
    receptive: ReceptiveField | None = None
    receptive_before: ReceptiveField | None = None
    layers: tuple[LayerEdit, ...] = ()
    retrains: bool = False

    @property
    def keeps_parameters(self) -> bool:
        """Whether it has about as many parameters."""
        return is_near(self.parameters, self.parameters_before)

    @property
    def keeps_receptive_field(self) -> bool:
        """Whether the receptive field is about as large; not known before and after, nothing says otherwise."""
        return same_reach(self.receptive, self.receptive_before)


def is_near(parameters: int, before: int) -> bool:
    """Whether a number of parameters is inside the band."""
    return BAND[0] * before <= parameters <= BAND[1] * before


def same_reach(after: ReceptiveField | None, before: ReceptiveField | None) -> bool:
    """Whether a receptive field is inside the band; one that is known is never like one that is not."""
    if after is None or before is None:
        return after is before
    return after.is_near(before, *BAND)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Tips(Noun):
    """For one network under one rulebook.

    Attributes:
        verdict: of the network as it is.
        now: how it stands.
        order: whether the least or the largest metric is best.
        worth: what one unit of each term of the ranking metric makes of it.
        single: changes by themselves, those that keep parameters and receptive field first, then the best first.
        sequence: changes one after the other, each better than the one before, that keep about as many parameters.
        tried: how many changes were computed; ``unfit`` of them do not run.
        receptive: of the network as it is.
        stopped: True if the search was cut off: there may be better ones.
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
    receptive: ReceptiveField | None = None
    stopped: bool = False

    def summary(self) -> str:
        """The noun in a few words."""
        return f"{self.verdict.subject} under {self.verdict.rulebook}, {len(self.single)} tips"
