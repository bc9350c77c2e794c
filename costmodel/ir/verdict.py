"""The verdict: what each rule says, with three outcomes and never a guess."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, Literal

from costmodel.ir.activations import LimitedActivations
from costmodel.ir.correction import Correction
from costmodel.ir.doubts import Assumption
from costmodel.ir.judged import Judged
from costmodel.ir.noun import Noun

SCHEMA = "costmodel.verdict/1"

Order = Literal["ascending", "descending"]
"""Whether the least or the largest value is best."""

AS_WRITTEN = "as-written"
"""The reading that a rulebook takes itself."""


class Outcome(str, Enum):
    """UNDECIDED is an outcome: a fact is missing, or a total is only "at least"."""

    PASS = "PASS"
    FAIL = "FAIL"
    UNDECIDED = "UNDECIDED"


class Consequence(str, Enum):
    """The effect of a failed rule."""

    NONE = ""
    ZERO = "zero"
    """All points are lost."""
    DISQUALIFY = "disqualify"
    """The entry is out, and all points are lost."""
    UNRANKED = "unranked"
    """The entry has no place in the ranking."""
    FLAG = "flag"
    """A person looks at it; until then the verdict is undecided."""
    NOTE = "note"
    """It is said, and nothing else: a property of the machine, or of what lies outside the files."""

    @property
    def zeroes(self) -> bool:
        """Whether a failure takes all points."""
        return self in (Consequence.ZERO, Consequence.DISQUALIFY)

    @property
    def blocks(self) -> bool:
        """Whether a failure keeps an entry out of the ranking."""
        return self in (Consequence.ZERO, Consequence.DISQUALIFY, Consequence.UNRANKED)

    @property
    def fails(self) -> bool:
        """Whether a failure fails the whole verdict."""
        return self not in (Consequence.FLAG, Consequence.NOTE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule applied to one value.

    Attributes:
        rule: the rule's id in the rulebook.
        measured: the value, None if unknown.
        at_least: True if the value is only a lower bound (an op in it has no formula).
        one_batch: True if the value is that of one batch (``--concrete``), and says nothing of another.
        limit: the limit as the rule says it (``< 1000000``).
        unit: unit of both.
        outcome: PASS, FAIL or UNDECIDED.
        because: the reason, readable by the person concerned.
        consequence: the effect of a failure.
        readings: those of the rulebook that do not agree about it, and leave it undecided.
        operator, bound: the limit as data where it is one number (``<`` and 1000000, in ``unit``); else "" and None.
    """

    rule: str
    measured: int | float | str | None
    at_least: bool
    limit: str
    unit: str
    outcome: Outcome
    because: str
    consequence: Consequence = Consequence.NONE
    readings: tuple[str, ...] = ()
    operator: str = ""
    bound: int | float | None = None
    one_batch: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NextCell:
    """The nearest cell of a table that gives more points.

    Attributes:
        points: what it gives.
        text: its bound as people read it (``below 50``).
        away: how far the value is from the bound, in the metric's unit; 0 on a bound that lies outside the cell.
    """

    points: int
    text: str
    away: int | float


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsRow:
    """Points of one table; ``points`` is None while the metric is unknown, or known only ``at_least``.

    ``better`` is None where the points are not known, or are the most that there are; ``unit`` is the metric's.
    """

    table: str
    measured: int | float | None
    points: int | None
    maximum: int
    because: str
    at_least: bool = False
    unit: str = ""
    better: NextCell | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """All tables and their sum (None while one is unknown, 0 after a failed limit that zeroes).

    ``late`` has been taken from the sum for lateness; None while it is not known how much.
    """

    total: int | None
    maximum: int
    tables: tuple[PointsRow, ...]
    late: int | None = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """The number that ranks; ``value`` is None while one of its parts is unknown, ``order`` says which end is best."""

    name: str
    value: int | float | None
    unit: str
    because: str
    order: Order = "ascending"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What is said of one metric, side by side.

    Attributes:
        computed: from the graph, or by the engine.
        measured: a fact from outside (a run, a log, an organizer's table).
        claimed: what the submission says of itself; it decides only where the rulebook asks for a claim.
        used: the value that the rules were applied to; ``origin`` says which of them it is.
        uncertainty: half-width of the value used, None if none is known.
        agrees: whether the claim is the value used, up to rounding; None where there is nothing to compare.
        agrees_by: the reading of the rulebook by which alone it agrees; "" if it agrees with the value used.
        other: the value by another reading of the rule, where only both together decide.
    """

    metric: str
    unit: str
    computed: int | float | None = None
    measured: int | float | None = None
    claimed: int | float | None = None
    used: int | float | str | None = None
    origin: str = ""
    at_least: bool = False
    uncertainty: int | float | None = None
    agrees: bool | None = None
    agrees_by: str = ""
    other: int | float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Energy and cycles by one way of choosing mappings; ``decides`` marks the one that the rulebook asks for."""

    machine: str
    search: str
    energy_mj: float
    cycles: int
    complete: bool
    decides: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingRow:
    """The verdict under another reading of the rules; ``differs`` if outcome or points change.

    ``standing`` is the outcome of the rules alone that may keep an entry out of the ranking.
    """

    reading: str
    title: str
    outcome: Outcome
    points: int | None
    metric: int | float | None
    differs: bool
    standing: Outcome = Outcome.PASS


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Verdict(Noun):
    """What a rulebook says of one submission.

    Attributes:
        rulebook: its name.
        title: its title and edition.
        subject: what was judged.
        outcome: FAIL if any finding fails, else UNDECIDED if any is or is flagged, else PASS; notes do not count.
        findings: in the rulebook's order, then claims that were compared.
        points: None if the rulebook gives none.
        metric: None if the rulebook does not rank.
        notes: readings taken, and disagreements that do not decide.
        reading: the reading that was judged by.
        track: the task or track that was judged, None if the rulebook has none.
        claims: every known value of every metric.
        estimates: energy and cycles on the rulebook's machine.
        contract: findings about the submission's files.
        readings: the same under every other reading.
        missing_facts: metrics of which nobody has given a measured fact, where a limit, points or the rank hang on it.
        model_open: True if there is no model to judge because it is not known which object is meant.
        judged: the model that the figures are of; None if there are none.
        assumptions: what was taken for granted to compute the figures.
        length_unknown: True if a rule hangs on the number of training steps, and the recipe does not say it.
        in_time: whether it was handed in before the deadline; None where no rule asks for it.
        decided: the outcome that a person has decided, which stands for every rule; None if nobody has.
        corrections: what a person has put in the place of computed values.
        activations: the layers that a limit on the peak activation is about; None where there is no such limit.
    """

    SCHEMA: ClassVar[str] = SCHEMA
    ROWS: ClassVar[str] = "findings"

    rulebook: str
    title: str
    subject: str
    outcome: Outcome
    findings: tuple[Finding, ...]
    points: Points | None
    metric: Metric | None
    notes: tuple[str, ...]
    reading: str = AS_WRITTEN
    track: str | None = None
    claims: tuple[Claim, ...] = ()
    estimates: tuple[Estimate, ...] = ()
    contract: tuple[Finding, ...] = ()
    readings: tuple[ReadingRow, ...] = ()
    missing_facts: tuple[str, ...] = ()
    length_unknown: bool = False
    model_open: bool = False
    judged: Judged | None = None
    assumptions: tuple[Assumption, ...] = ()
    in_time: Outcome | None = None
    decided: Outcome | None = None
    corrections: tuple[Correction, ...] = ()
    activations: LimitedActivations | None = None

    def summary(self) -> str:
        """The noun in a few words."""
        return f"{self.subject} under {self.rulebook}, {self.outcome.value}"
