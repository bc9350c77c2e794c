"""Figures of a step and of a whole training, of traces whose numbers are made by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from costmodel.ir.activations import LayerBytes
from costmodel.ir.analysis import Figures, LayerRow, OpRow, PeakActivation, PhaseRow, Subject
from costmodel.ir.doubts import Assumption
from costmodel.ir.judged import Judged
from costmodel.ir.tensor import Role, Storage
from costmodel.ir.trace import LOSS_SCOPE, OpCall, Phase, Trace
from costmodel.ir.training import TracedPhase, Training
from costmodel.passes.summary import summarise
from tests.passes.traces import Maker, called, module, parameter, ref, relu

SUBJECT = Subject(
    name="net.py:Net", model_options={}, input="3", batch=4, loss="mse", optimizer="sgd", samples=None, epochs=None,
    convention="haet", source_digest="", judged=Judged(name="Net", file="net.py", line=1),
)  # fmt: skip


def steps(*parts: tuple[int, int], first: tuple[tuple[int, int], ...] = (), only_updates: bool = False) -> Trace:
    """A cycle of steps, each (operations forward, operations of the optimizer); ``first`` are the first steps."""
    maker = Maker()
    starts = []
    for forward, optimizer in parts:
        starts.append(len(maker.calls))
        relu(maker, forward)
        relu(maker, optimizer, Phase.OPTIMIZER)
    made: list[OpCall] = []
    firsts = []
    for forward, optimizer in first:
        firsts.append(len(made))
        made += [] if only_updates else [relu(maker, forward, kept=False)]
        made.append(relu(maker, optimizer, Phase.OPTIMIZER, kept=False))
    return maker.trace(
        step_starts=tuple(starts) if len(parts) > 1 else (), first_update=tuple(made),
        first_starts=tuple(firsts) if len(first) > 1 else (),
    )  # fmt: skip


def phase(trace: Trace, steps: int | None, **more: Any) -> TracedPhase:
    given: dict[str, Any] = {"makes_state": False, **more}
    return TracedPhase(name="train", batch=8, steps=steps, trace=trace, **given)


PLAIN = steps((100, 10))
STATE = steps((100, 10), first=((0, 7),), only_updates=True)
PARTIAL = steps((40, 10), first=((0, 6),), only_updates=True)
CYCLE = steps((100, 10), (100, 0), (100, 3))


@pytest.mark.parametrize(
    ("traced", "training"),
    [
        (phase(PLAIN, None), None),
        (phase(PLAIN, 0), 0),
        (phase(PLAIN, 5), 550),
        (phase(PLAIN, 5, last_trace=PARTIAL, last_steps=2, last_batch=3), 550 + 2 * 50),
        # the first update is made once, in the place of a steady one
        (phase(STATE, 5, makes_state=True), 5 * 110 - 10 + 7),
        (phase(STATE, 5), 550),
        (phase(STATE, 5, makes_state=True, last_trace=PARTIAL, last_steps=2), 550 - 10 + 7 + 100),
        # where there are partial steps alone, one of them is the first
        (phase(STATE, 0, makes_state=True, last_trace=PARTIAL, last_steps=2), 100 - 10 + 6),
        (phase(STATE, 0, last_trace=PARTIAL, last_steps=2), 100),
        (phase(STATE, 0, makes_state=True), 0),
        # cycles, and the first steps of another
        (phase(CYCLE, 3), 313),
        (phase(CYCLE, 6), 626),
        (phase(CYCLE, 7), 626 + 110),
        (phase(CYCLE, 8), 626 + 210),
        (phase(CYCLE, 2), 210),
        # the whole first step is another one; of two first steps, as many as there are
        (phase(steps((100, 10), first=((55, 7),)), 3, makes_state=True), 62 + 2 * 110),
        (phase(steps((100, 10), first=((55, 7), (66, 8))), 3, makes_state=True), 62 + 74 + 110),
        (phase(steps((100, 10), first=((55, 7), (66, 8))), 2, makes_state=True), 62 + 74),
        (phase(steps((100, 10), first=((55, 7), (66, 8))), 1, makes_state=True), 62),
        (phase(steps((100, 10), first=((0, 7), (0, 8)), only_updates=True), 1, makes_state=True), 107),
        (phase(steps((100, 10), first=((0, 7), (0, 8)), only_updates=True), 4, makes_state=True), 440 - 20 + 15),
    ],
)
def test_operations_of_a_whole_training(traced: TracedPhase, training: int | None) -> None:
    analysis = summarise(Training(phases=(traced,)), SUBJECT)
    assert analysis.totals.operations.training == training
    (row,) = analysis.phases
    per_step = analysis.totals.operations.step
    assert (row.operations_per_step, row.operations) == (per_step, per_step if training is None else training)
    assert row.steps == (1 if traced.steps is None else traced.steps + traced.last_steps)


def test_phases_add_up_where_every_length_is_known() -> None:
    two = (phase(PLAIN, 5), phase(CYCLE, 3, last_batch=2))
    analysis = summarise(Training(phases=two), SUBJECT)
    assert analysis.totals.operations.training == 550 + 313
    assert analysis.totals.operations.step == 110
    assert analysis.totals.macs.training == analysis.totals.flops.training == 0
    # 4 bytes read and 4 written for each element
    assert analysis.totals.bytes_moved.training == 8 * (550 + 313)
    assert [(p.name, p.batch, p.last_batch, p.cycle) for p in analysis.phases] == [
        ("train", 8, None, 1), ("train", 8, 2, 3),
    ]  # fmt: skip
    assert summarise(Training(phases=(two[0], phase(PLAIN, None))), SUBJECT).totals.operations.training is None


def network() -> Trace:
    """A layer of torch's that is called twice, its gradients, a loss, and an op that nobody knows."""
    maker = Maker()
    x, w, y = maker.tensor(4, 3, role=Role.INPUT), maker.weight(3, 5), maker.tensor(4, 5)
    frozen, buffer = maker.weight(7), maker.weight(2, role=Role.BUFFER)
    maker.op("mm.default", {"self": ref(x), "mat2": ref(w)}, y, scope="fc")
    relu(maker, 6, Phase.LOSS, LOSS_SCOPE)
    relu(maker, 4, Phase.BACKWARD, LOSS_SCOPE)
    relu(maker, 9, Phase.BACKWARD, "fc")
    relu(maker, 3, Phase.PREPROCESS)
    relu(maker, 2, Phase.RECOMPUTE, "fc")
    maker.op("nobody.default", {"self": ref(y)}, maker.tensor(4, 5), scope="fc")
    relu(maker, 8, Phase.OPTIMIZER)
    return maker.trace(
        modules=(
            module("", leaf=False, parameters=(frozen,)), module("empty", "torch.nn.modules.linear.Identity"),
            module("fc", parameters=(w,), buffers=(buffer,)), module("held", "own.Holder", parameters=(frozen,)),
        ),
        module_calls=(
            replace(called("fc", (x,), (y,), 0, 1), where="net.py:7"),
            replace(called("fc", (frozen,), (buffer,), 0, 1), where="net.py:8"),
        ),
        parameters=(parameter(w), parameter(frozen, False)), buffers=(parameter(buffer, False),), inputs=(x,),
        assumptions=(Assumption(what="assumed", where="net.py:1"),), provenance={"torch": "2"}, optimizer="SGD",
        storages=(Storage(id=0, nbytes=90, role=Role.PARAMETER, born=-1, died=None),),
    )  # fmt: skip


