"""Sharpness-aware minimisation: the gradient is taken again where the loss is worst nearby."""

from __future__ import annotations

import torch

from costmodel.tracing.step.parts import Parts

_RADIUS = 0.05


def sharpen(parts: Parts) -> None:
    """Move to the worst point nearby, take the gradient there, and come back before the update.

    Source: Foret et al., "Sharpness-Aware Minimization for Efficiently Improving Generalization" (2021), algorithm 1,
    in the form that its ports to torch have: one norm over all gradients, a copy of the weights to come back to.
    """
    first = parts.gradients
    weights = [p for p in parts.model.parameters() if p.requires_grad]
    parts.in_halves = False  # the walk belongs to the update, and comes before the second gradient

    def gradients() -> None:
        first()
        moved = [p for p in weights if p.grad is not None]
        with torch.no_grad():
            norms = torch.stack([p.grad.norm() for p in moved if p.grad is not None])
            scale = _RADIUS / (norms.norm() + 1e-12)
            before = [p.clone() for p in moved]
            for p in moved:
                p.add_(p.grad * scale)
        first()
        with torch.no_grad():
            for p, kept in zip(moved, before, strict=True):
                p.copy_(kept)

    parts.gradients = gradients
