"""Nouns made of numbers that all differ, so that a table that takes the wrong one shows it."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from costmodel.ir.advice import Advice, Spot, Suggestion
from costmodel.ir.analysis import (
    Analysis,
    Figures,
    LayerRow,
    OpRow,
    PeakActivation,
    PeakMemory,
    PhaseRow,
    Subject,
    Totals,
    UncountedRow,
)
from costmodel.ir.cost import AccessRow, CostReport, LayerCheck, LayerCost, LoopSpec, MappedLevel
from costmodel.ir.doubts import Assumption, Uncounted
from costmodel.ir.facts import Facts, Gap, Kind, Measurement, Reading
from costmodel.ir.judged import Judged
from costmodel.ir.phase import Phase
from costmodel.ir.ranking import Entry, Ranking, Sensitivity
from costmodel.ir.verdict import (
    Claim,
    Consequence,
    Estimate,
    Finding,
    Metric,
    Outcome,
    Points,
    PointsRow,
    ReadingRow,
    Verdict,
)
from costmodel.ir.whole import BesideCost, Clocked, WholeCost, Wider
from costmodel.ir.workload import Layer, NotMapped, Place
from costmodel.reports.tabulation import tables
from costmodel.reports.view import Noun, View

JUDGED = Judged(name="Net", file="net.py", line=12, arguments="width=64", because="it is built", parameters=2442)


def figures(start: int, **more: Any) -> Figures:
    """forward start, loss start + 1, backward start + 2, optimizer start + 3."""
    parts = {"forward": start, "loss": start + 1, "backward": start + 2, "optimizer": start + 3}
    return Figures(**(parts | {"step": sum(parts.values())} | more))


def phase(name: str, **more: Any) -> PhaseRow:
    given: dict[str, Any] = {
        "name": name, "batch": 4, "steps": 5, "last_batch": None, "operations_per_step": 6000, "operations": 30000,
    }  # fmt: skip
    return PhaseRow(**(given | more))


def analysis(**more: Any) -> Analysis:
    """One step of a network with two layers and a loss."""
    subject = Subject(
        name="net.py:Net", model_options={}, input="3", batch=4, loss="mse", optimizer="sgd(lr=0.1)", samples=None,
        epochs=None, convention="haet 1", source_digest="", judged=JUDGED,
    )  # fmt: skip
    totals = Totals(
        parameters=2000, frozen_parameters=442, buffers=7, operations=figures(1000, loss_backward=11),
        causal_operations_saved=0, macs=figures(100), flops=figures(200), bytes_moved=figures(400),
        peak_activation_bytes=PeakActivation(
            layer_io=5000, layer_io_layer="fc", lab_profiler=6000, lab_profiler_layer="conv"
        ),
        peak_memory_bytes=PeakMemory(total=9000, by_role={"parameter": 8000, "gradient": 1000, "buffer": 0}),
        arithmetic_intensity=2.5, complete=True,
    )  # fmt: skip
    rows = [("conv", "Conv2d", 1500, 100), ("fc", "Linear", 500, 300), ("(loss)", "", 0, 20)]
    layers = tuple(
        LayerRow(
            layer=name, type=kind, parameters=parameters, operations=figures(start, recompute=1, preprocess=2),
            macs=figures(start // 10), input_bytes=1, output_bytes=2,
        )
        for name, kind, parameters, start in rows
    )  # fmt: skip
    ops = tuple(
        OpRow(op=op, part=part, times=times, operations=n, macs=n // 2, bytes_moved=n * 3, counted=counted)
        for op, part, times, n, counted in (
            ("aten.mm", "forward", 2, 90, True), ("aten.mm", "backward", 4, 180, True), ("aten.fft", "forward", 1, 0, False),  # noqa: E501
            ("aten.add", "forward", 3, 90, True),
        )
    )  # fmt: skip
    given: dict[str, Any] = {
        "subject": subject, "totals": totals, "layers": layers, "ops": ops, "phases": (phase("train"),),
        "uncounted": (), "assumptions": (), "provenance": {},
    }  # fmt: skip
    return Analysis(**(given | more))


UNCOUNTED_ROW = UncountedRow(op="aten.fft", layer="conv", phase="forward", times=2, message="no formula")
VARIES = Assumption(what="random()", where="net.py:3")


def solved(valid: bool = True, optimal: bool = True, places: int = 1, **instance: int) -> LayerCost:
    """A layer problem: C3 and whatever else is said."""
    layer = Layer(
        places=tuple(Place(part="forward", layer=f"conv{n}", times=n + 1) for n in range(places)),
        instance={"C": 3, "M": 1, **instance}, depthwise=False, word_bits=16, lowered_as="convolution",
    )  # fmt: skip
    loops = (LoopSpec(dim="C", bound=3, spatial=None), LoopSpec(dim="M", bound=2, spatial="X"))
    return LayerCost(
        layer=layer, valid=valid, because="" if valid else "nothing fits", optimal=optimal, energy_pj=1234.5,
        cycles=6789, utilisation=0.123456, energy_by_component={"MACC": 1000.0, "DRAM": 234.5},
        accesses=(
            AccessRow(level="DRAM", dataspace="Weights", reads=1, fills=2, updates=3, energy_pj=4.5),
            AccessRow(level="DRAM", dataspace="Inputs", reads=5, fills=6, updates=7, energy_pj=8.5),
        ),
        mapping=(
            MappedLevel(target="DRAM", keep=("Weights", "Inputs"), loops=loops),
            MappedLevel(target="glb", keep=("Outputs",), loops=(LoopSpec(dim="Q", bound=14, spatial="Y"),)),
        ),
    )  # fmt: skip


def cost(**more: Any) -> CostReport:
    beside = [
        ("aten.relu", "forward", 2, 50, 400),
        ("aten.add", "forward", 1, 70, 300),
        ("aten.add", "backward", 1, 70, 1),
    ]
    given: dict[str, Any] = {
        "hardware": "eyeriss", "hardware_digest": "", "backend": "analytical", "backend_version": "1",
        "search": "optimum", "phase": "inference", "units": 168, "layers": (solved(), solved(False), solved(True, False, 3, R=5)),  # noqa: E501
        "not_mapped": tuple(
            NotMapped(op=op, part=part, times=times, operations=n, bytes_moved=b) for op, part, times, n, b in beside
        ),
        "mapped_operations_share": 0.98765, "energy_pj": 2e9, "cycles": 13578, "utilisation": 0.45678912,
        "energy_by_component": {"MACC": 5e8, "DRAM": 1.5e9}, "complete": False,
    }  # fmt: skip
    return CostReport(**(given | more))


CHECKS = (
    LayerCheck(layer=solved().layer, by="build b", energy_pj=1234.5, cycles=6789, agrees=True, because=""),
    LayerCheck(layer=solved().layer, by="build a", energy_pj=None, cycles=None, agrees=False, because="it stopped"),
    LayerCheck(layer=solved().layer, by="build b", energy_pj=1.0, cycles=2, agrees=False, because="cycles 6789, 2"),
)
CLOCKED = Clocked(clock_hz=2e8, seconds=0.25, leakage_pj=4e9, watts=0.024, area_mm2=12.5)


def beside(op: str, part: str, layer: str, **more: Any) -> BesideCost:
    given: dict[str, Any] = {
        "times": 2, "fused": 1, "operations": 50, "unpriced": 0, "bytes_moved": 400, "level_reads": 10,
        "level_writes": 20, "dram_reads": 3, "dram_writes": 4, "energy_pj": 2e8, "cycles": 30,
    }  # fmt: skip
    return BesideCost(op=op, part=part, layer=layer, **(given | more))


def whole(**more: Any) -> WholeCost:
    """Half a millijoule beside two: of two ReLUs and a softmax whose exponentials nobody prices."""
    given: dict[str, Any] = {
        "fused": True, "level": "glb", "operations_in_layers": 800, "operations_priced": 150,
        "rows": (
            beside("aten.relu", "forward", "conv0"), beside("aten.relu", "forward", "conv1"),
            beside("aten._softmax", "loss", "fc", operations=100, unpriced=50, fused=0, energy_pj=1e8, cycles=40),
        ),
        "unpriced": {"transcendental": 50}, "bytes_in_layers": 7000, "bytes_beside": 2000, "bytes_fused": 1000,
        "energy_pj": 5e8, "energy_by_component": {"vector": 1e8, "glb": 1e8, "DRAM": 3e8}, "cycles": 100,
        "saved_bytes": 640, "saved_on_chip_bytes": 40, "clocked": CLOCKED,
    }  # fmt: skip
    return WholeCost(**(given | more))


WIDER = tuple(
    Wider(dataspace=space, dtype=dtype, bits=32, word_bits=8, layers=layers)
    for space, dtype, layers in (
        ("Weights", "float32", ("conv0",)), ("Inputs", "float32", ("conv0",)),
        ("Outputs", "int32", tuple(f"conv{n}" for n in range(8))),
    )
)  # fmt: skip

UNCOUNTED = Uncounted(op="aten.fft", scope="conv", phase=Phase.FORWARD, times=2)

ADVICE = Advice(
    subject="net.py:Net", hardware="eyeriss", units=168, level="DRAM", macs=1000, cycles=20000, energy_pj=4e9,
    spots=tuple(
        Spot(
            layer=name, problem="C3 M8", cycles=cycles, cycles_share=cycles / 20000, energy_pj=1e9 + 0.126,
            energy_share=0.25, busy=busy, outermost_share=0.756, macs_per_outer_word=12.34,
        )
        for name, cycles, busy in (("conv1", 15000, 100), ("conv2", 5000, 60))
    ),
    suggestions=(
        Suggestion(
            layers=("conv1", "conv2", "conv3", "conv4"), readers=("fc", "bn"), channels=6, becomes=8, macs=1100,
            cycles=18000, energy_pj=3e9, busy_before=100, busy_after=120,
        ),
        Suggestion(
            layers=("conv1",), readers=("a", "b", "c"), channels=7, becomes=5, macs=900, cycles=20100, energy_pj=4.1e9,
            busy_before=60, busy_after=61,
        ),
    ),
    tried=12, complete=True,
)  # fmt: skip


def measurement(value: str, **more: Any) -> Measurement:
    given: dict[str, Any] = {"metric": "energy_joules", "value": Decimal(value), "unit": "J", "because": "as given"}
    return Measurement(**(given | more))


FACTS = Facts(
    readings=(
        Reading(
            file="log.csv", format="zeus", submission="ann", samples=1200, duration_seconds=Decimal("3.50"),
            measurements=(
                measurement("1234567.5000", uncertainty=Decimal("0.25"), at_least=True, because="word " * 12),
                measurement("0.123456789", kind=Kind.CLAIMED, metric="energy_mj", unit="mJ"),
            ),
            words={"task": "cifar10"},
            gaps=tuple(Gap(start_seconds=Decimal(n), length_seconds=Decimal("10.0")) for n in range(11)),
            notes=("cut",),
        ),
        Reading(file="a.yaml", format="facts", measurements=(measurement("100"),)),
    )
)  # fmt: skip


def finding(rule: str, outcome: Outcome, consequence: Consequence = Consequence.ZERO, **more: Any) -> Finding:
    given: dict[str, Any] = {
        "measured": 1500, "at_least": False, "limit": "< 1,000", "unit": "bytes", "because": f"because of {rule}",
    }  # fmt: skip
    return Finding(rule=rule, outcome=outcome, consequence=consequence, **(given | more))


def verdict(**more: Any) -> Verdict:
    """A fails and takes all points, B is only a bound, a file is missing."""
    given: dict[str, Any] = {
        "rulebook": "lab", "title": "The lab (edition 1)", "subject": "ann", "outcome": Outcome.FAIL,
        "findings": (
            finding("A", Outcome.FAIL),
            finding("B", Outcome.UNDECIDED, Consequence.UNRANKED, at_least=True),
            finding("C", Outcome.UNDECIDED, Consequence.FLAG, measured=None),
            finding("D", Outcome.PASS, measured="sgd", unit=""),
        ),
        "points": Points(
            total=0, maximum=70,
            tables=(
                PointsRow(table="energy", measured=0.4, points=20, maximum=30, because="below 0.5"),
                PointsRow(table="latency", measured=None, points=None, maximum=40, because="not known"),
            ),
        ),
        "metric": Metric(name="score", value=2.5, unit="pts", because="a + b"),
        "notes": ("a note",),
        "claims": (
            Claim(metric="energy", unit="mJ", computed=1.5, claimed=2, used=1.5, origin="computed", agrees=False),
            Claim(metric="latency", unit="s", measured=3, used=3, origin="measured"),
            Claim(metric="size", unit="B", measured=4, claimed=4, used=None, agrees=None),
            Claim(metric="rate", unit="%", measured=5, claimed=5, used=5, origin="measured", agrees=True),
        ),
        "estimates": (
            Estimate(machine="eyeriss", search="optimum", energy_mj=1.25, cycles=100, complete=True, decides=True),
            Estimate(machine="eyeriss", search="course", energy_mj=1.75, cycles=120, complete=False, decides=False),
        ),
        "contract": (
            finding("files", Outcome.FAIL, Consequence.DISQUALIFY),
            finding("due", Outcome.UNDECIDED, Consequence.NOTE),
        ),
        "readings": (
            ReadingRow(reading="kibi", title="1,024", outcome=Outcome.PASS, points=50, metric=2.5, differs=True),
            ReadingRow(reading="five", title="five runs", outcome=Outcome.FAIL, points=None, metric=None, differs=False),  # noqa: E501
        ),
        "judged": JUDGED,
    }  # fmt: skip
    return Verdict(**(given | more))


def entry(name: str, rank: float | None, outcome: Outcome = Outcome.PASS, **more: Any) -> Entry:
    given: dict[str, Any] = {
        "points": None, "bonus": None, "metric": 7, "task": None, "bracket": None, "award": None, "because": (),
    }  # fmt: skip
    return Entry(name=name, rank=rank, outcome=outcome, **(given | more))


def ranking(*entries: Entry, **more: Any) -> Ranking:
    given: dict[str, Any] = {
        "rulebook": "lab", "title": "The lab (edition 1)", "metric": "score", "unit": "pts", "order": "ascending",
        "ties": "competition: shared", "entries": entries, "sensitivity": (), "notes": ("a note",),
    }  # fmt: skip
    return Ranking(**(given | more))


SENSITIVITY = (
    Sensitivity(reading="kibi", title="1,024", changes=True, what=("ann up", "bob down")),
    Sensitivity(reading="five", title="five runs", changes=False, what=()),
    Sensitivity(reading="other", title="another", changes=None, what=("cannot be told",)),
    Sensitivity(reading="last", title="the last", changes=True, what=()),
)


Flat = tuple[str, tuple[str, ...], list[tuple[object, ...]], tuple[str, ...], tuple[str, ...]]
"""Title, headers, rows, notes and remarks of a table."""


def in_order(noun: Noun, view: View | None = None) -> list[Flat]:
    """The tables of a noun."""
    return [
        (t.title, tuple(t.headers), [tuple(row) for row in t.rows], tuple(t.notes), tuple(t.remarks))
        for t in tables(noun, view or View())
    ]


def flat(noun: Noun, view: View | None = None) -> dict[str, Flat]:
    """The same by the first words of their titles, up to a colon or a bracket."""
    return {re.split(r" ?[:(]", table[0])[0]: table for table in in_order(noun, view)}
