"""Steps on real tensors: as on fake ones where nothing hangs on values, of one batch where something does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import costmodel
from costmodel.errors import TraceError
from costmodel.ir.analysis import Subject
from costmodel.ir.training import Training
from costmodel.ir.verdict import Outcome
from costmodel.passes.summary import summarise
from costmodel.reports.headroom import headroom
from costmodel.tracing.modes.real import for_real
from costmodel.tracing.training import plan_training, trace_training
from tests.tracing.networks import Checkpointed, Small


class Gru(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.GRU(8, 8, batch_first=True)
        self.head = nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.head(self.rnn(x)[0][:, -1])
        return out


SUBJECT = Subject(
    name="net",
    model_options={},
    input="",
    batch=2,
    loss="",
    optimizer="",
    samples=None,
    epochs=None,
    convention="haet",
    source_digest="",
)


def _sums(training: Training) -> Any:
    totals = summarise(training, SUBJECT).totals
    return totals.operations, totals.macs, totals.bytes_moved.of("forward"), totals.peak_activation_bytes


@pytest.mark.parametrize(
    ("model", "settings"),
    [
        (Small, {"input": "3x8x8", "optimizer": "adamw"}),
        (Checkpointed, {"input": "3x8x8"}),
        (Gru, {"input": "5x8", "optimizer": "adam", "clip": "norm"}),
    ],
)
def test_real_tensors_make_the_trace_that_fake_ones_make(model: type[nn.Module], settings: dict[str, Any]) -> None:
    settings = {"batch": 2, "loss": "mse", "steps": 7, **settings}
    fake = trace_training(plan_training(model, settings))
    with for_real():
        real = trace_training(plan_training(model, settings))
    assert _sums(real) == _sums(fake)


class Routed(nn.Module):
    """Only the rows whose first number is positive go through the second layer."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.second = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.first(x)
        chosen = x[:, 0] > 0
        return out.index_put((chosen.nonzero().flatten(),), self.second(out[chosen]))


def batch(rows: int) -> torch.Tensor:
    """Five rows, of which so many go through the second layer."""
    x = torch.full((5, 4), -1.0)
    x[:rows] = 1.0
    return x


@pytest.mark.parametrize("rows", [1, 3])
def test_what_hangs_on_a_batch_is_counted_for_that_batch(rows: int) -> None:
    with pytest.raises(TraceError, match="--concrete"):
        costmodel.analyze(Routed, input=batch(rows))
    analysis = costmodel.analyze(Routed, input=batch(rows), concrete=True)
    assert analysis.totals.macs.forward == (5 + rows) * 16
    assert not analysis.totals.complete
    assert "FOR THIS BATCH" in costmodel.render(analysis, "text")
    assert "AT LEAST" not in costmodel.render(analysis, "text")
    assert "at least" not in costmodel.render(analysis, "html")
    for machine in ("simple_weight_stationary", "rtx-3090"):
        estimate = costmodel.analyze(Routed, input=batch(rows), concrete=True, hardware=machine)
        assert "AT LEAST" not in costmodel.render(estimate, "text")


def test_what_does_not_hang_on_values_is_the_same_without() -> None:
    assert costmodel.analyze(Small, input="3x8x8", concrete=True) == costmodel.analyze(Small, input="3x8x8")


def test_a_rulebook_takes_one_batch_only_if_it_says_so(tmp_path: Path) -> None:
    """What one batch costs decides nothing, neither that a limit holds nor that it is broken."""
    text = """
name: few
edition: "1"
title: few operations
source: this test
subject:
  input: "4"
  batch: 5
metrics:
  operations: {unit: operations, source: static, figure: step_operations}
limits:
  - {rule: few operations, metric: operations, operator: <, value: LIMIT, on_failure: disqualify, source: this test}
"""
    for limit in (10, 10_000_000):
        book = tmp_path / f"few{limit}.yaml"
        book.write_text(text.replace("LIMIT", str(limit)), encoding="utf-8")
        verdict = costmodel.check(Routed, str(book), concrete=True)
        assert verdict.outcome is Outcome.UNDECIDED
        (finding,) = verdict.findings
        assert (finding.one_batch, finding.at_least, headroom(finding)) == (True, False, None)
        assert finding.because.startswith(f"{finding.measured:,} for this batch: --concrete")
        for form in ("text", "html"):  # it bounds no other batch
            assert "this batch" in costmodel.render(verdict, form)
            assert not re.search("at least|≥", costmodel.render(verdict, form))
        allows = text.replace("LIMIT", str(limit)).replace("  batch: 5\n", "  batch: 5\n  one_batch: true\n")
        book.write_text(allows, encoding="utf-8")
        due = Outcome.FAIL if limit == 10 else Outcome.PASS
        assert costmodel.check(Routed, str(book), concrete=True).outcome is due


def test_a_file_brings_its_batch(tmp_path: Path) -> None:
    file = tmp_path / "net.py"
    file.write_text(
        "import torch\nfrom torch import nn\n"
        "class Net(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.embed = nn.Embedding(9, 4)\n"
        "    def forward(self, x):\n"
        "        return self.embed(torch.arange(int(x.max()) + 1)).mean(0, keepdim=True)\n"
        "def example_batch(): return torch.tensor([[1, 6]])\n",
        encoding="utf-8",
    )
    analysis = costmodel.analyze(f"{file}:Net", concrete=True, phase="inference")
    # the larger of two numbers, then a sum of 7 rows of 4, and its division
    assert analysis.totals.operations.forward == 1 + 6 * 4 + 4
