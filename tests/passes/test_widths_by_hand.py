"""Widths of traces made by hand: the forms that no honest layer of torch's brings."""

from __future__ import annotations

from typing import Any

from costmodel.ir.tensor import Role
from costmodel.passes.widths import widths
from tests.passes.traces import Maker, called, ref

Found = list[tuple[int, int, list[tuple[int, str, int]]]]


class Chain:
    """Matrix products one after the other: x (4, 3) · (3, 8) · (8, 5); what stands between is added by hand."""

    def __init__(self) -> None:
        self.maker = Maker()
        self.last = self.x = self.maker.tensor(4, 3, role=Role.INPUT)

    def product(self, *shape: int, weight: int | None = None, bias: int | None = None) -> int:
        weight = self.maker.weight(*shape) if weight is None else weight
        before, self.last = self.last, self.maker.tensor(4, shape[1])
        arguments: dict[str, Any] = {"mat1": ref(before), "mat2": ref(weight)}
        if bias is not None:
            arguments = {"self": ref(bias), **arguments}
            self.maker.op("addmm.default", arguments, self.last)
        else:
            self.maker.op("mm.default", {"self": ref(before), "mat2": ref(weight)}, self.last)
        return weight

    def op(self, packet: str, *more: int, shape: tuple[int, ...], **arguments: Any) -> int:
        before, self.last = self.last, self.maker.tensor(*shape)
        named = {"self": ref(before), **{f"other{n}": ref(one) for n, one in enumerate(more)}, **arguments}
        self.maker.op(packet, named, self.last)
        return self.last

    def found(self, **more: Any) -> Found:
        return [
            (w.size, w.multiple_of, [(u.call, u.dim, u.times) for u in w.uses])
            for w in widths(self.maker.trace(**more))
        ]


OPEN = [(8, 1, [(0, "M", 1), (1, "C", 1)])]


def test_two_products_share_what_lies_between() -> None:
    chain = Chain()
    chain.product(3, 8)
    chain.product(8, 5)
    assert chain.found() == OPEN


def test_a_result_is_given() -> None:
    chain = Chain()
    chain.product(3, 8)
    between = chain.last
    chain.product(8, 5)
    whole = called("", (chain.x,), (between,), 0, 2)
    assert chain.found(module_calls=(called("part", (), (between,), 0, 2),)) == OPEN
    assert chain.found(module_calls=(whole,)) == []


def test_what_nothing_reads_is_a_result_too() -> None:
    for outputs, found in (((0, None), []), ((None, 0), [8]), ((0,), [])):
        chain = Chain()
        chain.product(3, 8)
        made = chain.maker.tensor(4, 8)
        chain.maker.op("relu.default", {"self": ref(chain.last)}, *(None if o is None else made for o in outputs))
        assert [size for size, _, _ in chain.found()] == found


def test_a_weight_that_is_computed_shared_or_looked_at_freezes() -> None:
    computed = Chain()
    weight = computed.maker.weight(3, 8)
    made = computed.maker.tensor(3, 8)
    computed.maker.op("relu.default", {"self": ref(weight)}, made)
    computed.product(3, 8, weight=made)
    computed.product(8, 5)
    assert computed.found() == []
    looked_at = Chain()
    weight = looked_at.maker.weight(3, 8)
    looked_at.maker.op("relu.default", {"self": ref(weight)}, looked_at.maker.tensor(3, 8))
    looked_at.product(3, 8, weight=weight)
    looked_at.product(8, 5)
    assert looked_at.found() == []
    shared = Chain()
    weight = shared.product(3, 8)
    shared.product(8, 3)
    shared.product(3, 8, weight=weight)
    shared.product(8, 5)
    assert shared.found() == []
    later = Chain()
    weight = later.product(3, 8)
    later.product(8, 5)
    later.maker.op("relu.default", {"self": ref(weight)}, later.maker.tensor(3, 8))
    assert later.found() == []


