"""The form of a meter: what it measures, how often, how well, and what it does not see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from costmodel.files.varieties import modules_in
from costmodel.ir.run import MeterReading
from costmodel.measuring import meters
from costmodel.measuring.tree import Tree, TreeLook


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The end of a stage, for the meters.

    Attributes:
        wall_seconds: from its start to its end or kill.
        peak_bytes: the largest resident memory of one of its processes, as the kernel tells its parent; 0: not told.
        group_bytes: the largest memory of its control group, None where there is none.
        look: everything that it used, seen after its end.
    """

    wall_seconds: float
    peak_bytes: int
    group_bytes: int | None
    look: TreeLook


class Metering(Protocol):
    """One meter, while one stage runs."""

    def look(self, seen: TreeLook) -> Mapping[str, float]:
        """What it reads now, by quantity; called about every tenth of a second."""

    def end(self, ended: Ended) -> tuple[MeterReading, ...]:
        """What it measured, after everything has ended."""


class Meter(Protocol):
    """A meter that a machine may have.

    Attributes:
        NAME: the module's.
        QUANTITIES: what it measures, with units.
        WHOLE_MACHINE: it sees other programs too, so that idle is measured before and after.
        ADVICE: what to do where it is missing.
    """

    NAME: str
    QUANTITIES: Mapping[str, str]
    WHOLE_MACHINE: bool
    ADVICE: str

    def missing(self) -> str:
        """Why it cannot be read here, "" if it can."""

    def begin(self, tree: Tree) -> Metering:
        """Start measuring; the tree is that of the stage.

        Raises:
            OSError: it cannot be read after all.
        """

    def per_second(self, seconds: float) -> Mapping[str, float]:
        """What it measures each second, over so many in which nothing of the entry runs; only of a whole machine."""


def all_meters() -> tuple[Meter, ...]:
    """Every meter, found by existing."""
    return tuple(module.METER for module in modules_in(meters))


def not_there(meter: Meter, why: str) -> tuple[MeterReading, ...]:
    """The readings of a meter that is missing: of each quantity, why there is none."""
    return tuple(
        MeterReading(meter=meter.NAME, quantity=quantity, unit=unit, missing=why)
        for quantity, unit in meter.QUANTITIES.items()
    )
