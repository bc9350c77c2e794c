"""Rules of places against torch: which places of an input a position of the result depends on, and what ends a map."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from costmodel.ops.places.layout import Layout, Lost, Part, Seen, Whole, fitted, plain, reshaped, together
from costmodel.ops.places.rules import GIVES_SEVERAL, MIXES_TWO, RULES, Call, reduced
from costmodel.ops.places.span import Span

aten = torch.ops.aten
FOUND = Lost(63)
"""Lost, of the 63 places of a map of 7 × 9."""


def image(*shape: int) -> Layout:
    """Samples, channels and places, each of which has seen itself."""
    return Layout((plain(shape[0]), plain(shape[1]), *((Part(size, Span()),) for size in shape[2:])))


def call_of(op: Any, x: Tensor, *args: Any, seen: Layout | None = None, beside: tuple[Seen, ...] = ()) -> Call:
    """The op's arguments by name, tensors as their shapes, and the shape of its first result."""
    names = [argument.name for argument in op._schema.arguments]
    given = {n: tuple(v.shape) if isinstance(v, Tensor) else v for n, v in zip(names, (x, *args), strict=False)}
    for argument in op._schema.arguments[len(args) + 1 :]:
        given[argument.name] = argument.default_value
    found = op(x, *args)
    result = found if isinstance(found, Tensor) else found[0]
    known = image(*x.shape) if seen is None else seen
    return Call(known, given, tuple(x.shape), tuple(result.shape), beside)


def rule(op: Any, call: Call) -> Seen:
    return RULES[f"aten.{op._schema.name.partition('::')[2]}"](call)


def looked_at(op: Any, x: Tensor, args: tuple[Any, ...], axis: int, position: int) -> list[int]:
    """The places along an axis on which a position of the result depends, by not-a-number or by gradient."""
    if "max_pool" in op._schema.name:
        found = []
        for place in range(x.shape[axis]):
            spoilt = x.clone()
            spoilt.select(axis, place)[...] = torch.nan
            out = op(spoilt, *args)
            out = out if isinstance(out, Tensor) else out[0]
            if out.select(axis, position).isnan().any():
                found.append(place)
        return found
    x = x.clone().requires_grad_()
    out = op(x, *args)
    (grad,) = torch.autograd.grad(out.select(axis, position).sum(), x)
    others = [n for n in range(x.ndim) if n != axis]
    return [place for place, g in enumerate(grad.abs().amax(others)) if float(g) > 1e-12]


def weights(*shape: int) -> Tensor:
    return torch.rand(*shape, dtype=torch.float64) + 0.5


def convolved(kernel: tuple[int, int], stride: Any, padding: Any, dilation: Any, transposed: bool = False) -> Any:
    out = [0, 0] if not transposed else [1, 0]
    return (weights(3, 3, *kernel), None, stride, padding, dilation, transposed, out, 1)


CASES: list[tuple[Any, tuple[int, ...], tuple[Any, ...]]] = [
    (aten.convolution.default, (7, 9), convolved((3, 2), [2, 1], [1, 0], [1, 3])),
    (aten.convolution.default, (7, 9), convolved((1, 4), [3], [0, 2], [1])),
    (aten.convolution.default, (7, 9), convolved((3, 2), [2, 3], [1, 0], [2, 1], True)),
    (aten.convolution.default, (7, 9), convolved((4, 4), [2, 2], [1, 1], [1, 1], True)),
    (aten.max_pool2d_with_indices.default, (7, 9), ([3, 2], [2, 1], [1, 0], [1, 2])),
    (aten.max_pool2d_with_indices.default, (7, 9), ([2],)),
    (aten.avg_pool2d.default, (7, 9), ([3, 2], [1, 2], [1, 0])),
    (aten.avg_pool2d.default, (7, 9), ([2, 3],)),
    (aten.avg_pool1d.default, (9,), ([3], [2], [1])),
    (aten.avg_pool3d.default, (4, 5, 6), ([1, 2, 3], [1, 1, 2])),
    (aten._adaptive_avg_pool2d.default, (7, 9), ([3, 4],)),
    (aten._adaptive_avg_pool2d.default, (6, 8), ([3, 2],)),
    (aten.adaptive_max_pool2d.default, (7, 9), ([2, 5],)),
    (aten.upsample_nearest2d.default, (3, 4), ([7, 8],)),
    (aten.upsample_nearest2d.default, (6, 6), ([3, 4],)),
    (aten.upsample_bilinear2d.default, (4, 5), ([8, 7], False)),
    (aten.upsample_bilinear2d.default, (4, 5), ([7, 9], True)),
    (aten.upsample_bilinear2d.default, (4, 5), ([1, 5], True)),
    (aten.upsample_linear1d.default, (6,), ([4], False)),
    (aten.upsample_linear1d.default, (1,), ([4], True)),
    (aten.upsample_bicubic2d.default, (5, 6), ([10, 9], False)),
    (aten.upsample_bicubic2d.default, (5, 6), ([9, 11], True)),
    (aten.constant_pad_nd.default, (7, 9), ([2, 1, 0, 3],)),
    (aten.constant_pad_nd.default, (7, 9), ([-1, -2],)),
    (aten.slice.Tensor, (7, 9), (2, 1, 6, 2)),
    (aten.slice.Tensor, (7, 9), (3, -5, None)),
    (aten.slice.Tensor, (7, 9), (-1, None, 4)),
    (aten.pixel_unshuffle.default, (6, 9), (3,)),
    (aten.permute.default, (7, 9), ([0, 1, 2, 3],)),
]


