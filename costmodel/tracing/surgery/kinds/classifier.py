"""A smaller classifier: the places of an image are averaged before the first linear layer reads them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from torch import nn

from costmodel.tracing.surgery.change import Change, Seen, replaced


def changes(seen: Seen) -> Iterator[Change]:
    """Of the last layer that gives places, where a linear layer reads all of them."""
    linear = next(iter(seen.layers(nn.Linear)), None)
    if linear is None:
        return
    features = seen.shapes[linear[0]][0][-1]
    order = list(seen.shapes)
    before = order[: order.index(linear[0])]
    images = [path for path in before if path and len(seen.shapes[path][1]) == 3 and _is_leaf(seen, path)]
    if not images:
        return
    channels, high, wide = seen.shapes[images[-1]][1]
    if high * wide > 1 and features == channels * high * wide:
        what = f"global average before {linear[0]}: {features} → {channels} inputs"
        yield Change("classifier", (images[-1], linear[0]), what, partial(_average, images[-1]))


def _is_leaf(seen: Seen, path: str) -> bool:
    return not any(True for _ in seen.model.get_submodule(path).children())


def _average(path: str, model: nn.Module) -> None:
    replaced(model, path, nn.Sequential(model.get_submodule(path), nn.AdaptiveAvgPool2d(1)))