def test_a_view_of_a_whole_weight_is_the_weight_and_a_part_is_none() -> None:
    def viewed(packet: str, *shapes: tuple[int, ...], alias: bool = True, whole: bool = True) -> Found:
        chain = Chain()
        weight = chain.maker.weight(8, 3)
        made = [chain.maker.tensor(*shape, role=Role.PARAMETER, storage=weight if alias else None) for shape in shapes]
        chain.maker.op(packet, {"self": ref(weight)}, *made)
        chain.product(3, 8, weight=made[0])
        chain.product(8, 5)
        return chain.found()

    assert [use[1:] for _, _, uses in viewed("t.default", (3, 8)) for use in uses] == [("M", 1), ("C", 1)]
    assert viewed("split.Tensor", (3, 8), (3, 8)) == []
    assert viewed("t.default", (3, 8), alias=False) == []
    assert viewed("resize_.default", (3, 8)) == []


def test_a_bias_has_the_channels_of_what_it_is_added_to() -> None:
    chain = Chain()
    bias = chain.maker.weight(8)
    chain.product(3, 8, bias=bias)
    chain.product(8, 8)
    chain.product(8, 5)
    assert chain.found() == [(8, 1, [(0, "M", 1), (1, "C", 1)]), (8, 1, [(1, "M", 1), (2, "C", 1)])]
    tied = Chain()
    bias = tied.maker.weight(8)
    tied.product(3, 8, bias=bias)
    tied.product(8, 8, bias=bias)
    tied.product(8, 5)
    assert tied.found() == [(8, 1, [(0, "M", 1), (1, "C", 1), (1, "M", 1), (2, "C", 1)])]
    computed = Chain()
    plain = computed.maker.tensor(8)
    computed.product(3, 8, bias=plain)
    computed.product(8, 5)
    assert computed.found() == []


def test_a_fold_over_other_axes_lets_a_width_pass() -> None:
    def folded(
        shape: tuple[int, ...], dim: object, after: tuple[int, ...], keepdim: bool = False, view: tuple[int, ...] = ()
    ) -> Found:
        chain = Chain()
        chain.product(3, 8)
        if view:
            chain.op("view.default", shape=view)
        more = {"keepdim": True} if keepdim else {}
        chain.op("mean.dim", shape=after, dim=dim, **more)
        if len(after) != 2:
            chain.op("view.default", shape=(4, 8))
        chain.product(8, 5)
        return chain.found()

    image = (4, 8, 1, 1)
    for dim, after, keepdim in (
        ((2, 3), (4, 8), False),
        ((-1, -2), (4, 8), False),
        ((2, 3), image, True),
        (3, (4, 8, 1), False),
    ):
        (only,) = folded((4, 8), dim, after, keepdim, image)
        assert (only[0], [use[1:] for use in only[2]]) == (8, [("M", 1), ("C", 1)])
    for channels in ((1,), (-3,), (1, 2, 3)):
        assert folded((4, 8), channels, (4, 8), False, image) == []
    # what has no channels, or folds over everything, is not known
    raw = Chain()
    raw.op("mean.dim", shape=(4,), dim=(1,))
    raw.op("view.default", shape=(4, 1))
    raw.product(1, 8)
    raw.product(8, 5)
    assert [size for size, _, _ in raw.found()] == [8]
    everything = Chain()
    everything.product(3, 8)
    everything.op("mean.dim", shape=(4, 8), dim=())
    everything.product(8, 5)
    assert everything.found() == []