@pytest.mark.parametrize(("op", "places", "args"), CASES, ids=lambda one: getattr(one, "__name__", ""))
def test_a_position_has_seen_what_it_depends_on(op: Any, places: tuple[int, ...], args: tuple[Any, ...]) -> None:
    x = torch.rand(2, 3, *places, dtype=torch.float64) + 0.5
    call = call_of(op, x, *args)
    seen = rule(op, call)
    assert isinstance(seen, Layout)
    shape = call.result
    assert [sum(part.size for part in axis) or 1 for axis in seen.axes[1:]] == list(shape[1:])
    for axis in range(2, len(shape)):
        (part,) = seen.axes[axis] or (None,)
        if part is None:  # one position: nothing is said of it
            assert shape[axis] == 1
            continue
        assert part.span is not None
        for position in range(shape[axis]):
            first, last = part.span.at(position)
            depends = looked_at(op, x, args, axis, position)
            if not depends:
                continue  # between the windows of a transposed convolution
            inside = [place for place in range(first, last + 1) if 0 <= place < places[axis - 2]]
            assert (depends[:1], depends[-1:]) == (inside[:1], inside[-1:])


def test_a_shuffle_back_is_the_inverse() -> None:
    x = torch.rand(1, 12, 3, 5)
    seen = rule(aten.pixel_shuffle.default, call_of(aten.pixel_shuffle.default, x, 2))
    assert isinstance(seen, Layout)
    assert [[span.at(p) for p in range(4)] for span in seen.spans] == [[(0, 0), (0, 0), (1, 1), (1, 1)]] * 2
    assert seen.axes[:2] == ((), (Part(3),))


def test_what_is_repeated_has_seen_as_much_as_before() -> None:
    # a map of one position that has seen seven places, enlarged from corner to corner
    seen = Layout((plain(1), plain(2), (Part(1, Span().windows(7, 1)),)))
    larger = rule(
        aten.upsample_linear1d.default,
        call_of(aten.upsample_linear1d.default, torch.rand(1, 2, 1), [4], True, seen=seen),
    )
    assert isinstance(larger, Layout)
    assert [larger.spans[0].at(p) for p in range(4)] == [(0, 6)] * 4


def test_what_pools_all_places_ends_the_map() -> None:
    x = torch.rand(2, 3, 7, 9)
    for op, args in (
        (aten.avg_pool2d.default, ([7, 9],)),
        (aten._adaptive_avg_pool2d.default, ([1, 1],)),
        (aten.max_pool2d_with_indices.default, ([7, 9],)),
    ):
        assert rule(op, call_of(op, x, *args)) == Whole(pooled=True)
    one = torch.rand(2, 3, 1, 1)
    assert rule(aten.avg_pool2d.default, call_of(aten.avg_pool2d.default, one, [1, 1])) == Layout(
        ((Part(2),), (Part(3),), (Part(1, Span()),), (Part(1, Span()),))
    )


