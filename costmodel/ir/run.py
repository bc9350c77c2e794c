"""The record of a run: what was started, under which limits, what was measured, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar

from costmodel.ir.noun import Noun

SCHEMA = "costmodel.run/1"


class Ending(str, Enum):
    """How a stage of a run ended."""

    FINISHED = "finished"
    """By itself, with exit code 0."""
    ENDED = "ended at the limit"
    """By us, at a limit that is where the stage ends by the rules: what it had saved counts."""
    BROKE = "broke a limit"
    FAILED = "failed"
    """By itself, with another exit code or by a signal that is not ours."""
    NOT_STARTED = "not started"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLimit:
    """One limit of the budget.

    Attributes:
        name: ``time``, ``host memory``, …
        value: in ``unit``.
        kept_by: what keeps an entry inside it on this machine, "" if nothing does.
        source: where it comes from: a rule of the rulebook, or an option.
    """

    name: str
    value: float
    unit: str
    kept_by: str
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterReading:
    """What one meter says of one quantity of a stage.

    Attributes:
        meter, quantity: the meter's name, and what it measured.
        value: in ``unit``; None if there is no such meter here, or it failed.
        low, high: the interval that the true value lies in, None where it is not known.
        every_seconds: between two looks; 0 for a counter that is read at the beginning and the end.
        error: what the value may be off by, in words.
        misses: what the meter does not see.
        missing: why there is no value, "" if there is one.
        idle_before, idle_after: the same quantity each second, while nothing of the entry ran; never subtracted.
    """

    meter: str
    quantity: str
    unit: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    every_seconds: float = 0.0
    error: str = ""
    misses: str = ""
    missing: str = ""
    idle_before: float | None = None
    idle_after: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What was seen at one moment, by quantity; seconds since the stage's start."""

    seconds: float
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRun:
    """One command of an entry.

    Attributes:
        command: its words, with DATA and OUT for the folders that it was given.
        limit: name of the limit that it was ended at, or broke; "" for none.
        status: exit code, negative for a signal; None if it did not start.
        wall_seconds: from its start to its end or its kill.
        asked_seconds: the moment at which it was asked to end (SIGTERM), None if it was not.
        left: how many of its processes were still alive when its first one had ended, or was killed.
        samples: at most a few hundred; the meters saw more.
    """

    stage: str
    command: tuple[str, ...]
    ending: Ending
    limit: str = ""
    because: str = ""
    status: int | None = None
    wall_seconds: float = 0.0
    asked_seconds: float | None = None
    left: int = 0
    meters: tuple[MeterReading, ...] = ()
    samples: tuple[Sample, ...] = ()
    printed_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """A file that the entry saved, as it was the last time that it was whole.

    Attributes:
        file: its place in the entry's folder.
        versions: how often a new one was kept.
        torn: a later one was there at the end, and was not whole; it was not kept.
    """

    file: str
    bytes: int
    sha256: str
    versions: int = 1
    torn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Predictions against a solution: how many are right, and the binomial interval (Wilson, 95 %) in percent.

    ``missing`` says why there is none; the counts are 0 then.
    """

    file: str
    right: int = 0
    total: int = 0
    accuracy_percent: float | None = None
    low_percent: float | None = None
    high_percent: float | None = None
    missing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Run(Noun):
    """One run of one entry.

    Attributes:
        number: of the run, from 1; ``seed`` is what its environment variable held.
        enclosure: what was around it, and ``keeps``, which promises of it were seen to hold here.
        notes: what a person has to know before believing it.
        digests: of the entry's files, SHA-256.
        installed: packages of its own environment, ``name==version``; empty where it had the present one.
    """

    SCHEMA: ClassVar[str] = SCHEMA
    ROWS: ClassVar[str] = "stages"

    submission: str
    number: int
    seed: int
    enclosure: str
    keeps: tuple[str, ...]
    limits: tuple[RunLimit, ...]
    stages: tuple[StageRun, ...]
    kept: tuple[KeptFile, ...] = ()
    score: Score | None = None
    notes: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    installed: tuple[str, ...] = ()

    @property
    def broke_a_limit(self) -> bool:
        """Whether a stage was ended for breaking a limit, or was seen to have broken one."""
        return any(stage.ending is Ending.BROKE for stage in self.stages)

    @property
    def is_inside(self) -> bool:
        """Whether every stage ran, and ended inside the budget."""
        return bool(self.stages) and all(s.ending in (Ending.FINISHED, Ending.ENDED) for s in self.stages)

    def summary(self) -> str:
        """The noun in a few words."""
        ends = ", ".join(f"{stage.stage} {stage.ending.value}" for stage in self.stages)
        return f"{self.submission}, run {self.number}: {ends or 'nothing was started'}"
