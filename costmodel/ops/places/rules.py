"""What each op does to places: where its results' elements come from. An op without a rule loses them, and says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor, gcd, prod
from typing import Any

from costmodel.ops.places.layout import Axis, Layout, Lost, Part, Seen, Whole, plain, together
from costmodel.ops.places.span import Looks, Span
from costmodel.ops.windows import per_axis


@dataclass(frozen=True, slots=True)
class Call:
    """An op at work on a tensor whose places are known.

    Attributes:
        seen: the tensor.
        given: the arguments by their names in the schema.
        shape: of the tensor, and ``result`` of the first result.
        beside: what other operands have seen.
    """

    seen: Layout
    given: Mapping[str, Any]
    shape: tuple[int, ...]
    result: tuple[int, ...]
    beside: tuple[Seen, ...] = ()


Rule = Callable[[Call], Seen]
RULES: dict[str, Rule] = {}
"""By the op's packet, ``aten.convolution``."""


def _rule(*names: str) -> Callable[[Rule], Rule]:
    def known(rule: Rule) -> Rule:
        RULES.update({f"aten.{name}": rule for name in names})
        return rule

    return known


_OneAxis = Callable[[Span, int], Span]
"""Span of an axis, and its number among those with windows → the span behind the op."""


def _windows(call: Call, rank: int, over: _OneAxis) -> Seen:
    """An op on the last ``rank`` axes."""
    lost = Lost(call.seen.places)
    axes = list(call.seen.axes[-rank:])
    if any(len(axis) > 1 for axis in axes):
        return lost
    made: list[Axis] = []
    for number, (axis, size) in enumerate(zip(axes, call.result[-rank:], strict=True)):
        span = axis[0].span if axis else None
        made.append(plain(size) if span is None else (Part(size, over(span, number)),))
    channels = plain(call.result[-rank - 1])
    if any(call.seen.has_places(number) for number in range(len(call.seen.axes) - rank)):
        return lost
    return Layout((*call.seen.axes[: -rank - 1], channels, *made))


@_rule("convolution", "_convolution", "mkldnn_convolution")
def _convolution(call: Call) -> Seen:
    rank = len(call.result) - 2
    given = call.given
    stride, padding = per_axis(given["stride"], rank), per_axis(given["padding"], rank)
    dilation, kernel = per_axis(given["dilation"], rank), given["weight"][-rank:]
    if given.get("transposed"):
        return _windows(call, rank, lambda s, n: s.spread(kernel[n], stride[n], padding[n], dilation[n]))
    return _windows(call, rank, lambda s, n: s.windows(kernel[n], stride[n], padding[n], dilation[n]))


@_rule("max_pool2d_with_indices", "max_pool3d_with_indices", "max_pool1d",
       "avg_pool1d", "avg_pool2d", "avg_pool3d")  # fmt: skip
def _pooling(call: Call) -> Seen:
    given = call.given
    size = given["kernel_size"]
    rank = len(call.result) - 2 if isinstance(size, int) or len(size) == 1 else len(size)
    if _takes_all(call, rank):
        return Whole(pooled=True)
    kernel = per_axis(size, rank)
    stride = per_axis(given["stride"], rank) if given.get("stride") else kernel
    padding, dilation = per_axis(given.get("padding", 0), rank), per_axis(given.get("dilation", 1), rank)
    return _windows(call, rank, lambda s, n: s.windows(kernel[n], stride[n], padding[n], dilation[n]))


@_rule("_adaptive_avg_pool2d", "_adaptive_avg_pool3d", "adaptive_avg_pool1d", "adaptive_max_pool2d",
       "adaptive_max_pool3d")  # fmt: skip
