"""Data of the batch on traces made by hand: what derives from it, views, masks, selections, bytes moved."""

from __future__ import annotations

from typing import Any

from costmodel.ir.tensor import Role
from costmodel.ir.trace import Phase
from costmodel.passes.derivation import derived, is_view, table_of
from costmodel.passes.dropout import scaled_mask_multiplies
from costmodel.passes.selections import selections
from costmodel.passes.traffic import bytes_moved
from tests.passes.traces import Maker, ref


def test_what_derives_from_the_batch() -> None:
    maker = Maker()
    x, a, b, c, d = (maker.tensor(3) for _ in range(5))
    maker.op("relu.default", {"self": ref(x)}, a)
    maker.op("zeros_like.default", {"self": ref(a)}, b)
    maker.op("mul.Tensor", {"self": ref(a), "other": 0}, c)
    maker.op("mul.Tensor", {"self": ref(a), "other": 2}, d)
    maker.op("zero_.default", {"self": ref(a)}, a)
    maker.op("relu.default", {"self": ref(a)}, b)
    steps = [
        (sorted(known), sorted(read)) for _, known, read in ((c, set(k), r) for c, k, r in derived(maker.trace(), [x]))
    ]
    assert steps == [
        ([x], [x]), ([x, a], []), ([x, a], []), ([x, a], [a]), ([x, a, d], []), ([x, d], []),
    ]  # fmt: skip
    # other phases read, and carry nothing on
    later = Maker()
    y, e, f = (later.tensor(3) for _ in range(3))
    later.op("relu.default", {"self": ref(y)}, e, phase=Phase.OPTIMIZER)
    later.op("relu.default", {"self": ref(e)}, f)
    assert [sorted(read) for _, _, read in derived(later.trace(), [y], (Phase.FORWARD,))] == [[y], []]
    assert [sorted(read) for _, _, read in derived(later.trace(), [y])] == [[y], [e]]


def test_views_and_tables() -> None:
    maker = Maker()
    x = maker.tensor(4)
    same, other = maker.tensor(2, 2, storage=x), maker.tensor(4)
    view = maker.op("view.default", {"self": ref(x)}, same)
    assert is_view(view, maker.trace())
    for call in (
        maker.op("relu.default", {"self": ref(x)}, other), maker.op("relu_.default", {"self": ref(x)}, x),
        maker.op("item.default", {"self": ref(x)}), maker.op("split.Tensor", {"self": ref(x)}, same, other),
    ):  # fmt: skip
        assert not is_view(call, maker.trace())
    found = maker.op("embedding.default", {"weight": ref(x), "indices": ref(other)}, same)
    assert (table_of(found), table_of(view)) == (((x,), (other,)), ((), ()))


def test_dropout_masks_that_forward_has_scaled() -> None:
    def multiplies(
        *, p: Any = 0.5, divide: str = "div_.Scalar", draw: str = "bernoulli_.float", last: Phase = Phase.BACKWARD
    ) -> frozenset[int]:
        maker = Maker()
        mask, gradient, other = maker.tensor(3), maker.tensor(3), maker.tensor(3)
        maker.op(draw, {"self": ref(mask), "p": p}, mask)
        maker.op(divide, {"self": ref(mask), "other": 0.5}, mask if divide.startswith("div_") else other)
        maker.op("mul.Tensor", {"self": ref(gradient), "other": ref(mask)}, maker.tensor(3))
        maker.op("mul.Tensor", {"self": ref(gradient), "other": ref(mask)}, maker.tensor(3), phase=last)
        maker.op("mul_.Tensor", {"self": ref(gradient), "other": ref(mask)}, gradient, phase=Phase.BACKWARD)
        maker.op("mul.Tensor", {"self": ref(gradient), "other": ref(gradient)}, other, phase=Phase.BACKWARD)
        return scaled_mask_multiplies(maker.trace())

    assert multiplies() == {3}
    for change in ({"p": ref(0)}, {"divide": "div.Scalar"}, {"draw": "relu_.default"}, {"last": Phase.FORWARD}):
        assert multiplies(**change) == frozenset()


def test_what_is_selected_by_data() -> None:
    maker = Maker()
    x, table = maker.tensor(6, role=Role.INPUT), maker.weight(16, 4)
    given = maker.tensor(5, role=Role.INPUT, dtype="int64")
    maker.op("embedding.default", {"weight": ref(table), "indices": ref(given)}, maker.tensor(5, 4))
    assert selections(maker.trace(inputs=(x, given))) == 0
    index = maker.tensor(6, dtype="int64")
    maker.op("_to_copy.default", {"self": ref(x)}, index)
    maker.op("embedding.default", {"weight": ref(table), "indices": ref(index)}, maker.tensor(6, 4))
    assert selections(maker.trace(inputs=(x, given))) == 24
    flags, more = maker.tensor(6, dtype="bool"), maker.tensor(6, dtype="bool")
    maker.op("gt.Scalar", {"self": ref(x), "other": 0}, flags)
    maker.op("bitwise_and.Tensor", {"self": ref(flags), "other": ref(flags)}, more)
    assert selections(maker.trace(inputs=(x, given))) == 30
    # on integers it is arithmetic; a table that the batch made is none
    maker.op("bitwise_and.Tensor", {"self": ref(index), "other": ref(index)}, maker.tensor(6, dtype="int64"))
    maker.op("embedding.default", {"weight": ref(x), "indices": ref(index)}, maker.tensor(6))
    assert selections(maker.trace(inputs=(x, given))) == 30


def test_bytes_read_and_written() -> None:
    maker = Maker()
    x, y, other = maker.tensor(4), maker.tensor(3), maker.tensor(2)
    view = maker.tensor(2, 2, storage=x)

    def moved(packet: str, inputs: tuple[int, ...], *outputs: int | None) -> tuple[int, int]:
        call = maker.op(packet, {f"a{n}": ref(i) for n, i in enumerate(inputs)}, *outputs, kept=False)
        return bytes_moved(call, maker.trace())

    assert moved("relu.default", (x,), y) == (16, 12)
    assert moved("relu.default", (x,), y, y, None, other) == (16, 20)
    assert moved("split.default", (x,), view, x) == (0, 0)
    assert moved("split.default", (x,), view, y) == (16, 28)
    assert moved("item.default", (x,)) == (16, 0)
    assert moved("add_.default", (x, y), x) == (28, 16)
    assert moved("foreach_add_.default", (x, y)) == (28, 16)
    assert moved("foreach_add_.default", ()) == (0, 0)
    # a list is written as a whole
    call = maker.op("_foreach_mul_.Scalar", {"self": (ref(x), ref(y)), "scalar": 2.0}, kept=False)
    assert bytes_moved(call, maker.trace()) == (28, 28)
