"""Passes on traces and nests made by hand: every figure written out, every bound from both sides."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from costmodel.ir.counts import CountRow, Counts
from costmodel.ir.doubts import Assumption, Uncounted
from costmodel.ir.loopnest import LoopNest
from costmodel.ir.tensor import Role, Storage
from costmodel.ir.trace import LOSS_SCOPE, Phase, Trace
from costmodel.ir.work import ScalarOps, Work
from costmodel.ir.workload import LayerProblem, NotMapped, Place
from costmodel.ops import lookup
from costmodel.passes.activations import op_peak, peak_activation
from costmodel.passes.attach import attach_cost
from costmodel.passes.channel_groups import ChannelGroups
from costmodel.passes.derivation import derived, is_view, table_of
from costmodel.passes.dropout import scaled_mask_multiplies
from costmodel.passes.lower import WORD_BITS, lower, problem_of
from costmodel.passes.memory import peak_memory
from costmodel.passes.narrowing import nearby, widened
from costmodel.passes.parameters import ParameterCounts, count_parameters
from costmodel.passes.selections import selections
from costmodel.passes.traffic import bytes_moved
from tests.passes.traces import Maker, called, module, parameter, ref, relu
from tests.reports import nouns

# -- peaks


def test_the_peak_is_the_first_of_the_largest_moments() -> None:
    maker = Maker()
    for _ in range(3):
        relu(maker, 1)

    def peak(*storages: tuple[int, Role, int, int | None]) -> tuple[int, dict[str, int]]:
        held = tuple(
            Storage(id=0, nbytes=nbytes, role=role, born=born, died=died) for nbytes, role, born, died in storages
        )
        found = peak_memory(maker.trace(storages=held))
        return found.total, {role: n for role, n in found.by_role.items() if n}

    parameter, state, temporary = Role.PARAMETER, Role.OPTIMIZER_STATE, Role.TEMPORARY
    assert peak() == (0, {})
    assert peak((5, parameter, -1, None)) == (5, {"parameter": 5})
    # before the step, gone before its first call
    assert peak((5, parameter, -1, 0), (4, state, 0, 1)) == (5, {"parameter": 5})
    assert peak((5, parameter, -1, 0), (6, state, 0, 1)) == (6, {"optimizer_state": 6})
    # of two moments that are equal, the first
    assert peak((5, state, 0, 1), (5, temporary, 1, 2)) == (5, {"optimizer_state": 5})
    assert peak((5, state, 0, 2), (4, temporary, 1, 2), (7, parameter, 2, None)) == (
        9, {"optimizer_state": 5, "temporary": 4},
    )  # fmt: skip
    assert peak((3, state, 2, None), (3, state, 2, None)) == (6, {"optimizer_state": 6})
    assert peak((9, temporary, 1, 1), (1, state, 2, None)) == (1, {"optimizer_state": 1})
    assert set(peak_memory(maker.trace()).by_role) == {role.value for role in Role}


def lab(kind: str, batch: int = 2, blocks: tuple[tuple[str, dict[str, Any]], ...] = (), **attributes: Any) -> int:
    """Elements by the course's script: a layer with 30 in and 70 out, within blocks with 11 in."""
    maker = Maker()
    x, a, b = maker.tensor(batch, 5, role=Role.INPUT), maker.tensor(batch, 30), maker.tensor(batch, 70)
    at = maker.tensor(batch, 11)
    modules = [module("net.layer", f"torch.nn.{kind}", attributes=attributes)]
    calls = [called("net.layer", (a,), (b,), 2, 4, where="net.py:7")]
    for n, (block, given) in enumerate(blocks):
        modules.append(module(f"block{n}", block, leaf=False, attributes=given))
        calls.append(called(f"block{n}", (at,), (b,), 1, 5))
    for _ in range(5):
        relu(maker, 1)
    peak = peak_activation(maker.trace(inputs=(x,), modules=tuple(modules), module_calls=tuple(calls)))
    assert (peak.lab_profiler_layer, peak.lab_profiler_where) == (
        ("net.layer", "net.py:7") if peak.lab_profiler else ("", "")
    )
    assert peak.lab_profiler % 4 == 0
    return peak.lab_profiler // 4


RESNET = "torchvision.models.resnet"