def _adaptive(call: Call) -> Seen:
    rank = len(call.given["output_size"])
    if _takes_all(call, rank):
        return Whole(pooled=True)

    def over(span: Span, number: int) -> Span:
        inside, out = call.shape[-rank:][number], call.result[-rank:][number]
        return _scaled(span, inside, out, lambda p: tuple(range(p * inside // out, -(-(p + 1) * inside // out))))

    return _windows(call, rank, over)


def _takes_all(call: Call, rank: int) -> bool:
    """Whether one window takes all places: what stands behind it is no map any more."""
    return prod(call.shape[-rank:]) > 1 and prod(call.result[-rank:]) == 1


def _scaled(span: Span, inside: int, out: int, looks: Looks) -> Span:
    both = gcd(inside, out)
    return span.seen(inside // both, out // both, looks)


@_rule(*(f"{kind}{rank}d" for kind in ("upsample_nearest", "_upsample_nearest_exact") for rank in (1, 2, 3)))
def _nearest(call: Call) -> Seen:
    return _interpolated(call, 0, 0)


@_rule("upsample_linear1d", "upsample_bilinear2d", "upsample_trilinear3d")
def _linear(call: Call) -> Seen:
    return _interpolated(call, 0, 1)


@_rule("upsample_bicubic2d")
def _cubic(call: Call) -> Seen:
    return _interpolated(call, 1, 2)


def _interpolated(call: Call, before: int, behind: int) -> Seen:
    """Between places: those whose weight is 0 are not looked at."""
    rank = len(call.result) - 2

    def over(span: Span, number: int) -> Span:
        inside, out = call.shape[2:][number], call.result[2:][number]
        corners = bool(call.given.get("align_corners"))
        ratio = Fraction(inside - 1, max(out - 1, 1)) if corners else Fraction(inside, out)

        def looks(p: int) -> tuple[int, ...]:
            if not behind:
                return (floor(p * ratio),)
            at = p * ratio if corners else (p + Fraction(1, 2)) * ratio - Fraction(1, 2)
            low = floor(at)
            return (low,) if at == low else tuple(range(low - before, low + behind + 1))

        return span.seen(ratio.numerator, ratio.denominator, looks)

    return _windows(call, rank, over)


@_rule("constant_pad_nd", "reflection_pad1d", "reflection_pad2d", "reflection_pad3d", "replication_pad1d",
       "replication_pad2d", "replication_pad3d")  # fmt: skip
def _padding(call: Call) -> Seen:
    """In front of a place stands what the edge shows: no more of the input than the edge itself."""
    pads = tuple(call.given.get("pad", call.given.get("padding", ())))
    layout = call.seen
    for number in range(len(pads) // 2):
        axis, size = len(call.shape) - 1 - number, call.result[-1 - number]
        before = pads[2 * number]
        if size == call.shape[axis] and not before:
            continue
        moved = _stepped(layout, axis, size, before, 1)
        if moved is None:
            return Lost(layout.places)
        layout = moved
    return layout


@_rule("slice")
def _slice(call: Call) -> Seen:
    axis = call.given.get("dim", 0) % len(call.shape)
    start = call.given.get("start") or 0
    start = max(0, start + call.shape[axis] if start < 0 else start)
    moved = _stepped(call.seen, axis, call.result[axis], -start, call.given.get("step", 1))
    return Lost(call.seen.places) if moved is None else moved


def _stepped(layout: Layout, axis: int, size: int, before: int, step: int) -> Layout | None:
    parts = layout.axes[axis]
    if len(parts) > 1:
        return None if layout.has_places(axis) and size != prod(part.size for part in parts) else layout
    span = parts[0].span if parts else None
    return layout.with_axis(axis, plain(size) if span is None else (Part(size, span.windows(1, step, before)),))


@_rule("pixel_unshuffle")
def _folded(call: Call) -> Seen:
    by = call.given["downscale_factor"]
    return _windows(call, 2, lambda span, _: span.windows(by, by))


@_rule("pixel_shuffle")
def _unfolded(call: Call) -> Seen:
    by = call.given["upscale_factor"]
    return _windows(call, 2, lambda span, _: span.seen(1, by, lambda p: (p // by,)))


@_rule("permute", "permute_copy")
def _permuted(call: Call) -> Seen:
    return Layout(tuple(call.seen.axes[axis] for axis in call.given["dims"]))


@_rule("transpose", "transpose_copy", "t", "swapaxes", "mT", "numpy_T")
def _transposed(call: Call) -> Seen:
    axes = list(call.seen.axes)
    one, other = call.given.get("dim0", -2), call.given.get("dim1", -1)
    axes[one], axes[other] = axes[other], axes[one]
    return Layout(tuple(axes))


@_rule("split", "split_with_sizes", "chunk", "unsafe_split", "unsafe_chunk", "unsafe_split_with_sizes")
def _split(call: Call) -> Seen:
    axis = call.given.get("dim", 0)
    if call.seen.has_places(axis):
        return Lost(call.seen.places)
    return call.seen.with_axis(axis, plain(call.result[axis]))


@_rule("cat", "concat")
def _concatenated(call: Call) -> Seen:
    axis = call.given.get("dim", 0) % len(call.result)
    operands = (call.seen, *call.beside)
    if any(isinstance(seen, Layout) and seen.has_places(axis) for seen in operands):
        return Lost(call.seen.places)
    alike = [s.with_axis(axis, plain(call.result[axis])) if isinstance(s, Layout) else s for s in operands]
    return together(alike)


@_rule("native_channel_shuffle", "channel_shuffle")
def _shuffled(call: Call) -> Seen:
    return call.seen


@_rule("_softmax", "_log_softmax", "_safe_softmax", "cumsum", "cumprod", "logcumsumexp")
def _along_an_axis(call: Call) -> Seen:
    return Whole() if call.seen.has_places(call.given["dim"]) else call.seen


@_rule("mm", "addmm", "_int_mm")
def _matrix(call: Call) -> Seen:
    """A linear layer: over channels it keeps places, over places alone it mixes them, over both it ends the map."""
    if call.beside:
        return Whole()
    if not call.seen.has_places(1):
        return call.seen.with_axis(1, plain(call.result[1]))
    return Whole(pooled=any(part.span is None for part in call.seen.axes[1]))


@_rule("bmm", "baddbmm", "_scaled_dot_product_flash_attention_for_cpu", "_scaled_dot_product_flash_attention",
       "_scaled_dot_product_efficient_attention", "_scaled_dot_product_attention_math", "scaled_dot_product_attention",
       "_scaled_dot_product_cudnn_attention", "_scaled_dot_product_fused_attention_overrideable")  # fmt: skip
def _attention(call: Call) -> Seen:
    """Two tensors of the network multiplied over places: each has seen all of them."""
    return Whole() if call.seen.has_places(-1) or call.seen.has_places(-2) else Lost(call.seen.places)


def reduced(call: Call, axes: Sequence[int]) -> Seen:
    """An op that folds axes: none of the places may be left over where some are folded."""
    rank = len(call.shape)
    folded = {axis % rank for axis in axes} or set(range(rank))
    if any(call.seen.has_places(axis) for axis in folded):
        rest = any(call.seen.has_places(axis) for axis in range(rank) if axis not in folded)
        return Lost(call.seen.places) if rest else Whole(pooled=True)
    keep = len(call.result) == rank
    return Layout(
        tuple(() if n in folded else axis for n, axis in enumerate(call.seen.axes) if keep or n not in folded)
    )


MIXES_TWO = frozenset(name for name, rule in RULES.items() if rule is _attention)
"""Ops that see all of what they are given where as many rows as places are multiplied with each other."""
GIVES_SEVERAL = frozenset(name for name, rule in RULES.items() if rule is _split)
"""Ops all of whose results are pieces of what they are given."""
