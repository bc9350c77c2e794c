"""Distillation: a teacher's predictions are compared with the model's."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from costmodel.errors import RecipeError
from costmodel.tracing.inputs import call
from costmodel.tracing.outputs import taken_from
from costmodel.tracing.step.parts import Parts

_TEMPERATURE = 4.0
_SHARE = 0.5


def distil(parts: Parts, teacher: nn.Module) -> None:
    """Add the divergence of softened predictions to the loss.

    Source: Hinton, Vinyals, Dean, "Distilling the Knowledge in a Neural Network" (2015), section 2: both softmaxes at
    one temperature, the gradient scaled by its square.

    Raises:
        RecipeError: the loss is the file's own, which does this itself.
    """
    criterion = parts.criterion
    if criterion is None:
        raise RecipeError("teacher: needs a loss by name; a loss of your own calls its teacher itself")
    teacher.eval()
    for parameter in teacher.parameters():
        parameter.requires_grad_(False)
    parts.beside.append(teacher)

    def loss_of(model: nn.Module, data: Any) -> torch.Tensor:
        output = call(model, data)
        hard = criterion.sum_of(output, lambda loss: loss())
        with torch.no_grad():
            soft = F.softmax(taken_from(call(teacher, data), trained=False).tensor / _TEMPERATURE, dim=-1)
        ours = F.log_softmax(taken_from(output).tensor / _TEMPERATURE, dim=-1)
        apart = F.kl_div(ours, soft, reduction="batchmean") * _TEMPERATURE**2
        return (1 - _SHARE) * hard + _SHARE * apart

    parts.loss_of = loss_of
