"""A network of three layers on a toy machine: every number written out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from torch import nn

import costmodel
from costmodel.backends.whole.pricing import access_energy
from costmodel.errors import UsageError
from costmodel.ir.cost import CostReport
from costmodel.ir.whole import WholeCost
from tests.backends.whole.machines import toy, toy_file


class Three(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(4, 8)
        self.act = nn.ReLU()
        self.last = nn.Linear(8, 4)

    def forward(self, x: Any) -> Any:
        return self.last(self.act(self.first(x)))


def priced(folder: Path, *change: str, fused: bool = False, model: Any = Three, **more: Any) -> CostReport:
    report = costmodel.estimate(model, str(toy_file(folder, *change)), whole=True, fused=fused, input="4", **more)
    assert isinstance(report, CostReport)
    return report


def whole_of(report: CostReport) -> WholeCost:
    assert report.whole is not None
    return report.whole


def test_three_layers(tmp_path: Path) -> None:
    report = priced(tmp_path)
    # everything is in DRAM, 8 words an access: 32 MACs read as many weights and inputs (4 accesses each at 100 pJ)
    # and update as many outputs (4 at 110); all but the first touch of each output are read (24 or 28 words: 3 or 4)
    first, last = 32 * 1 + 400 + 400 + 300 + 440, 32 * 1 + 400 + 400 + 400 + 440
    assert sorted(solved.energy_pj for solved in report.layers) == [first, last] == [1572, 1672]
    assert (report.energy_pj, report.cycles) == (3244, 64)
    # 64 cycles at 2 MHz are 32 us; one multiplier of 3 uW and two buffers of 1 uW leak 5 uW, which is 160 pJ
    assert report.clocked is not None
    assert report.clocked.seconds == pytest.approx(32e-6)
    assert report.clocked.leakage_pj == pytest.approx(160)
    assert report.clocked.watts == pytest.approx((3244 + 160) * 1e-12 / 32e-6)
    assert report.clocked.area_mm2 == pytest.approx(2.5)
    whole = whole_of(report)
    # ReLU: 8 words come from DRAM (written and read in the buffer on their way), 8 are written there and go to DRAM
    # (read once more): 16 reads (4 accesses of 4 words, 2 pJ), 16 writes (4, 3 pJ), one access each of DRAM; 8 compares
    (row,) = whole.rows
    assert (row.layer, row.op, row.times, row.operations, row.fused) == ("act", "aten.relu.default", 1, 8, 0)
    assert (row.level_reads, row.level_writes, row.dram_reads, row.dram_writes) == (16, 16, 8, 8)
    assert whole.energy_by_component == {"vector": 4, "buffer": 8 + 12, "DRAM": 210}
    assert whole.energy_pj == row.energy_pj == 234
    # 8 operations on 3 lanes take 3 cycles; 16 words from two buffers of a word a cycle take 8
    assert whole.cycles == row.cycles == 8
    # a Linear of k inputs and m outputs is k·m multiplies and k·m adds, the bias among them: 64 each
    assert (whole.operations_in_layers, whole.operations_priced, dict(whole.unpriced)) == (128, 8, {})
    # floats of 4 bytes: (4 + 32 + 8 + 8) and (8 + 32 + 4 + 4) in the layers, 8 + 8 in ReLU
    assert (whole.bytes_in_layers, whole.bytes_beside, whole.bytes_fused) == (208 + 192, 64, 0)
    assert whole.clocked is not None
    assert whole.clocked.seconds == pytest.approx(72 / 2e6)
    assert whole.clocked.watts == pytest.approx((3244 + 234) * 1e-12 / 36e-6 + 5e-6)
    assert (whole.saved_bytes, whole.saved_on_chip_bytes, report.steps) == (0, 0, None)


def test_fused_into_the_drain_nothing_moves(tmp_path: Path) -> None:
    report = priced(tmp_path, fused=True)
    whole = whole_of(report)
    (row,) = whole.rows
    assert (row.fused, row.level_reads, row.level_writes, row.dram_reads, row.dram_writes) == (1, 0, 0, 0, 0)
    assert (whole.energy_pj, whole.cycles) == (4, 3)
    assert (whole.bytes_in_layers, whole.bytes_beside, whole.bytes_fused) == (400, 0, 64)
    assert report.energy_pj == 3244
    assert whole.fused


def test_a_kind_without_a_number_is_listed_and_lanes_that_nobody_says_are_no_cycles(tmp_path: Path) -> None:
    lanes = "  lanes: {value: 3, unit: operations/cycle, source: mine}\n"
    whole = whole_of(priced(tmp_path, lanes, "", model=nn.Sequential(Three(), nn.Softmax(dim=1))))
    softmax = whole.rows[1]
    # a row of 4: 3 max, 4 subtract, 4 exp, 3 add, 4 divide
    assert (softmax.op, softmax.operations, softmax.unpriced) == ("aten._softmax.default", 18, 4)
    assert dict(whole.unpriced) == {"transcendental": 4}
    assert (whole.operations_in_layers, whole.operations_priced) == (128, 8 + 14)
    assert whole.energy_by_component["vector"] == 4 + 3 * 0.5 + 7 * 1 + 4 * 7
    assert (whole.cycles, softmax.cycles, whole.clocked) == (None, None, None)


def test_work_at_the_outermost_level_is_there_and_nowhere_else(tmp_path: Path) -> None:
    whole = whole_of(priced(tmp_path, "level: buffer", "level: DRAM"))
    (row,) = whole.rows
    assert (row.level_reads, row.level_writes, row.dram_reads, row.dram_writes) == (8, 8, 0, 0)
    assert whole.energy_by_component == {"vector": 4, "DRAM": 210}


def test_a_training_step_and_the_training(tmp_path: Path) -> None:
    more: Mapping[str, Any] = {"phase": "training", "batch": 2, "samples": 5, "epochs": 3, "loss": "cross_entropy"}
    report = priced(tmp_path, **more)
    whole = whole_of(report)
    assert report.steps == 9  # 2 + 2 + 1 samples, three times
    # made forward and read backward: what ReLU gives (2·8 floats), log_softmax (2·4), the loss's total weight and the 1
    # that backward starts from; no layer comes between those of the loss
    assert (whole.saved_bytes, whole.saved_on_chip_bytes) == (4 * (16 + 8 + 1 + 1), 4 * (8 + 1 + 1))
    rows = {(row.op, row.layer): row for row in whole.rows}
    backward = rows["aten.threshold_backward.default", "act"]
    # ReLU's gradient: its result comes back from DRAM, and so does the gradient that the layer behind has drained
    assert (backward.operations, backward.dram_reads, backward.dram_writes) == (16, 32, 16)
    # SGD, 2 operations a parameter: of the 36 of the last layer all are read, and their gradients, and all are written
    updates = [rows["aten.add_.Tensor", layer] for layer in ("first", "last")]
    assert [update.operations for update in updates] == [2 * 40, 2 * 36]
    assert (updates[1].dram_reads, updates[1].dram_writes) == (2 * 36, 36)
    assert {row.part for row in whole.rows} == {"forward", "loss", "loss_backward", "backward", "optimizer"}
    workload_operations = whole.operations_in_layers + whole.operations_priced + sum(whole.unpriced.values())
    analysis = costmodel.analyze(Three, input="4", **{k: v for k, v in more.items() if k != "phase"})
    assert workload_operations == analysis.totals.operations.step
    assert whole.bytes_in_layers + whole.bytes_beside + whole.bytes_fused == analysis.totals.bytes_moved.step


def test_what_cannot_be_priced_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"simple_weight_stationary has no vector unit: .* leave out --whole"):
        costmodel.estimate(Three, "simple_weight_stationary", whole=True, input="4")
    with pytest.raises(UsageError, match="--fused is about the work beside the layers: ask for its price with --whole"):
        costmodel.estimate(Three, str(toy_file(tmp_path)), fused=True, input="4")
    for call in (costmodel.analyze, costmodel.estimate):
        with pytest.raises(UsageError, match="about an accelerator's vector unit: t4 is a GPU"):
            call(Three, hardware="t4", whole=True, input="4")
    with pytest.raises(UsageError, match="about an accelerator's vector unit: no machine is named"):
        costmodel.analyze(Three, whole=True, input="4")
    workload = costmodel.Workload(phase="inference", layers=(), not_mapped=(), operations=0, bytes_moved=0)
    with pytest.raises(UsageError, match="made without its calls; give the model itself"):
        costmodel.estimate(workload, str(toy_file(tmp_path)), whole=True)


def test_nothing_is_said_of_seconds_without_a_clock(tmp_path: Path) -> None:
    report = priced(tmp_path, "clock: {value: 2, unit: MHz, source: mine}\n", "")
    assert (report.clocked, whole_of(report).clocked) == (None, None)
    assert "seconds" not in costmodel.render(report)
    assert costmodel.estimate(Three, str(toy_file(tmp_path)), input="4").whole is None


DRAM = "    write: {value: 110,"


@pytest.mark.parametrize(
    ("old", "new", "cycles"),
    [
        # ReLU is 8 operations on 3 lanes; 16 words are read and 16 written at two buffers, 8 and 8 in DRAM
        ("    read_bandwidth: {value: 1, unit: words/cycle, source: mine}\n", "", 3),
        ("read_bandwidth: {value: 1,", "write_bandwidth: {value: 0.5,", 16),
        (DRAM, f"    write_bandwidth: {{value: 0.3, unit: w, source: mine}}\n{DRAM}", 27),
        (DRAM, f"    read_bandwidth: {{value: 0.25, unit: w, source: mine}}\n{DRAM}", 32),
        ("lanes: {value: 3", "lanes: {value: 1", 8),
    ],
)  # fmt: skip
def test_cycles_are_those_of_what_takes_longest(tmp_path: Path, old: str, new: str, cycles: int) -> None:
    assert whole_of(priced(tmp_path, old, new)).cycles == cycles


def test_accesses_are_whole(tmp_path: Path) -> None:
    buffer, dram = toy(tmp_path).levels
    # 4 words an access at 2 and 3 pJ, 8 words at 100 and 110
    assert [access_energy(buffer, *words) for words in ((0, 0), (4, 4), (5, 9))] == [0, 2 + 3, 2 * 2 + 3 * 3]
    assert access_energy(dram, 8, 9) == 100 + 2 * 110