def test_windows_over_joined_axes_lose_their_places() -> None:
    # places as rows of samples (a window of a signal as a batch), or two axes of them as one
    x = torch.rand(3, 7, 9)
    rows = Layout(((Part(3, Span()),), plain(7), (Part(9, Span()),)))
    args = (weights(4, 7, 3).float(), None, [1], [0], [1], False, [0], 1)
    assert rule(aten.convolution.default, call_of(aten.convolution.default, x, *args, seen=rows)) == Lost(27)
    joined = Layout((plain(3), plain(7), (Part(3, Span()), Part(3, Span()))))
    assert rule(aten.convolution.default, call_of(aten.convolution.default, x, *args, seen=joined)) == Lost(9)
    channels = Layout((plain(3), plain(7), plain(9)))
    assert rule(aten.convolution.default, call_of(aten.convolution.default, x, *args, seen=channels)) == Layout(
        (plain(3), plain(4), plain(7))
    )


def test_axes_that_change_places() -> None:
    x, seen = torch.rand(2, 3, 7, 9), image(2, 3, 7, 9)
    n, c, h, w = seen.axes
    assert rule(aten.permute.default, call_of(aten.permute.default, x, [0, 2, 3, 1])) == Layout((n, h, w, c))
    assert rule(aten.transpose.int, call_of(aten.transpose.int, x, 1, -1)) == Layout((n, w, h, c))
    assert rule(aten.t.default, call_of(aten.t.default, torch.rand(2, 3), seen=Layout((n, c)))) == Layout((c, n))
    assert rule(aten.split.Tensor, call_of(aten.split.Tensor, x, 2, 1)) == image(2, 2, 7, 9)
    assert rule(aten.split.Tensor, call_of(aten.split.Tensor, x, 2, 2)) == FOUND
    assert rule(aten.split.Tensor, call_of(aten.split.Tensor, x, 1)) == image(1, 3, 7, 9)
    assert rule(aten.channel_shuffle.default, call_of(aten.channel_shuffle.default, x, 3)) == seen


def test_operands_beside_each_other() -> None:
    seen, call = image(2, 3, 7, 9), {"dim": 1}
    wider = Call(seen, call, (2, 3, 7, 9), (2, 8, 7, 9), (image(2, 5, 7, 9),))
    assert RULES["aten.cat"](wider) == image(2, 8, 7, 9)
    far = Layout((*seen.axes[:3], (Part(9, Span().windows(3, 1, 1)),)))
    both = RULES["aten.cat"](Call(seen, call, (2, 3, 7, 9), (2, 6, 7, 9), (far,)))
    assert both == far.with_axis(1, plain(6))
    assert RULES["aten.cat"](Call(seen, {"dim": -1}, (2, 3, 7, 9), (2, 3, 7, 18), (seen,))) == FOUND
    assert RULES["aten.cat"](Call(image(2, 3, 1, 1), {}, (2, 3, 1, 1), (4, 3, 1, 1), (seen,))) == image(4, 3, 7, 9)
    pixels = Layout((plain(2), (Part(63, Span()),), plain(3)))
    softmax = RULES["aten._softmax"]
    assert softmax(Call(pixels, {"dim": 1}, (2, 63, 3), (2, 63, 3))) == Whole()
    assert softmax(Call(pixels, {"dim": 2}, (2, 63, 3), (2, 63, 3))) == pixels


def test_products_over_channels_places_or_both() -> None:
    linear = RULES["aten.addmm"]
    pixels = Layout(((Part(7, Span()), Part(9, Span())), plain(3)))
    assert linear(Call(pixels, {}, (63, 3), (63, 5))) == Layout((pixels.axes[0], plain(5)))
    assert linear(Call(pixels, {}, (63, 3), (63, 5), (pixels,))) == Whole()
    assert linear(Call(Layout((plain(3), (Part(63, Span()),))), {}, (3, 63), (3, 5))) == Whole()
    flat = Layout((plain(2), (Part(3), Part(63, Span()))))
    assert linear(Call(flat, {}, (2, 189), (2, 5))) == Whole(pooled=True)
    attention = RULES["aten.bmm"]
    for axes, right in (
        ((plain(2), (Part(63, Span()),), plain(3)), Whole()),
        ((plain(2), plain(3), (Part(63, Span()),)), Whole()),
        (((Part(63, Span()),), plain(3), plain(3)), FOUND),
    ):
        assert attention(Call(Layout(axes), {}, (2, 3, 3), (2, 3, 3))) == right
    assert {"aten.bmm", "aten.scaled_dot_product_attention"} < MIXES_TWO
    assert {"aten.split", "aten.chunk"} < GIVES_SEVERAL
    assert not (MIXES_TWO | GIVES_SEVERAL) & {"aten.mm", "aten.cat", "aten.permute"}


