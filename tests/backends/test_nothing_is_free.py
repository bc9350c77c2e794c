"""Work without a formula costs nothing that is known: totals are "at least", and what hangs on them is undecided."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import costmodel
from costmodel.ir.codec import dumps, loads
from costmodel.ir.cost import CostReport
from costmodel.ir.counts import CountRow, Counts
from costmodel.ir.phase import Phase
from costmodel.ir.tensor import TensorMeta
from costmodel.ir.verdict import Outcome, Verdict
from costmodel.ir.workload import Workload
from costmodel.ops import lookup
from costmodel.passes.lower import lower
from costmodel.passes.work import count
from costmodel.rules.figures import figure_value, held_by
from costmodel.tracing.training import plan_training, trace_inference

MACHINE = "simple_weight_stationary"


@torch.library.custom_op("costmodel_tests::deformed", mutates_args=())
def deformed(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """A convolution that no formula knows, as torchvision's deformable one."""
    return F.conv2d(x, weight, padding=1)


@deformed.register_fake
def _(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    return x.new_empty(x.shape[0], weight.shape[0], *x.shape[2:])


@deformed.register_kernel("cpu")
def _(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    return F.conv2d(x, weight, padding=1)


def _gradients(_: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return gradient.new_zeros(gradient.shape[0], 3, 32, 32), gradient.new_zeros(8, 3, 3, 3)


deformed.register_autograd(_gradients)


class Deformable(nn.Module):
    """All of its work but the last layer's is in one op."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(8, 3, 3, 3))
        self.head = nn.Linear(8, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(deformed(x, self.weight).mean((2, 3)))  # type: ignore[no-any-return]


class Decomposed(nn.Module):
    """An op of torch's own without formula, among layers that have one."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.head = nn.Conv2d(3, 8, 3, padding=1), nn.Linear(8, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(torch.linalg.svdvals(self.first(x)).mean(2))  # type: ignore[no-any-return]


class Mixed(Decomposed):
    """Heavy work that is counted, but no nest describes: a Fourier transform in a convolution's place."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(torch.fft.rfft2(self.first(x)).abs().mean((2, 3)))  # type: ignore[no-any-return]


def workload_of(model: Any) -> Workload:
    return lower(count(trace_inference(plan_training(model, {}))))


@pytest.mark.parametrize(
    ("model", "op"), [(Deformable, "costmodel_tests.deformed.default"), (Decomposed, "aten._linalg_svd.default")]
)
def test_a_report_names_what_it_could_not_map(model: Any, op: str) -> None:
    workload = workload_of(model)
    assert [(item.op, item.scope, item.times) for item in workload.uncounted] == [(op, "", 1)]
    assert loads(Workload, dumps(workload, Workload.SCHEMA), Workload.SCHEMA) == workload
    report = costmodel.estimate(workload, MACHINE)
    assert all(layer.valid for layer in report.layers)
    assert not report.complete
    assert report.uncounted == workload.uncounted
    assert f"AT LEAST: {op} ×1 in the step (forward) has no formula" in costmodel.render(report, "text")
    assert report.energy_pj > 0


def test_heavy_work_without_a_nest_is_counted_but_leaves_a_machine_at_least() -> None:
    workload = workload_of(Mixed)
    assert [(item.op, item.times, item.lacks) for item in workload.uncounted] == [("aten._fft_r2c.default", 1, "nest")]
    report = costmodel.estimate(workload, MACHINE)
    assert not report.complete
    shown = costmodel.render(report, "text")
    assert "AT LEAST: aten._fft_r2c.default ×1 in the step (forward) is counted, but no loop nest describes it" in shown
    assert {item.op: item.operations for item in report.not_mapped}["aten._fft_r2c.default"] > 100_000
    analysis = costmodel.analyze(Mixed())
    assert analysis.totals.complete
    assert analysis.uncounted == ()


def test_an_op_that_has_no_formula_on_purpose_says_why() -> None:
    (row,) = [u for u in costmodel.analyze(Decomposed(), batch=2).uncounted if u.op == "aten._linalg_svd.default"]
    assert row.message.startswith("aten._linalg_svd.default ×1 in ")
    assert row.message.endswith("it iterates until its values have converged: how often is in no shape")


def test_a_machine_knows_deformable_and_grouped_products_as_products() -> None:
    """They have nests: what they multiply is in the layers."""
    x, offset, w = TensorMeta((1, 3, 8, 8)), TensorMeta((1, 18, 8, 8)), TensorMeta((4, 3, 3, 3))
    entry = lookup("torchvision.deform_conv2d")
    assert entry is not None
    call = {"input": x, "weight": w, "offset": offset, "groups": 1, "offset_groups": 1, "use_mask": False}
    work = entry(call, TensorMeta((1, 4, 8, 8)))
    row = CountRow(op="torchvision.deform_conv2d.default", scope="", phase=Phase.FORWARD, work=work, **_NO_BYTES)
    workload = lower(Counts(rows=(row,)))
    assert workload.macs == work.macs == 4 * 27 * 64
    assert workload.uncounted == ()


_NO_BYTES = {"bytes_read": 0, "bytes_written": 0}


def test_a_report_is_complete_where_everything_has_a_formula_and_a_mapping() -> None:
    report = costmodel.estimate("examples/zoo/lenet.py:LeNet5", MACHINE)
    assert report.complete
    assert report.uncounted == ()
    assert "AT LEAST" not in costmodel.render(report, "text")


def checked(model: Any) -> Verdict:
    return costmodel.check(model, "mit-lab2-2022", facts={"error_rate": 19})


@pytest.mark.parametrize("model", [Deformable, Decomposed, Mixed])
def test_points_that_hang_on_it_are_undecided(model: Any) -> None:
    verdict = checked(model)
    assert verdict.outcome is Outcome.UNDECIDED
    assert {f.rule: f.outcome for f in verdict.findings} == {
        "peak activation": Outcome.PASS,
        "error rate": Outcome.PASS,
        "points: energy": Outcome.UNDECIDED,
        "points: latency": Outcome.UNDECIDED,
    }
    assert verdict.points is not None
    assert [row.points for row in verdict.points.tables] == [60, None, None]
    assert verdict.points.total is None
    lacking = "no loop nest for aten._fft_r2c" if model is Mixed else "no formula for"
    assert lacking in verdict.points.tables[1].because
    assert not any(estimate.complete for estimate in verdict.estimates)
    assert verdict.metric is not None
    assert verdict.metric.value is None


def report_of(model: Any) -> CostReport:
    report: CostReport = costmodel.estimate(model, MACHINE, search="course")
    return report


def test_a_limit_on_it_is_undecided_unless_the_op_is_waived(analysis_of_numbers: costmodel.Analysis) -> None:
    report = report_of(Decomposed)
    computed = held_by(replace(analysis_of_numbers, cost=report), report.hardware, "inference", "course")
    cycles = figure_value("cycles", computed, ())
    assert cycles.amount == report.cycles
    assert cycles.at_least
    assert not figure_value("cycles", computed, ("aten._linalg_svd",)).at_least
    assert figure_value("cycles", computed, ("aten.affine_grid",)).at_least


@pytest.fixture
def analysis_of_numbers(in_root: Path) -> costmodel.Analysis:
    return costmodel.analyze("examples/zoo/lenet.py:LeNet5")
