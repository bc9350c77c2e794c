"""Smaller kernels: two of 3×3 in the place of one of 5×5, one of 3×3 in the place of a larger one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from torch import nn

from costmodel.tracing.surgery.change import Change, Seen, replaced


def changes(seen: Seen) -> Iterator[Change]:
    """Of convolutions with a square kernel of 5 and more."""
    for path, module in seen.layers(nn.Conv2d):
        conv: Any = module
        size = conv.kernel_size[0]
        if conv.kernel_size != (size, size) or size < 5 or conv.groups != 1 or conv.dilation != (1, 1):
            continue
        yield Change("kernel", (path,), f"kernel {size}×{size} → 3×3", partial(_smaller, path))
        if size == 5:
            yield Change("kernel", (path,), "kernel 5×5 → two of 3×3", partial(_two, path))


def _smaller(path: str, model: nn.Module) -> None:
    conv: Any = model.get_submodule(path)
    replaced(model, path, _three(conv, conv.in_channels, conv.stride))


def _two(path: str, model: nn.Module) -> None:
    conv: Any = model.get_submodule(path)
    first, second = _three(conv, conv.in_channels, (1, 1)), _three(conv, conv.out_channels, conv.stride)
    replaced(model, path, nn.Sequential(first, nn.ReLU(), second))


def _three(conv: Any, channels: int, stride: Any) -> nn.Conv2d:
    """A kernel of 3×3 that keeps as many places as the larger one."""
    padding = max(0, conv.padding[0] - (conv.kernel_size[0] - 3) // 2) if isinstance(conv.padding, tuple) else 1
    return nn.Conv2d(channels, conv.out_channels, 3, stride=stride, padding=padding, bias=conv.bias is not None)
