"""Lookahead: slow weights that follow the optimizer's fast ones."""

from __future__ import annotations

import torch

from costmodel.tracing.step.parts import Parts
from costmodel.tracing.step.techniques.finishing import Finishing

_STEP = 0.5


def look_ahead(parts: Parts, *, now: bool) -> None:
    """Keep slow weights; ``now`` they move towards the fast ones, which restart from there.

    Source: Zhang et al., "Lookahead Optimizer: k steps forward, 1 step back" (2019), algorithm 1.
    """
    fast = [p for p in parts.model.parameters() if p.requires_grad]
    slow = [p.detach().clone() for p in fast]

    @torch.no_grad()
    def update() -> None:
        for behind, ahead in zip(slow, fast, strict=True):
            behind.add_(ahead - behind, alpha=_STEP)
            ahead.copy_(behind)

    finishing = Finishing(slow, update)
    parts.keeps.append(finishing)
    if now:
        parts.after_update.append(finishing.step)
