"""The front of the network: fewer places at once, by folding them into channels or by a lower resolution."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from torch import nn

from costmodel.tracing.surgery.change import Change, Seen, replaced


def changes(seen: Seen) -> Iterator[Change]:
    """Of the first convolution, where it reads an image of even sides."""
    first = next(iter(seen.layers(nn.Conv2d)), None)
    if first is None:
        return
    path, _ = first
    shape = seen.shapes[path][0]
    if len(shape) != 3 or shape[1] % 2 or shape[2] % 2 or min(shape[1:]) < 8:
        return
    folded = f"{shape[0]}×{shape[1]}×{shape[2]} → {4 * shape[0]}×{shape[1] // 2}×{shape[2] // 2}"
    yield Change("space to depth", (path,), f"places folded into channels before it: {folded}", partial(_fold, path))
    what = f"resolution {shape[1]}×{shape[2]} → {shape[1] // 2}×{shape[2] // 2}, averaged before it"
    yield Change("resolution", (path,), what, partial(_average, path))


def _fold(path: str, model: nn.Module) -> None:
    """The layer is fitted to four times the channels, and keeps its stride only where it had none to lose."""
    conv: Any = model.get_submodule(path)
    if conv.stride == (2, 2):
        conv.stride = (1, 1)
    replaced(model, path, nn.Sequential(nn.PixelUnshuffle(2), conv))


def _average(path: str, model: nn.Module) -> None:
    replaced(model, path, nn.Sequential(nn.AvgPool2d(2), model.get_submodule(path)))