MM = 4 * 5 * (3 + 2)
"""Three products and two sums for each of 20 results."""


def test_an_analysis_of_one_step() -> None:
    analysis = summarise(Training(phases=(phase(network(), 1), phase(network(), 1))), SUBJECT)
    totals = analysis.totals
    assert (totals.parameters, totals.frozen_parameters, totals.buffers, totals.parameter_bytes) == (15, 7, 2, 88)
    assert analysis.subject.judged == Judged(name="Net", file="net.py", line=1, parameters=22)
    assert totals.operations == Figures(
        preprocess=3, forward=MM, loss=6, backward=13, loss_backward=4, recompute=2, optimizer=8, step=MM + 32,
        training=2 * (MM + 32),
    )  # fmt: skip
    assert totals.macs == Figures(forward=60, step=60, training=120)
    assert totals.flops == Figures(forward=120, step=120, training=240)
    moved = 4 * (12 + 15 + 20) + 4 * (20 + 20)  # the product, and the op that nobody knows
    assert totals.bytes_moved == Figures(
        preprocess=24, forward=moved, loss=48, backward=104, loss_backward=32, recompute=16, optimizer=64,
        step=moved + 256, training=2 * (moved + 256),
    )  # fmt: skip
    assert totals.arithmetic_intensity == 0.218543  # 132 operations, 604 bytes: 0.2185430…
    thirds = Maker()
    thirds.op("add.Tensor", {"self": ref(thirds.tensor(2)), "other": ref(thirds.tensor(2))}, thirds.tensor(2))
    assert summarise(Training(phases=(phase(thirds.trace(), 1),)), SUBJECT).totals.arithmetic_intensity == 0.083333
    assert (totals.complete, totals.causal_operations_saved) == (False, 0)
    assert totals.peak_memory_bytes.total == 90
    empty = Figures()
    assert analysis.layers == (
        LayerRow(layer="(model)", type="Linear", parameters=0, operations=Figures(preprocess=3, optimizer=8, step=11),
                 macs=empty, input_bytes=0, output_bytes=0),
        LayerRow(layer="fc", type="Linear", parameters=15,
                 operations=Figures(forward=MM, backward=9, recompute=2, step=MM + 11),
                 macs=Figures(forward=60, step=60), input_bytes=48, output_bytes=80, where="net.py:7",
                 shapes="4x3 → 4x5"),
        LayerRow(layer="(loss)", type="", parameters=0, operations=Figures(loss=6, backward=4, loss_backward=4, step=10),  # noqa: E501
                 macs=empty, input_bytes=0, output_bytes=0),
    )  # fmt: skip
    assert analysis.ops == (
        OpRow(op="aten.mm.default", part="forward", times=1, operations=MM, macs=60, bytes_moved=188, counted=True),
        OpRow(op="aten.nobody.default", part="forward", times=1, operations=0, macs=0, bytes_moved=160, counted=False),
        *(
            OpRow(op="aten.relu.default", part=part, times=1, operations=n, macs=0, bytes_moved=8 * n, counted=True)
            for part, n in (("backward", 9), ("loss", 6), ("loss_backward", 4), ("optimizer", 8), ("preprocess", 3),
                            ("recompute", 2))
        ),
    )  # fmt: skip
    (uncounted,) = analysis.uncounted
    assert (uncounted.op, uncounted.layer, uncounted.phase, uncounted.times) == (
        "aten.nobody.default", "fc", "forward", 2,
    )  # fmt: skip
    assert uncounted.message.startswith("aten.nobody.default ×2 in fc (forward) has no formula")
    assert analysis.assumptions == (Assumption(what="assumed", where="net.py:1"),)
    assert dict(analysis.provenance) == {"torch": "2", "convention": "haet, edition 1"}
    assert analysis.phases[0] == PhaseRow(
        name="train",
        batch=8,
        steps=1,
        last_batch=None,
        operations_per_step=MM + 32,
        operations=MM + 32,
        optimizer="SGD",
    )