def test_axes_that_are_folded() -> None:
    seen = image(2, 3, 7, 9)

    def over(*axes: int, keep: bool = False) -> Seen:
        folded = {axis % 4 for axis in axes} or set(range(4))
        shape = (2, 3, 7, 9)
        result = tuple(1 if n in folded else s for n, s in enumerate(shape) if keep or n not in folded)
        return reduced(Call(seen, {}, shape, result), axes)

    assert over(2, 3) == over(-1, -2, keep=True) == over() == over(1, 2, 3) == Whole(pooled=True)
    assert over(3) == over(0, 2) == FOUND
    assert over(1) == Layout((seen.axes[0], *seen.axes[2:]))
    assert over(0, keep=True) == Layout(((), *seen.axes[1:]))


def test_views_join_axes_and_take_them_apart() -> None:
    seen = image(2, 3, 7, 9)
    h, w = seen.axes[2:]
    tokens = reshaped(seen, (2, 3, 63))
    assert tokens == Layout((plain(2), plain(3), (*h, *w)))
    assert isinstance(tokens, Layout)
    assert reshaped(tokens, (2, 3, 7, 9)) == seen
    assert reshaped(seen, (6, 7, 9)) == Layout(((Part(2), Part(3)), h, w))
    assert reshaped(image(2, 12, 7, 9), (2, 4, 3, 63)) == Layout((plain(2), plain(4), plain(3), (*h, *w)))
    assert reshaped(seen, (2, 21, 9)) == Layout((plain(2), (Part(3), *h), w))
    assert reshaped(seen, (2, 9, 21)) == FOUND  # 9 of 3 · 7: the rows would be cut
    assert reshaped(seen, (2, 3, 9, 7)) == FOUND
    assert reshaped(seen, (2, 3, 7, 9, 2)) == FOUND
    assert (seen.places, tokens.places, plain(1), plain(4)) == (63, 63, (), (Part(4),))
    assert [tokens.has_places(axis) for axis in range(3)] == [False, False, True]
    assert not Layout(((Part(1, Span()),),)).has_places(0)


def test_what_has_seen_several() -> None:
    seen, far = image(2, 3, 7, 9), Layout((*image(2, 3, 7, 9).axes[:3], (Part(9, Span().windows(3, 1, 1)),)))
    assert together([seen, far]) == together([far, seen]) == far
    assert together([seen, Layout((plain(3), (), ()))]) == seen  # a bias, broadcast
    assert together([seen, Whole()]) == Whole()
    assert together([Whole(pooled=True), Whole(pooled=True)]) == Whole(pooled=True)
    assert together([Whole(pooled=True), Whole()]) == Whole()
    assert together([seen, Whole(pooled=True)]) == Whole()
    assert together([Layout((plain(2), plain(3))), Whole(pooled=True)]) == Whole(pooled=True)
    assert together([seen, Lost(100)]) == Lost(100)
    assert together([seen, Lost(5)]) == FOUND
    moved = Layout((*seen.axes[:3], (Part(9, Span().windows(1, 2)),)))
    assert together([seen, moved]) == FOUND  # they do not move on alike
    assert together([seen, Layout((*seen.axes[:3], plain(9)))]) == FOUND
    assert together([seen, Layout((*seen.axes[:3], (Part(3, Span()), Part(3, Span()))))]) == FOUND
    assert fitted(Layout((plain(3), (), (Part(9, Span()),))), (2, 3, 7, 9)) == Layout(
        (plain(2), plain(3), plain(7), (Part(9, Span()),))
    )
    assert fitted(seen, (2, 3, 7, 8)) == FOUND
    assert fitted(seen, (3, 7, 9)) == FOUND
    assert fitted(Lost(3), (1,)) == Lost(3)


@pytest.mark.parametrize("scale", [(2, 3), (3, 2), (1, 4)])
def test_spans_repeat_themselves(scale: tuple[int, int]) -> None:
    forward, positions = scale
    span = Span().windows(3, 2, 1).seen(forward, positions, lambda p: (p * forward // positions,))
    for position in range(-5, 12):
        place = position * forward // positions
        assert span.at(position) == (2 * place - 1, 2 * place + 1)
    assert span.size == 3
    wide = span.joined(Span().seen(2 * forward, positions, lambda p: (2 * (p * forward // positions) + 4,)))
    assert wide is not None
    assert [wide.at(p) for p in (0, positions)] == [(-1, 4), (2 * forward - 1, 2 * forward + 4)]
    assert span.joined(Span().windows(1, 7)) is None
