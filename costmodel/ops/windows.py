"""Pooling windows: along one axis, a list of the positions that each output looks at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import product
from math import prod

Windows = tuple[tuple[int, ...], ...]


def per_axis(value: int | Sequence[int], rank: int) -> tuple[int, ...]:
    """torch's ``int[n]`` argument: one number is that of all axes."""
    values = (value,) if isinstance(value, int) else tuple(value)
    return values * rank if len(values) == 1 else values


@lru_cache(maxsize=1024)
def sliding(length: int, outputs: int, kernel: int, stride: int, padding: int, dilation: int = 1) -> Windows:
    """Positions of each output's window, padding included (below 0 or from ``length`` on).

    What ceil mode lets hang over the padded input is not part of a window (COUNTING row 3: true window
    sizes).

    >>> sliding(5, 3, kernel=2, stride=2, padding=0)
    ((0, 1), (2, 3), (4,))
    """
    starts = (o * stride - padding for o in range(outputs))
    return tuple(tuple(p for p in range(s, s + kernel * dilation, dilation) if p < length + padding) for s in starts)


@lru_cache(maxsize=1024)
def adaptive(length: int, outputs: int) -> Windows:
    """From ⌊o·length/outputs⌋ up to ⌈(o+1)·length/outputs⌉.

    >>> adaptive(5, 3)
    ((0, 1), (1, 2, 3), (3, 4))
    """
    return tuple(tuple(range(o * length // outputs, -(-(o + 1) * length // outputs))) for o in range(outputs))


def sliding_axes(
    lengths: Sequence[int],
    outputs: Sequence[int],
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None,
    padding: int | Sequence[int],
    dilation: int | Sequence[int] = 1,
) -> list[Windows]:
    """The windows of each axis; no stride means the kernel's size."""
    rank = len(outputs)
    kernel = per_axis(kernel_size, rank)
    steps = per_axis(stride, rank) if stride else kernel
    rest = zip(per_axis(padding, rank), per_axis(dilation, rank), strict=True)
    sizes = zip(lengths, outputs, kernel, steps, strict=True)
    return [sliding(*size, p, d) for size, (p, d) in zip(sizes, rest, strict=True)]


def inside(axes: Sequence[Windows], lengths: Sequence[int]) -> list[Windows]:
    """The windows without their padding."""
    return [
        tuple(tuple(p for p in window if 0 <= p < length) for window in windows)
        for windows, length in zip(axes, lengths, strict=True)
    ]


def elements(axes: Sequence[Windows]) -> int:
    """Elements of all windows together."""
    return prod(sum(map(len, windows)) for windows in axes)


def touched(axes: Sequence[Windows]) -> int:
    """Positions in at least one window."""
    return prod(len({p for window in windows for p in window}) for windows in axes)


def disjoint(axes: Sequence[Windows]) -> int:
    """Windows that can be chosen without a common position, taken greedily from the left along each axis."""
    chosen = 1
    for windows in axes:
        free_from, count = -(1 << 62), 0
        for window in windows:
            if window and window[0] >= free_from:
                free_from, count = window[-1] + 1, count + 1
        chosen *= count
    return chosen


def positions(axes: Sequence[Windows]) -> Iterator[tuple[tuple[int, ...], list[tuple[int, ...]]]]:
    """Each output position with the positions of its window."""
    for output in product(*(range(len(windows)) for windows in axes)):
        yield output, list(product(*(windows[o] for windows, o in zip(axes, output, strict=True))))
