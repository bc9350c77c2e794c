"""What a Timeloop folder says of a machine, in whichever version it says it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from costmodel.errors import UsageError
from costmodel.files.located import Located
from costmodel.hardware.timeloop.architecture import Component
from costmodel.hardware.timeloop.constraints import Gathered


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """A machine as its folder describes it; prices are looked up elsewhere.

    Attributes:
        components: outermost first; the last one is the multipliers.
        normal, depthwise: constraints on mappings; None where depthwise layers have none of their own.
        mapper: the search's settings, if there are any.
        mapper_source: the file that they are in, "" for none.
        definitions: files that define compound components.
        notes: what is said and not modelled.
        behaviour: Timeloop's, that is re-enacted.
        cycle_seconds: length of a cycle, None where nobody says.
    """

    components: Sequence[Component]
    normal: Gathered
    depthwise: Gathered | None
    mapper: Located | None
    mapper_source: str
    definitions: Sequence[Located]
    notes: tuple[str, ...] = field(default=())
    behaviour: str = "D"
    cycle_seconds: float | None = None


def mapper_of(said: Located | None) -> dict[str, Any] | None:
    """The settings of Timeloop's random-pruned search; None where the folder has another search or none.

    Raises:
        UsageError: it is that search, and something is missing or no number.
    """
    if said is None or said.get("algorithm", "random_pruned") not in PRUNED:
        return None
    keys = ("num_threads", "timeout", "victory_condition", "max_permutations_per_if_visit")
    names = ("threads", "timeout", "victory_condition", "max_permutations")
    found = {name: said.number((key,)) for name, key in zip(names, keys, strict=True)}
    missing = [key for key, value in zip(keys, found.values(), strict=True) if value is None]
    if missing:
        raise UsageError(f"{said.at()}: the mapper does not give {', '.join(missing)}")
    return found | {"source": "mapper"}


PRUNED = ("random-pruned", "random_pruned")
"""The search that is re-enacted."""


def cycle_seconds(said: object, where: str) -> float:
    """The length of a cycle, of a number or a text like ``1e-9`` (which is no number for YAML 1.1).

    Raises:
        UsageError: it is none above 0.
    """
    try:
        found = float(said) if isinstance(said, (str, int, float)) else 0.0
    except ValueError:
        found = 0.0
    if not 0 < found < math.inf:
        raise UsageError(f"{where}: global_cycle_seconds is {said!r}; seconds above 0 are expected")
    return found
