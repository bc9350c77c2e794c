"""Mixed precision: the loss is computed under autocast; with float16 its gradients are scaled."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, Literal

import torch

from costmodel.tracing.step.parts import Parts
from costmodel.tracing.step.techniques.finishing import Finishing

_AS_ON_CPU = "autocast to {} is traced as that of cpu, which decides what is cast"


def cast_to(dtype: str, notes: list[str]) -> AbstractContextManager[Any]:
    """A stretch of forward passes that compute in 16 bits where autocast allows it."""
    note = _AS_ON_CPU.format(dtype)
    if note not in notes:
        notes.append(note)
    return torch.autocast("cpu", dtype=getattr(torch, dtype))


def cast(parts: Parts, dtype: Literal["float16", "bfloat16"]) -> None:
    """Compute the loss in 16 bits where autocast allows it; float16 gets a gradient scaler (torch.amp's recipe)."""
    parts.notes.append(_AS_ON_CPU.format(dtype))
    parts.around = lambda: torch.autocast("cpu", dtype=getattr(torch, dtype))
    if dtype != "float16" or not parts.optimizers:
        return
    scaler = torch.amp.GradScaler("cpu")
    parts.keeps.append(scaler)
    parts.scale = scaler.scale
    # first of all: what clips looks at the gradients themselves
    parts.before_update.insert(0, lambda: _unscale(parts, scaler))
    parts.updates = scaler.step
    parts.after_update.append(Finishing((), scaler.update).step)


def _unscale(parts: Parts, scaler: Any) -> None:
    for optimizer in parts.optimizers:
        scaler.unscale_(optimizer)