def test_a_fold_over_the_batch_moves_the_channels_unless_the_axis_stays() -> None:
    kept = Chain()
    kept.product(3, 8)
    kept.op("mean.dim", shape=(1, 8), dim=(0,), keepdim=True)
    kept.product(8, 5)
    assert [use[1:] for _, _, uses in kept.found() for use in uses] == [("M", 1), ("C", 1)]

    def centred(shape: tuple[int, ...], **more: Any) -> Found:
        chain = Chain()
        chain.product(3, 8)
        before = chain.last
        mean = chain.op("mean.dim", shape=shape, dim=(0,), **more)
        chain.last = before
        chain.op("sub.Tensor", mean, shape=(4, 8))
        chain.product(8, 5)
        return chain.found()

    assert [use[1:] for _, _, uses in centred((8,)) for use in uses] == [("M", 1), ("C", 1)]
    assert [use[1:] for _, _, uses in centred((1, 8), keepdim=True) for use in uses] == [("M", 1), ("C", 1)]


def test_shapes_that_keep_the_channels_apart() -> None:
    def shaped(*views: tuple[int, ...]) -> list[tuple[str, int]]:
        chain = Chain()
        chain.product(3, 8)
        for view in views:
            chain.op("view.default", shape=view)
        chain.product(views[-1][1], 5)
        return [use[1:] for _, _, uses in chain.found() for use in uses]

    assert shaped((4, 8)) == [("M", 1), ("C", 1)]
    assert shaped((4, 8, 1), (4, 8)) == [("M", 1), ("C", 1)]
    # others lose them: a batch of another size, channels that are cut, one axis for all
    for views in (((8, 4),), ((4, 2, 4), (4, 8)), ((32,), (4, 8)), ((2, 2, 8), (4, 8)), ((1, 32), (4, 8))):
        assert shaped(*views) == []
    # flattened, each channel has as many elements as there were positions
    image = Chain()
    image.product(3, 8)
    image.op("view.default", shape=(4, 8, 1, 1))
    grown = image.maker.weight(2, 2)
    image.op("mul.Tensor", grown, shape=(4, 8, 2, 2))
    image.op("view.default", shape=(4, 32))
    image.product(32, 5)
    assert [use[1:] for _, _, uses in image.found() for use in uses] == [("M", 1), ("C", 4)]
    back = Chain()
    back.product(3, 8)
    back.op("view.default", shape=(4, 8, 1, 1))
    back.op("mul.Tensor", back.maker.weight(2, 2), shape=(4, 8, 2, 2))
    back.op("view.default", shape=(4, 32))
    back.op("view.default", shape=(4, 8, 4))
    back.op("mean.dim", shape=(4, 8), dim=(2,))
    back.product(8, 5)
    assert [use[1:] for _, _, uses in back.found() for use in uses] == [("M", 1), ("C", 1)]


def test_operands_that_meet() -> None:
    def met(*shape: int, after: tuple[int, ...] = (4, 8), weight: bool = True) -> Found:
        chain = Chain()
        chain.product(3, 8)
        other = chain.maker.weight(*shape) if weight else chain.maker.tensor(*shape)
        chain.op("mul.Tensor", other, shape=after)
        chain.product(8, 5)
        return chain.found()

    for shape in ((8,), (1, 8), (4, 8), (1,), (4, 1), ()):
        assert len(met(*shape)) == 1, shape
    # a tensor from outside with an entry for each channel is given; one without is not in the way
    assert met(8, weight=False) == met(4, 8, weight=False) == []
    assert len(met(4, 1, weight=False)) == len(met(weight=False)) == 1
    # what becomes wider has other channels
    assert met(2, 1, 8, after=(4, 16)) == []
    sums = Chain()
    sums.product(3, 8)
    first = sums.last
    sums.last = sums.x
    sums.product(3, 8)
    sums.op("add.Tensor", first, shape=(4, 8))
    sums.product(8, 5)
    assert sums.found() == [(8, 1, [(0, "M", 1), (1, "M", 1), (3, "C", 1)])]
    apart = Chain()
    apart.product(3, 4)
    apart.op("view.default", shape=(4, 4, 1))
    tall = apart.last
    apart.last = apart.x
    apart.product(3, 4)
    apart.op("add.Tensor", tall, shape=(4, 4, 4))
    apart.op("view.default", shape=(4, 16))
    apart.product(16, 5)
    assert apart.found() == []
