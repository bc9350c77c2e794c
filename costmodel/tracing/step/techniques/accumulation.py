"""Gradient accumulation: the batch goes through in parts, whose gradients are added up for one update."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch.utils._pytree import tree_map

from costmodel.errors import RecipeError
from costmodel.tracing.step.parts import Parts


def accumulate(parts: Parts, batch: int, count: int) -> None:
    """Run forward and backward on one part after the other; the loss of each is divided by their number.

    Args:
        parts: of the step.
        batch: samples of a full batch, which the parts divide; a last partial batch makes fewer parts.
        count: parts of a full batch.

    Raises:
        RecipeError: the parts do not divide the batch.
    """
    size, rest = divmod(batch, count)
    if rest or not size:
        raise RecipeError(f"accumulate: {count} parts do not divide a batch of {batch}")
    scale = parts.scale

    def gradients() -> None:
        parts.zero()
        # all of them first: what comes after a backward belongs to the update
        pieces = [parts.preprocess(piece) for piece in _pieces(parts.batch, size)]
        parts.scale = lambda loss: scale(loss / len(pieces))
        for piece in pieces:
            parts.backward_of(piece)

    parts.gradients = gradients


def _pieces(batch: Any, size: int) -> Iterator[Any]:
    """The parts of a batch: its tensors are cut along their first axis."""
    total = _samples(batch)
    for start in range(0, total, size):
        yield tree_map(lambda leaf, at=start: _cut(leaf, total, at, size), batch)


def _cut(leaf: Any, total: int, start: int, size: int) -> Any:
    is_cut = isinstance(leaf, torch.Tensor) and leaf.dim() and leaf.shape[0] == total
    return leaf[start : start + size] if is_cut else leaf


def _samples(batch: Any) -> int:
    found: list[int] = []
    tree_map(lambda leaf: found.append(leaf.shape[0]) if isinstance(leaf, torch.Tensor) and leaf.dim() else None, batch)
    return found[0] if found else 1