def test_what_varies_is_said_once_and_leaves_the_totals_open() -> None:
    varies = (Assumption(what="random()", where="net.py:3"),)
    maker = Maker()
    relu(maker, 5)
    other = Maker()
    relu(other, 6)
    open_one = maker.trace(varies=varies)
    analysis = summarise(Training(phases=(phase(PLAIN, 1), phase(open_one, 1, last_trace=open_one))), SUBJECT)
    assert (analysis.varies, analysis.totals.complete) == (varies, False)
    assert summarise(Training(phases=(phase(PLAIN, 1),)), SUBJECT).totals.complete
    # a step that costs the same whatever was seen of it does not vary
    assert (
        summarise(
            Training(phases=(phase(maker.trace(varies=varies, variants=(tuple(maker.calls),)), 1),)), SUBJECT
        ).varies
        == ()
    )


def test_the_largest_peaks_of_all_phases_by_each_convention() -> None:
    def peaked(io: int, lab: int, where: str) -> Trace:
        maker = Maker()
        x = maker.tensor(1, io, role=Role.INPUT)
        maker.op("relu.default", {"self": ref(x)}, maker.tensor(1, io), where=where)
        a, b = maker.tensor(1, lab), maker.tensor(1, lab)
        return maker.trace(
            inputs=(x,), modules=(module("fc"),), module_calls=(called("fc", (a,), (b,), 1, 1, where=f"{where}0"),)
        )

    both = (phase(peaked(100, 3, "a.py:1"), 1), phase(peaked(50, 40, "b.py:2"), 1, last_trace=peaked(120, 1, "c.py:3")))
    assert summarise(Training(phases=both), SUBJECT).totals.peak_activation_bytes == PeakActivation(
        layer_io=960, layer_io_layer="relu", lab_profiler=320, lab_profiler_layer="fc", layer_io_where="c.py:3",
        lab_profiler_where="b.py:20",
        largest_layer_io=(
            LayerBytes(layer="relu", where="c.py:3", nbytes=960), LayerBytes(layer="fc", where="c.py:30", nbytes=8)
        ),
        largest_lab_profiler=(LayerBytes(layer="fc", where="b.py:20", nbytes=320),),
    )  # fmt: skip
