"""An average of the weights that is kept beside them: exponential (EMA), or equal (SWA)."""

from __future__ import annotations

import torch

from costmodel.tracing.step.parts import Parts
from costmodel.tracing.step.techniques.finishing import Finishing

_DECAY = 0.999


def average(parts: Parts, *, now: bool) -> None:
    """Keep an average of parameters and buffers; ``now`` it takes them in.

    The arithmetic is that of ``torch.optim.swa_utils.AveragedModel`` with ``get_ema_multi_avg_fn`` or
    ``get_swa_multi_avg_fn``: a ``lerp`` of every parameter; buffers are copied.
    """
    weights: list[torch.Tensor] = list(parts.model.parameters())
    buffers = list(parts.model.buffers())
    kept = [tensor.detach().clone() for tensor in (*weights, *buffers)]

    @torch.no_grad()
    def update() -> None:
        torch._foreach_lerp_(kept[: len(weights)], weights, 1 - _DECAY)
        for mine, theirs in zip(kept[len(weights) :], buffers, strict=True):
            mine.copy_(theirs)

    finishing = Finishing(kept, update)
    parts.keeps.append(finishing)
    if now:
        parts.after_update.append(finishing.step)
