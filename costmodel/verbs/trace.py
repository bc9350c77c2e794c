"""Trace: record a training on fake tensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from costmodel.ir.analysis import INFERENCE
from costmodel.ir.trace import Trace
from costmodel.ir.training import Training

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from costmodel.ir.settings import Settings


def trace(model: Any, *, concrete: bool = False, **settings: Unpack[Settings]) -> Training:
    """Record the training step of a model on fake tensors; nothing is allocated.

    Args:
        model: ``"FILE.py:NAME"``, ``"FILE.py"``, ``"package.module:NAME"``, ``"recipe.yaml"``, or an
            ``nn.Module`` class, instance or function that returns one.
        concrete: what hangs on the values of tensors is recorded on real, small ones of a seed, and holds for that
            batch alone.
        settings: see :class:`costmodel.Settings`.

    Raises:
        SubjectError, RecipeError, TraceError: what, where, what to do.
    """
    from costmodel.tracing.training import planned_and_traced, trace_training

    return planned_and_traced(model, settings, None, trace_training, concrete=concrete)[1]


def recorded_step(model: Any, settings: Mapping[str, Any], phase: str, *, concrete: bool = False) -> Trace:
    """One step of the training, or the forward pass of one sample in evaluation mode, to be drawn.

    Args:
        model: see :func:`trace`.
        settings: see there.
        phase: ``training`` or ``inference``.
        concrete: see there.
    """
    from costmodel.tracing.training import planned_and_traced, trace_inference, trace_training

    if phase == INFERENCE:
        return planned_and_traced(model, settings, None, trace_inference, concrete=concrete)[1]
    return planned_and_traced(model, settings, None, trace_training, concrete=concrete)[1].phases[0].trace
