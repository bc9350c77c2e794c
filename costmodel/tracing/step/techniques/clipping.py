"""Gradients clipped between backward and the update."""

from __future__ import annotations

from typing import Literal

from torch.nn.utils import clip_grad_norm_, clip_grad_value_

from costmodel.tracing.step.parts import Parts


def clip(parts: Parts, by: Literal["norm", "value"]) -> None:
    """Clip the gradients of all parameters by their common norm, or each by its value."""
    parameters = list(parts.model.parameters())

    def work() -> None:
        if by == "norm":
            clip_grad_norm_(parameters, 1.0)
        else:
            clip_grad_value_(parameters, 1.0)

    parts.before_update.append(work)