def test_the_courses_own_script() -> None:
    for kind in ("Conv1d", "Conv2d", "Conv3d", "Linear"):
        assert lab(kind) == 100
    assert (lab("Conv2d", groups=7), lab("Conv2d", groups=3)) == (30 + 10, 30 + 23)
    alone = ("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "GroupNorm", "ReLU", "ReLU6", "LeakyReLU", "Sigmoid", "Tanh")
    for kind in alone:
        assert lab(kind) == 30
    for kind in ("GELU", "LayerNorm", "MaxPool2d", "ConvTranspose2d"):
        assert lab(kind) == 0
    for block in (f"{RESNET}.BasicBlock", f"{RESNET}.Bottleneck", "torchvision.models.mobilenetv2.InvertedResidual"):
        assert lab("ReLU", blocks=((block, {}),)) == 41
        assert lab("ReLU", blocks=((block, {"use_res_connect": False}),)) == 30
        assert lab("ReLU", blocks=((block, {"use_res_connect": True}), (block, {}))) == 52
        assert lab("GELU", blocks=((block, {}),)) == 0
    assert lab("ReLU", blocks=(("own.BasicBlock", {}),)) == 30


def test_a_block_adds_its_input_to_the_layers_inside_it() -> None:
    maker = Maker()
    a = maker.tensor(1, 30)
    for _ in range(9):
        relu(maker, 1)
    modules = (
        module("l", "torch.nn.ReLU"),
        module("b", f"{RESNET}.BasicBlock", leaf=False),
        module("c", f"{RESNET}.Bottleneck", leaf=False),
    )
    for first, last, inside in ((1, 5, True), (2, 4, True), (3, 5, False), (1, 3, False), (3, 4, False), (2, 3, False)):
        calls = (called("l", (a,), (a,), 2, 4), called("b", (a,), (a,), first, last), called("c", (), (a,), 0, 9))
        assert peak_activation(maker.trace(modules=modules, module_calls=calls)).lab_profiler == (
            240 if inside else 120
        )
    nothing = (called("l", (), (a,), 2, 4),)
    assert peak_activation(maker.trace(modules=modules, module_calls=nothing)).lab_profiler == 0


@pytest.mark.parametrize(
    ("shape", "batch", "elements"),
    [
        ((2, 3), (2, 9), 3), ((4, 3), (2, 9), 6), ((3, 4), (2, 9), 12), ((), (2, 9), 1), ((2, 3), (), 6), ((2, 3), None, 6),  # noqa: E501  # a table: one case, one line
        ((2, 3), (0, 9), 6),
    ],
)  # fmt: skip
def test_of_one_sample(shape: tuple[int, ...], batch: tuple[int, ...] | None, elements: int) -> None:
    for dtype, parts in (("float32", 1), ("float16", 1), ("int64", 1), ("complex64", 2), ("complex128", 2)):
        maker = Maker()
        x = () if batch is None else (maker.tensor(*batch, role=Role.INPUT),)
        a, b = maker.tensor(*shape, dtype=dtype), maker.tensor(1)
        maker.op("relu.default", {"self": ref(a)}, None)
        trace = maker.trace(
            inputs=x, modules=(module("l", "torch.nn.ReLU"),), module_calls=(called("l", (a,), (b,), 0, 0),)
        )
        peak = peak_activation(trace)
        assert peak.lab_profiler == 4 * elements
        # of the layer that is called, whose output is one element
        assert peak.layer_io == 4 * elements * parts + 4
        assert op_peak(trace) == (4 * elements * parts, "relu")


def test_the_largest_op() -> None:
    maker = Maker()
    x, w, y = maker.tensor(2, 10, role=Role.INPUT), maker.weight(10, 20), maker.tensor(2, 20)
    assert op_peak(maker.trace(inputs=(x,))) == (0, "")
    maker.op("mm.default", {"self": ref(x), "mat2": ref(w)}, y, scope="fc")
    # a weight is no activation, and a view of one is no op; the same memory is there once, at its largest
    view = maker.tensor(20, 10, role=Role.PARAMETER, storage=w)
    maker.op("t.default", {"self": ref(w)}, view)
    part = maker.tensor(2, 5, storage=y)
    maker.op("add.Tensor", {"self": ref(y), "other": ref(part)}, maker.tensor(2, 1))
    assert op_peak(maker.trace(inputs=(x,))) == (4 * 30, "fc.mm")
    buffer = maker.weight(2, 50, role=Role.BUFFER)
    maker.op("copy_.default", {"self": ref(buffer), "src": ref(y)}, buffer)
    assert op_peak(maker.trace(inputs=(x,))) == (4 * 30, "fc.mm")
    # once data of the batch is in it, a buffer is an activation
    maker.op("relu.default", {"self": ref(buffer)}, maker.tensor(2, 1))
    assert op_peak(maker.trace(inputs=(x,))) == (4 * 51, "relu")


# -- data of the batch


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


# -- layer problems


def nest(op: str, **arguments: Any) -> LoopNest:
    entry = lookup(f"aten.{op}")
    assert entry is not None
    shapes = {n: v for n, v in arguments.items() if n != "out"}
    work = entry(shapes, arguments["out"])
    assert isinstance(work, Work)
    ((found, times),) = work.nests
    assert times == 1
    return found


def test_a_product_is_a_convolution_over_one_point() -> None:
    from costmodel.ir.tensor import TensorMeta

    product = nest("mm", self=TensorMeta((2, 3)), mat2=TensorMeta((3, 5)), out=TensorMeta((2, 5)))
    steps = (("Wstride", 1), ("Hstride", 1), ("Wdilation", 1), ("Hdilation", 1))
    bounds = (("C", 3), ("M", 5), ("R", 1), ("S", 1), ("N", 2), ("P", 1), ("Q", 1))
    assert problem_of(product) == (LayerProblem((*bounds, *steps), False, "matrix product", 16), 1)
    assert WORD_BITS == 16
    many = replace(product, dims=(("G", 7), ("B", 4), *product.dims))
    problem, copies = problem_of(many)
    assert (dict(problem.instance)["N"], copies) == (8, 7)


def row(op: str, phase: Phase, work: Work | None, moved: tuple[int, int] = (1, 2), scope: str = "a") -> CountRow:
    return CountRow(op=op, scope=scope, phase=phase, work=work, bytes_read=moved[0], bytes_written=moved[1])


def test_what_is_mapped_and_what_stands_beside_it() -> None:
    from costmodel.ir.tensor import TensorMeta

    product = nest("mm", self=TensorMeta((2, 3)), mat2=TensorMeta((3, 5)), out=TensorMeta((2, 5)))
    mapped = Work(nests=((product, 2),), scalar_ops=ScalarOps(add=7))
    beside = Work(scalar_ops=ScalarOps(compare=4))
    rows = (
        row("mm", Phase.FORWARD, mapped), row("mm", Phase.FORWARD, mapped), row("mm", Phase.BACKWARD, mapped, scope=""),
        row("relu", Phase.FORWARD, beside, (10, 20)), row("relu", Phase.FORWARD, beside, (1, 1)),
        row("relu", Phase.BACKWARD, beside, (3, 0)), row("view", Phase.FORWARD, Work(), (0, 0)),
        row("copy", Phase.FORWARD, Work(), (0, 5)), row("fft", Phase.FORWARD, None, (6, 7)),
        row("svd", Phase.OPTIMIZER, None, (0, 0)), row("nll", Phase.LOSS, beside, (0, 0), scope=LOSS_SCOPE),
    )  # fmt: skip
    varies = (Assumption(what="w", where="n"),)
    workload = lower(Counts(rows=rows, varies=varies))
    (layer,) = workload.layers
    assert layer.places == (Place(part="forward", layer="a", times=4),)
    assert (workload.phase, workload.operations, workload.bytes_moved, workload.varies) == ("inference", 22, 56, varies)
    assert workload.not_mapped == (
        NotMapped(op="relu", part="forward", times=2, operations=8, bytes_moved=32),
        NotMapped(op="copy", part="forward", times=1, operations=0, bytes_moved=5),
        NotMapped(op="fft", part="forward", times=1, operations=0, bytes_moved=13),
    )
    assert workload.uncounted == (Uncounted(op="fft", scope="a", phase=Phase.FORWARD, times=1),)
    training = lower(Counts(rows=rows), "training")
    assert training.layers[0].places == (
        Place(part="forward", layer="a", times=4), Place(part="backward", layer="(model)", times=2),
    )  # fmt: skip
    assert (training.operations, training.bytes_moved) == (22 + 7 + 4 + 4, 56 + 3 + 3)
    assert [(item.op, item.part) for item in training.not_mapped] == [
        ("relu", "forward"), ("relu", "backward"), ("copy", "forward"), ("fft", "forward"), ("nll", "loss"),
    ]  # fmt: skip
    assert len(training.uncounted) == 2


# -- widths


def test_channel_groups() -> None:
    groups = ChannelGroups()
    a, b, c, given = groups.new(8), groups.new(8), groups.new(4), groups.new(8, frozen=True)
    assert [groups.size(g) for g in (a, b, c, given)] == [8, 8, 4, 8]
    assert [groups.is_frozen(g) for g in (a, b, c, given)] == [False, False, False, True]
    assert groups.multiple_of(a) == 1
    groups.divide(a, 4)
    groups.divide(b, 6)
    groups.join(a, b)
    groups.join(b, a)
    assert (groups.find(b), groups.multiple_of(b), groups.size(b), groups.is_frozen(b)) == (a, 12, 8, False)
    groups.divide(b, 5)
    assert groups.multiple_of(a) == 60
    # counts that differ, and a count that is given, freeze all
    groups.join(a, c)
    assert groups.is_frozen(a)
    assert groups.is_frozen(c)
    d = groups.new(8)
    groups.join(d, given)
    assert groups.is_frozen(d)
    e, f = groups.new(2), groups.new(2)
    groups.join(given, groups.new(8))
    groups.join(e, f)
    assert not groups.is_frozen(e)
    groups.freeze(f)
    assert groups.is_frozen(e)


@pytest.mark.parametrize(
    ("channels", "lanes", "multiple", "found"),
    [
        (60, 16, 1, (48, 56, 64)), (64, 16, 1, (48, 56, 60, 68, 72, 80)), (10, 16, 1, (8, 12)), (3, 16, 1, ()),
        (60, 16, 3, (48, 72)), (20, 1, 1, ()), (20, 2, 1, (18, 22)), (16, 4, 5, (20,)), (100, 0, 1, ()),
        (6, 14, 1, (7,)), (1, 2, 1, ()), (8, 8, 1, (6, 10)),
    ],
)  # fmt: skip
def test_counts_near_one_that_fill_an_array_better(
    channels: int, lanes: int, multiple: int, found: tuple[int, ...]
) -> None:
    assert nearby(channels, lanes, multiple) == found


def test_a_problem_with_another_bound() -> None:
    problem = LayerProblem((("C", 3), ("M", 4)), True, "depthwise", 8)
    assert widened(problem, "C", 9) == LayerProblem((("C", 9), ("M", 4)), True, "depthwise", 8)


# -- sums


def test_parameters_shared_frozen_and_buffers() -> None:
    maker = Maker()
    a, b, c, d = maker.weight(2, 3), maker.weight(4), maker.weight(5), maker.weight(7, role=Role.BUFFER)
    trace: Trace = maker.trace(
        parameters=(parameter(a), parameter(b, False), parameter(c)), buffers=(parameter(d, False),),
        modules=(module("", leaf=False), module("x", parameters=(a, b), buffers=(d,)), module("y", parameters=(c,))),
    )  # fmt: skip
    assert count_parameters(trace) == ParameterCounts(
        trainable=11, frozen=4, buffers=7, by_module={"": 0, "x": 6, "y": 5}
    )


def test_energy_and_cycles_beside_the_layers() -> None:
    places = (Place(part="forward", layer="conv", times=2), Place(part="forward", layer="fc", times=1))
    layer = replace(nouns.solved(M=4).layer, places=places)
    good, bad = replace(nouns.solved(), layer=layer), replace(nouns.solved(False), layer=layer)
    again = replace(good, layer=replace(layer, places=places[:1]), energy_pj=0.5, cycles=11)
    report = nouns.cost(layers=(good, bad, again), units=10, energy_pj=3e9, cycles=77)
    attached = attach_cost(nouns.analysis(), report)
    assert attached.cost == report
    assert (attached.totals.energy_mj, attached.totals.cycles) == (3.0, 77)
    conv, fc, loss = attached.layers
    assert (conv.energy_pj, conv.cycles) == (2 * 1234.5 + 1.0, 2 * 6789 + 22)
    assert conv.utilisation == (2 * 12 + 2 * 12) / (10 * (2 * 6789 + 22))
    assert (fc.energy_pj, fc.cycles, fc.utilisation) == (1234.5, 6789, 12 / 67890)
    assert (loss.energy_pj, loss.cycles, loss.utilisation) == (None, None, None)
    still = attach_cost(nouns.analysis(), nouns.cost(layers=(replace(good, cycles=0),)))
    assert (still.layers[0].cycles, still.layers[0].utilisation) == (0, 0.0)


def test_the_first_input_says_how_many_samples_there_are() -> None:
    maker = Maker()
    first, second, read = maker.tensor(2, 3, role=Role.INPUT), maker.tensor(6, role=Role.INPUT), maker.tensor(12)
    maker.op("relu.default", {"self": ref(read)}, None)
    for inputs, elements in (((first, second), 6), ((second, first), 2), ((maker.tensor(role=Role.INPUT), second), 12)):
        assert op_peak(maker.trace(inputs=inputs)) == (4 * elements, "relu")
