"""Trace: record a training on fake tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from costmodel.ir.training import Training

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from costmodel.ir.settings import Settings


def trace(model: Any, **settings: Unpack[Settings]) -> Training:
    """Record the training step of a model on fake tensors; nothing is allocated.

    Args:
        model: ``"FILE.py:NAME"``, ``"FILE.py"``, ``"package.module:NAME"``, ``"recipe.yaml"``, or an
            ``nn.Module`` class, instance or function that returns one.
        settings: see :class:`costmodel.Settings`.

    Raises:
        SubjectError, RecipeError, TraceError: what, where, what to do.
    """
    from costmodel.tracing.training import plan_training, trace_training

    return trace_training(plan_training(model, settings))
