"""A time line: what runs one after the other in a step, as an estimate has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

SECONDS, CYCLES = "s", "cycles"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """One piece: an op's kernel on a GPU, a layer problem on an accelerator.

    Attributes:
        phase: part of the step.
        layer: module path, as reports name it.
        op: what runs.
        duration: in the time line's unit.
        facts: what else is to be said of it.
    """

    phase: str
    layer: str
    op: str
    duration: float
    facts: Mapping[str, str | int | float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Slices in order of execution, without gaps; ``unit`` is seconds or cycles; ``notes`` say what is not in it."""

    title: str
    unit: str
    slices: tuple[Slice, ...]
    notes: tuple[str, ...] = ()
