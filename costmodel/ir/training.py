"""A traced training: the phases of a recipe, each with its trace and how often it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from costmodel.ir.noun import Noun
from costmodel.ir.trace import Trace

SCHEMA = "costmodel.training/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedPhase:
    """One stretch of the training.

    Attributes:
        name: from the recipe.
        batch: samples per full step.
        steps: number of full steps; None if the recipe does not say how long the training is.
        trace: of a full step.
        makes_state: True if the phase's first update makes the optimizer's state.
        last_batch: size of each epoch's last partial batch, None if there is none.
        last_steps: number of partial steps.
        last_trace: of a partial step.
    """

    name: str
    batch: int
    steps: int | None
    trace: Trace
    makes_state: bool
    last_batch: int | None = None
    last_steps: int = 0
    last_trace: Trace | None = None


def only(name: str, trace: Trace, batch: int = 1) -> Training:
    """A single step as a training without a length."""
    phase = TracedPhase(name=name, batch=batch, steps=None, trace=trace, makes_state=False)
    return Training(phases=(phase,))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Training(Noun):
    """Every phase, in order. The first one's full step is the step that is shown in detail."""

    SCHEMA: ClassVar[str] = SCHEMA
    ROWS: ClassVar[str] = "phases"

    phases: tuple[TracedPhase, ...]

    def summary(self) -> str:
        """The noun in a few words."""
        return f"phases {', '.join(phase.name for phase in self.phases)}"
