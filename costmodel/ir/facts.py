"""Facts: what somebody measured or claimed, as read from a file, every number with the digits that stood there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import ClassVar

from costmodel.ir.noun import Noun

SCHEMA = "costmodel.facts/1"

METRIC_UNITS: Mapping[str, str] = MappingProxyType(
    {
        "error_rate_percent": "%",
        "accuracy_percent": "%",
        "energy_mj": "mJ",
        "cycles": "cycles",
        "peak_activation_bytes": "bytes",
        "parameters": "parameters",
        "training_operations": "operations",
        "energy_joules": "J",
        "iterations": "iterations",
        "training_seconds": "s",
        "gpu_memory_bytes": "bytes",
        "host_memory_bytes": "bytes",
        "inference_seconds": "s",
        "operations": "operations",
        "perplexity": "",
    }
)
"""Names of metrics, the same in facts, tables and verdicts, and the unit that each is in."""

ALSO_CALLED: Mapping[str, str] = MappingProxyType(
    {
        "error_rate": "error_rate_percent",
        "accuracy": "accuracy_percent",
        "peak_activation": "peak_activation_bytes",
    }
)
"""Shorter names in files that people write; a name that could mean two metrics (``energy``) is none."""

PART_UNITS: Mapping[str, str] = MappingProxyType(
    {"cpu_energy_joules": "J", "gpu_energy_joules": "J", "dram_energy_joules": "J"}
)
"""Parts of a measurement that are shown, and that no rule asks for by themselves."""

IDENTITIES = ("sid", "email", "github", "kaggle")
"""Words that say whose facts they are, surer than a name; of a team on Kaggle its user names, with commas."""

WORDS = ("task", "submitted", "scored", *IDENTITIES)
"""Names of facts that are words, not numbers.

``submitted`` is the time of handing in, as the file has it; ``scored`` that of the score, as a leaderboard has it.
"""


class Kind(str, Enum):
    """Who says it: somebody else than the one who is judged, or the one who is judged."""

    MEASURED = "measured"
    CLAIMED = "claimed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One number.

    Attributes:
        metric: a name of :data:`METRIC_UNITS` or :data:`PART_UNITS`.
        value: in ``unit``, exact.
        unit: the metric's unit.
        uncertainty: half the width of the interval that the true value lies in; None if nothing is known of it.
        kind: measured or claimed.
        because: where it comes from and how it was made from what stood there.
        at_least: the value is a lower bound (a part of the machine or of the time was not measured).
    """

    metric: str
    value: Decimal
    unit: str
    uncertainty: Decimal | None = None
    kind: Kind = Kind.MEASURED
    because: str = ""
    at_least: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A time without samples, which was not integrated; seconds from the first sample."""

    start_seconds: Decimal
    length_seconds: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one file says of one submission.

    Attributes:
        file: name of the file, without folders.
        format: name of the reader.
        submission: whose it is; None if the file does not say.
        measurements: in the file's order.
        words: facts that are not numbers, by a name of :data:`WORDS`.
        samples: number of samples of a log; None for a file that is not a log.
        duration_seconds: from the first to the last sample; None for a file that is not a log.
        gaps: times without samples.
        notes: what a person has to know of this file before believing it.
    """

    file: str
    format: str
    submission: str | None = None
    measurements: tuple[Measurement, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    samples: int | None = None
    duration_seconds: Decimal | None = None
    gaps: tuple[Gap, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Facts(Noun):
    """Everything that was read, in the order of the files."""

    SCHEMA: ClassVar[str] = SCHEMA
    ROWS: ClassVar[str] = "readings"

    readings: tuple[Reading, ...]

    def summary(self) -> str:
        """The noun in a few words."""
        return f"{len(self.readings)} readings"
