"""Cheaper forms of a convolution: depthwise and pointwise, in groups, and through a bottleneck."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from torch import nn

from costmodel.tracing.surgery.change import Change, Seen, replaced

_GROUPS = (2, 4)


def changes(seen: Seen) -> Iterator[Change]:
    """Of every dense convolution with a kernel and with more channels than an image has."""
    for path, module in seen.layers(nn.Conv2d):
        conv: Any = module
        if conv.groups != 1 or conv.kernel_size == (1, 1) or conv.in_channels < 4:
            continue
        k = conv.kernel_size[0]
        yield Change("separable", (path,), f"{k}×{k} → depthwise {k}×{k}, then 1×1", partial(_separable, path))
        for groups in _GROUPS:
            if conv.in_channels % groups == conv.out_channels % groups == 0:
                yield Change("groups", (path,), f"{groups} groups", partial(_grouped, path, groups))
        narrow = min(conv.in_channels, conv.out_channels) // 4
        if narrow >= 4:
            what = f"1×1 to {narrow} channels, {k}×{k}, 1×1 to {conv.out_channels}"
            yield Change("bottleneck", (path,), what, partial(_bottleneck, path, narrow))


def _separable(path: str, model: nn.Module) -> None:
    conv: Any = model.get_submodule(path)
    depthwise = _conv(conv, conv.in_channels, conv.in_channels, groups=conv.in_channels)
    pointwise = nn.Conv2d(conv.in_channels, conv.out_channels, 1, bias=conv.bias is not None)
    replaced(model, path, nn.Sequential(depthwise, pointwise))


def _grouped(path: str, groups: int, model: nn.Module) -> None:
    conv: Any = model.get_submodule(path)
    replaced(model, path, _conv(conv, conv.in_channels, conv.out_channels, groups=groups))


def _bottleneck(path: str, narrow: int, model: nn.Module) -> None:
    conv: Any = model.get_submodule(path)
    into, out = nn.Conv2d(conv.in_channels, narrow, 1), nn.Conv2d(narrow, conv.out_channels, 1)
    replaced(model, path, nn.Sequential(into, nn.ReLU(), _conv(conv, narrow, narrow), nn.ReLU(), out))


def _conv(like: Any, inputs: int, outputs: int, groups: int = 1) -> nn.Conv2d:
    return nn.Conv2d(
        inputs,
        outputs,
        like.kernel_size,
        stride=like.stride,
        padding=like.padding,
        dilation=like.dilation,
        groups=groups,
        bias=like.bias is not None,
    )
