"""Interpolation: each output is a dot of inputs around it with weights known from the sizes (row 1).

Along an axis an output takes 1 (nearest), 2 (linear) or 4 (cubic) inputs, more with antialiasing; with k
taps in all, k multiplies and k − 1 adds. Nearest only moves. Backward each output gives k products to
the inputs: k multiplies, and adds = products − inputs touched.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import product
from math import prod
from typing import Any

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work
from costmodel.ops.families.pooling_backward import filled, scatter_add
from costmodel.ops.formula import Formula, register, scalar
from costmodel.ops.packets import aten, packet_name
from costmodel.ops.traits import Traits

Meta = TensorMeta
Taps = tuple[tuple[tuple[int, float], ...], ...]  # per output: pairs (input position, weight)


def _step(length: int, outputs: int, align: bool, scale: float | None) -> float:
    if align:
        return (length - 1) / (outputs - 1) if outputs > 1 else 0.0
    return 1.0 / scale if scale else length / outputs


def _nearest(x: float, length: int, step: float) -> list[tuple[int, float]]:
    return [(min(math.floor(x), length - 1), 1.0)]


def _linear(x: float, length: int, step: float) -> list[tuple[int, float]]:
    x = max(x, 0.0)
    low = min(int(x), length - 1)
    return [(low, 1.0 - (x - low)), (min(low + 1, length - 1), x - low)]


def _cubic_weight(distance: float, a: float) -> float:
    d = abs(distance)
    if d <= 1:
        return ((a + 2) * d - (a + 3)) * d * d + 1
    return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a if d < 2 else 0.0


def _cubic(x: float, length: int, step: float) -> list[tuple[int, float]]:
    low = math.floor(x)
    return [(min(max(i, 0), length - 1), _cubic_weight(x - i, -0.75)) for i in range(low - 1, low + 3)]


def _antialiased(radius: int, weight: Callable[[float], float]) -> Callable[..., list[tuple[int, float]]]:
    def taps(x: float, length: int, step: float) -> list[tuple[int, float]]:
        stretch = max(step, 1.0)
        centre, support = x + 0.5, radius * stretch
        first, last = max(int(centre - support + 0.5), 0), min(int(centre + support + 0.5), length)
        weights = [weight((i - centre + 0.5) / stretch) for i in range(first, last)]
        return [(first + i, w / sum(weights)) for i, w in enumerate(weights)]

    return taps


@lru_cache(maxsize=1024)
def _axis(kind: str, length: int, outputs: int, align: bool, scale: float | None) -> Taps:
    at, shift = _KINDS[kind]
    step = _step(length, outputs, align, scale)
    centres = (o * step if align or shift is None else (o + 0.5) * step - shift for o in range(outputs))
    return tuple(tuple(at(x, length, step)) for x in centres)


_KINDS: dict[str, tuple[Callable[..., list[tuple[int, float]]], float | None]] = {
    "nearest": (_nearest, None),
    "nearest_exact": (_nearest, 0.0),
    "linear": (_linear, 0.5),
    "cubic": (_cubic, 0.5),
    "linear_aa": (_antialiased(1, lambda d: max(1.0 - abs(d), 0.0)), 0.5),
    "cubic_aa": (_antialiased(2, lambda d: _cubic_weight(d, -0.5)), 0.5),
}


def _axes(kind: str, inputs: Sequence[int], outputs: Sequence[int], arguments: dict[str, Any]) -> list[Taps]:
    align = bool(arguments.get("align_corners", False))
    names = ("scales",) if len(inputs) == 1 else ("scales_d", "scales_h", "scales_w")[-len(inputs) :]
    scales = [arguments.get(name) for name in names]
    return [
        _axis(kind, i, o, align, None if align else scale) for i, o, scale in zip(inputs, outputs, scales, strict=True)
    ]


_KEEPS = Traits(keeps_channels=True)


def _points(axes: Sequence[Taps]) -> Any:
    for output in product(*(range(len(taps)) for taps in axes)):
        chosen = product(*(taps[o] for taps, o in zip(axes, output, strict=True)))
        yield output, [(tuple(i for i, _ in tap), prod(w for _, w in tap)) for tap in chosen]


def _register(kind: str, rank: int, forward: Any, backward: Any) -> None:
    moves = kind.startswith("nearest")

    def forward_work(out: Meta, self: Meta, **arguments: Any) -> Work:
        # [N, C, ..outputs] = aten.upsample_x([N, C, ..inputs], outputs)
        axes = _axes(kind, self.shape[-rank:], out.shape[-rank:], arguments)
        planes = prod(self.shape[:-rank])
        terms = planes * prod(sum(map(len, taps)) for taps in axes)
        return scalar() if moves else scalar(multiply=terms, add=terms - out.numel)

    def forward_program(self: Any, output_size: Sequence[int], **arguments: Any) -> Any:
        axes = _axes(kind, self.shape[-rank:], output_size, arguments)
        out = np.empty((*self.shape[:-rank], *output_size), dtype=object)
        for plane in np.ndindex(*self.shape[:-rank]):
            for output, taps in _points(axes):
                total: Any = None
                for position, weight in taps:
                    x = self[plane + position]
                    term = x if moves else x * weight
                    total = term if total is None else total + term
                out[plane + output] = total
        return out

    def backward_work(
        grad_output: Meta, output_size: Sequence[int], input_size: Sequence[int], **arguments: Any
    ) -> Work:
        # [N, C, ..inputs] = aten.upsample_x_backward([N, C, ..outputs], outputs, [N, C, ..inputs])
        axes = _axes(kind, input_size[-rank:], output_size, arguments)
        planes = prod(input_size[:-rank])
        terms = planes * prod(sum(map(len, taps)) for taps in axes)
        touched = planes * prod(len({i for tap in taps for i, _ in tap}) for taps in axes)
        return scalar(multiply=0 if moves else terms, add=terms - touched)

    def backward_program(
        grad_output: Any, output_size: Sequence[int], input_size: Sequence[int], **arguments: Any
    ) -> Any:
        axes = _axes(kind, input_size[-rank:], output_size, arguments)
        dx = np.full(tuple(input_size), None, dtype=object)
        for plane in np.ndindex(*input_size[:-rank]):
            for output, taps in _points(axes):
                for position, weight in taps:
                    grad = grad_output[plane + output]
                    scatter_add(dx, plane + position, grad if moves else grad * weight)
        return filled(dx)

    options = ("scales",) if rank == 1 else ("scales_d", "scales_h", "scales_w")[-rank:]
    options = options if moves else ("align_corners", *options)
    entry = Formula(names=(packet_name(forward),), work=forward_work, scalar_program=forward_program, traits=_KEEPS)
    entry.parameters = ("out", "self", *options)
    register(entry)
    entry = Formula(names=(packet_name(backward),), work=backward_work, scalar_program=backward_program)
    entry.parameters = ("grad_output", "output_size", "input_size", *options)
    register(entry)


for _kind, _rank, _packet, _backward in (
    ("nearest", 1, aten.upsample_nearest1d, aten.upsample_nearest1d_backward),
    ("nearest", 2, aten.upsample_nearest2d, aten.upsample_nearest2d_backward),
    ("nearest", 3, aten.upsample_nearest3d, aten.upsample_nearest3d_backward),
    ("nearest_exact", 1, aten._upsample_nearest_exact1d, aten._upsample_nearest_exact1d_backward),
    ("nearest_exact", 2, aten._upsample_nearest_exact2d, aten._upsample_nearest_exact2d_backward),
    ("nearest_exact", 3, aten._upsample_nearest_exact3d, aten._upsample_nearest_exact3d_backward),
    ("linear", 1, aten.upsample_linear1d, aten.upsample_linear1d_backward),
    ("linear", 2, aten.upsample_bilinear2d, aten.upsample_bilinear2d_backward),
    ("linear", 3, aten.upsample_trilinear3d, aten.upsample_trilinear3d_backward),
    ("cubic", 2, aten.upsample_bicubic2d, aten.upsample_bicubic2d_backward),
    ("linear_aa", 2, aten._upsample_bilinear2d_aa, aten._upsample_bilinear2d_aa_backward),
    ("cubic_aa", 2, aten._upsample_bicubic2d_aa, aten._upsample_bicubic2d_aa_backward),
):
    _register(_kind, _rank, _packet, _backward)
