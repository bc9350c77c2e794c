"""Each figure that a rulebook may name, of one analysis and one cost report made of different numbers."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from costmodel.ir.analysis import Analysis, Figures, PeakActivation, PeakMemory, PhaseRow
from costmodel.ir.cost import CostReport, LayerCost
from costmodel.ir.doubts import Assumption, Uncounted
from costmodel.ir.phase import Phase
from costmodel.ir.workload import Layer, NotMapped, Place, Workload
from costmodel.rules.figures import FIGURES, Computed, figure_value, held_by
from costmodel.rules.value import LENGTH, Value
from tests.rules.conftest import Make

VARIES = (Assumption(what="random()", where="net.py:3"), Assumption(what="a counter", where="net.py:9"))
FFT = Uncounted(op="aten._fft_r2c.default", scope="", phase=Phase.FORWARD, times=1)
SVD = Uncounted(op="aten.svd.default", scope="", phase=Phase.FORWARD, times=1)


@pytest.fixture
def full(analysis: Make) -> Analysis:
    made = analysis(parameters=10, frozen=3, parameter_bytes=46)
    totals = replace(
        made.totals, buffers=5,
        operations=Figures(forward=100, step=300, training=9000),
        macs=Figures(forward=40, step=120, training=3600), flops=Figures(forward=80, step=240, training=7200),
        peak_activation_bytes=PeakActivation(
            layer_io=70, layer_io_layer="a", lab_profiler=60, lab_profiler_layer="", lab_profiler_where="net.py:7"
        ),
        peak_memory_bytes=PeakMemory(total=800, by_role={}),
    )  # fmt: skip
    return replace(made, totals=totals, subject=replace(made.subject, batch=16, epochs=30, optimizer="SGD (lr=0.1)"))


def cost(**more: Any) -> CostReport:
    given: dict[str, Any] = {
        "hardware": "m", "hardware_digest": "", "backend": "b", "backend_version": "1", "search": "course",
        "phase": "inference", "units": 1, "layers": (), "not_mapped": (), "mapped_operations_share": 1.0,
        "energy_pj": 458_240_000.1, "cycles": 61_600, "utilisation": 1.0, "energy_by_component": {}, "complete": True,
    }  # fmt: skip
    return CostReport(**(given | more))


def layer(valid: bool) -> LayerCost:
    of = Layer(
        places=(Place(part="forward", layer="conv", times=1), Place(part="forward", layer="other", times=1)),
        instance={"C": 1}, depthwise=False, word_bits=16, lowered_as="convolution",
    )  # fmt: skip
    return LayerCost(
        layer=of, valid=valid, because="", optimal=True, energy_pj=0.0, cycles=0, utilisation=0.0,
        energy_by_component={}, accesses=(), mapping=(),
    )  # fmt: skip


def workload(**more: Any) -> Workload:
    beside = (NotMapped(op="o", part="forward", times=1, operations=1, bytes_moved=1),)
    given: dict[str, Any] = {
        "phase": "inference",
        "layers": (),
        "not_mapped": beside,
        "operations": 77,
        "bytes_moved": 1,
    }
    return Workload(**(given | more))


AMOUNTS = {
    "parameters": "10", "all_parameters": "13", "all_parameters_and_buffers": "18", "parameters_of_32_bits": "11.5",
    "training_operations": "9000", "training_macs": "3600", "training_flops": "7200", "step_operations": "300",
    "forward_operations": "100", "peak_activation_layer_io": "70", "peak_activation_lab_profiler": "60",
    "live_peak": "800", "epochs": "30", "energy": "0.4582400001", "cycles": "61600",
}  # fmt: skip


def test_every_figure(full: Analysis) -> None:
    computed = Computed(full, costs={"course": cost()}, search="course")
    assert {*AMOUNTS, "optimizer", "inference_operations"} == FIGURES
    for figure, amount in AMOUNTS.items():
        value = figure_value(figure, computed, ())
        assert (value.amount, value.at_least, value.origin, value.varies) == (Decimal(amount), False, "computed", False)
    assert figure_value("optimizer", computed, ()) == Value(None, word="sgd", words=("sgd",), origin="computed")
    layer_io = figure_value("peak_activation_layer_io", computed, ())
    assert (layer_io.because, layer_io.where) == ("the most is in a", "")
    lab = figure_value("peak_activation_lab_profiler", computed, ())
    assert (lab.because, lab.where) == ("", "net.py:7")
    assert figure_value("live_peak", computed, ()).because == "live tensors of a step with batch 16"
    assert figure_value("energy", computed, ()).because == "computed on m, search course"


def test_a_length_that_is_not_known_is_what_is_lacking(full: Analysis) -> None:
    totals = replace(full.totals, operations=replace(full.totals.operations, training=None))
    unknown = Computed(replace(full, totals=totals, subject=replace(full.subject, epochs=None)))
    for figure in ("training_operations", "epochs"):
        value = figure_value(figure, unknown, ())
        assert (value.amount, value.lacks, value.origin) == (None, (LENGTH,), "")
        assert value.because.startswith("the length of the training is unknown: ")
    assert figure_value("training_macs", unknown, ()).amount == 3600
    without = Computed(replace(full, totals=replace(full.totals, parameter_bytes=None)))
    assert figure_value("parameters_of_32_bits", without, ()) == Value(
        None, because="the analysis does not say how much memory its parameters take"
    )


def phase(optimizer: str) -> PhaseRow:
    return PhaseRow(
        name="p", batch=1, steps=1, last_batch=None, operations_per_step=0, operations=0, optimizer=optimizer
    )


@pytest.mark.parametrize(
    ("ran", "value"),
    [
        (("SGD", "Adam", "SGD", ""), Value(None, word="sgd and adam", words=("sgd", "adam"), origin="computed")),
        (("own configure_optimizers",),
         Value(None, because="the analysis does not say which optimizer the file's own code makes")),
        (("SGD", "own class Lion"),
         Value(None, because="the optimizer is of an own class Lion: a person has to see what it does")),
    ],
)  # fmt: skip
def test_the_optimizers_of_all_phases(full: Analysis, ran: tuple[str, ...], value: Value) -> None:
    computed = Computed(replace(full, phases=tuple(map(phase, ran))))
    assert figure_value("optimizer", computed, ()) == value


OF_MODEL = {
    "parameters", "all_parameters", "all_parameters_and_buffers", "parameters_of_32_bits", "epochs", "optimizer",
}  # fmt: skip
COUNTED = {"training_operations", "training_macs", "training_flops", "step_operations", "forward_operations"}
OF_COST = {"energy", "cycles"}


def test_a_step_that_varies_proves_nothing_of_what_it_does(full: Analysis) -> None:
    computed = Computed(replace(full, varies=VARIES), costs={"": cost(varies=VARIES, complete=False)})
    for figure in FIGURES - OF_MODEL - {"inference_operations"}:
        value = figure_value(figure, computed, ())
        assert (value.at_least, value.varies, value.origin) == (True, True, "computed"), figure
        assert value.amount == Decimal(AMOUNTS[figure])
        assert value.because.endswith("net.py:3: random(); net.py:9: a counter")
    for figure in OF_MODEL:
        value = figure_value(figure, computed, ())
        assert (value.at_least, value.varies) == (False, False), figure


def test_an_op_without_formula_makes_lower_bounds_of_what_is_counted(full: Analysis, analysis: Make) -> None:
    rows = analysis(uncounted=("aten.svd.default", "aten._fft_r2c.default")).uncounted
    computed = Computed(replace(full, uncounted=rows), costs={"": cost(uncounted=(SVD, FFT), complete=False)})
    both = "no formula for aten._fft_r2c.default, aten.svd.default"
    for figure in FIGURES - {"inference_operations"}:
        value = figure_value(figure, computed, ())
        assert value.at_least is (figure in COUNTED | OF_COST), figure
        assert value.varies is False
        if figure in COUNTED:
            assert (value.because, value.origin) == (both, "computed")
    energy = figure_value("energy", computed, ())
    assert energy.because == f"computed on m, search course; {both}, so nothing of it is mapped"
    waived = ("aten.svd", "aten._fft_r2c")
    for figure in COUNTED | OF_COST:
        assert figure_value(figure, computed, waived[:1]).because.count("aten.svd") == 0
        assert figure_value(figure, computed, waived[:1]).at_least
        assert not figure_value(figure, computed, waived).at_least


def test_what_is_not_mapped_makes_a_lower_bound(full: Analysis) -> None:
    bad = Computed(full, costs={"": cost(layers=(layer(True), layer(False)), complete=False)})
    value = figure_value("cycles", bad, ())
    assert (value.at_least, value.varies) == (True, False)
    assert value.because == "computed on m, search course; no valid mapping for forward:conv"
    # a report that says no more than that it is not complete
    assert figure_value("cycles", Computed(full, costs={"": cost(complete=False)}), ()).at_least
    assert not figure_value("cycles", Computed(full, costs={"": cost(layers=(layer(True),))}), ()).at_least


def test_why_there_is_no_figure(full: Analysis) -> None:
    nothing = Computed(because="it cannot be built")
    for figure in FIGURES:
        assert figure_value(figure, nothing, ()) == Value(None, because="it cannot be built")
        assert figure_value(figure, Computed(full, costs={"": cost()}, from_table=True), ()) == Value(None)
    assert Computed().because == "there is no model to analyse"
    unmapped = Computed(full, costs={"course": cost()}, search="optimum")
    assert figure_value("energy", unmapped, ()).because == (
        "nothing was mapped onto the rulebook's machine (costmodel check does it)"
    )
    assert figure_value("inference_operations", unmapped, ()).because == (
        "no inference was traced (costmodel check does it)"
    )


def test_operations_of_one_inference(full: Analysis) -> None:
    plain = replace(full, totals=replace(full.totals, parameter_bytes=4 * 13))

    def value(of: Analysis = plain, waived: tuple[str, ...] = (), **more: Any) -> Value:
        return figure_value("inference_operations", Computed(of, inference=workload(**more)), waived)

    assert value() == Value(Decimal(77), origin="computed")
    assert value(uncounted=(FFT,)) == Value(
        Decimal(77), at_least=True, because="no formula for aten._fft_r2c.default", origin="computed"
    )
    assert value(uncounted=(FFT,), waived=("aten._fft_r2c",)) == Value(Decimal(77), origin="computed")
    varying = value(uncounted=(FFT,), varies=VARIES[:1])
    assert (varying.at_least, varying.varies) == (True, True)
    assert varying.because == "no formula for aten._fft_r2c.default; net.py:3: random()"
    assert value(full).because == "the network is not of 32 bits throughout: give its operations as a fact"


def test_a_cost_report_in_the_analysis_counts_on_its_own_machine_and_phase(full: Analysis) -> None:
    with_cost = replace(full, cost=cost())
    assert held_by(with_cost, "m", "inference", "course").costs == {"course": with_cost.cost}
    assert held_by(with_cost, "m", "inference", "course").search == "course"
    for machine, part in (("other", "inference"), ("m", "training"), (None, "inference")):
        assert held_by(with_cost, machine, part, "course").costs == {}
    assert held_by(full, "m", "inference", "course").costs == {}
