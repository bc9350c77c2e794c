"""Mixup and CutMix: each sample is mixed with another one of the batch, and so is its loss."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

import torch
from torch import nn

from costmodel.errors import RecipeError
from costmodel.tracing.inputs import call
from costmodel.tracing.step.parts import Parts

_SHARE = 0.5


def mix(parts: Parts, how: Literal["mixup", "cutmix"]) -> None:
    """Mix the inputs with those of a permuted batch; the loss is taken of both targets.

    Sources: Zhang et al., "mixup: Beyond Empirical Risk Minimization" (2018); Yun et al., "CutMix" (2019), both in the
    form of their authors' code, with two losses.

    Raises:
        RecipeError: the loss is the file's own, which does this itself; or the images of CutMix are none.
    """
    criterion = parts.criterion
    if criterion is None or parts.beside:
        what = "a loss of your own" if criterion is None else "a teacher"
        raise RecipeError(f"mix: needs a loss by name; with {what}, mix in training_step(model, batch)")
    if how == "cutmix":
        parts.notes.append("the box of CutMix is taken to cover half of each image: its size is drawn in each step")

    def loss_of(model: nn.Module, data: Any) -> torch.Tensor:
        output = call(model, _mixed(data, how))
        return criterion.sum_of(output, lambda loss: loss() * _SHARE + loss() * (1 - _SHARE))

    parts.loss_of = loss_of


def _mixed(data: Any, how: str) -> Any:
    """The first floating-point input mixed, the others as they are."""
    items = list(data.values()) if isinstance(data, Mapping) else [data] if isinstance(data, torch.Tensor) else [*data]
    place = next((i for i, x in enumerate(items) if isinstance(x, torch.Tensor) and x.is_floating_point()), None)
    if place is None or (how == "cutmix" and items[place].dim() < 4):
        raise RecipeError(f"mix: {how} has no {'image' if how == 'cutmix' else 'floating-point input'} to mix")
    items[place] = (_cut if how == "cutmix" else _blend)(items[place])
    if isinstance(data, Mapping):
        return dict(zip(data, items, strict=True))
    return items[0] if isinstance(data, torch.Tensor) else tuple(items)


def _blend(images: torch.Tensor) -> torch.Tensor:
    other = images[torch.randperm(images.shape[0])]
    return _SHARE * images + (1 - _SHARE) * other


def _cut(images: torch.Tensor) -> torch.Tensor:
    height, width = (round(size * math.sqrt(_SHARE)) for size in images.shape[-2:])
    mixed = images.clone()
    mixed[..., :height, :width] = images[torch.randperm(images.shape[0]), ..., :height, :width]
    return mixed
