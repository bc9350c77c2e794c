"""Strides earlier: a convolution steps over every second place, and so less is left for all that follows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from torch import nn

from costmodel.tracing.surgery.change import Change, Seen


def changes(seen: Seen) -> Iterator[Change]:
    """Stride 2 in the place of 1; and the stride of a later layer moved to an earlier one."""
    convs: list[tuple[str, Any]] = list(seen.layers(nn.Conv2d))
    stepping = [path for path, conv in convs if conv.stride != (1, 1)]
    stepping += [path for path, pool in seen.layers(nn.MaxPool2d, nn.AvgPool2d)]
    for path, conv in convs:
        if conv.stride != (1, 1) or conv.kernel_size == (1, 1) or min(seen.shapes[path][1][1:], default=1) < 2:
            continue
        yield Change("stride", (path,), "stride 1 → 2", partial(_step, path))
        later = [other for other in stepping if _comes_after(seen, other, path)]
        if later:
            what = f"stride 1 → 2, and {later[0]} with stride 1 in its place"
            yield Change("stride", (path, later[0]), what, partial(_move, path, later[0]))


def _comes_after(seen: Seen, later: str, earlier: str) -> bool:
    order = list(seen.shapes)
    return order.index(later) > order.index(earlier)


def _step(path: str, model: nn.Module) -> None:
    conv: Any = model.get_submodule(path)
    conv.stride = (2, 2)


def _move(path: str, later: str, model: nn.Module) -> None:
    _step(path, model)
    other: Any = model.get_submodule(later)
    if isinstance(other, nn.Conv2d):
        other.stride = (1, 1)
    else:
        parent, _, name = later.rpartition(".")
        setattr(model.get_submodule(parent), name, nn.Identity())
