"""Count: the work and memory traffic of every call of a step."""

from __future__ import annotations

from costmodel.errors import UnknownNameError
from costmodel.ir.counts import Counts
from costmodel.ir.trace import Trace
from costmodel.ir.training import Training


def count(trace: Trace | Training, *, phase: str | None = None) -> Counts:
    """Work and memory traffic of every call of a step.

    Args:
        trace: a traced step, or a traced training (from :func:`costmodel.trace`).
        phase: which phase of a training, by name; None is its first, the one that every report shows in detail.

    Raises:
        UnknownNameError: the training has no such phase.
    """
    from costmodel.passes.work import count as count_trace

    return count_trace(trace if isinstance(trace, Trace) else _step_of(trace, phase))


def _step_of(training: Training, phase: str | None) -> Trace:
    if phase is None:
        return training.phases[0].trace
    for traced in training.phases:
        if traced.name == phase:
            return traced.trace
    raise UnknownNameError("phase", phase, [traced.name for traced in training.phases])
