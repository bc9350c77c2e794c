"""Passes on traces and nests made by hand: every figure written out, every bound from both sides."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from costmodel.ir.counts import CountRow, Counts
from costmodel.ir.doubts import Assumption, Uncounted
from costmodel.ir.loopnest import LoopNest
from costmodel.ir.tensor import Role
from costmodel.ir.trace import LOSS_SCOPE, Phase, Trace
from costmodel.ir.work import ScalarOps, Work
from costmodel.ir.workload import LayerProblem, NotMapped, Place
from costmodel.ops import lookup
from costmodel.passes.attach import attach_cost
from costmodel.passes.channel_groups import ChannelGroups
from costmodel.passes.lower import WORD_BITS, lower, problem_of
from costmodel.passes.narrowing import nearby, widened
from costmodel.passes.parameters import ParameterCounts, count_parameters
from tests.passes.traces import Maker, module, parameter
from tests.reports import nouns

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
