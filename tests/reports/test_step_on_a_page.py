"""A recorded step on the page of its analysis: its time line as long as its ops take, and the graph, folded."""

from __future__ import annotations

import re

import pytest

import costmodel
from costmodel.ir.timeline import SECONDS, Slice, Timeline
from costmodel.reports import View, render
from costmodel.reports.charts.lanes import lanes
from costmodel.reports.pages import analysis as page

EVIL = "<script>alert(1)</script>\"'>"
LENET = "examples/zoo/lenet.py:LeNet5"


def piece(phase: str, layer: str, op: str, duration: float, kind: str) -> Slice:
    return Slice(phase=phase, layer=layer, op=op, duration=duration, facts={"kind": kind})


def test_a_piece_is_as_wide_as_it_takes_and_what_follows_itself_is_one() -> None:
    slices = (
        piece("forward", "a", "aten.mm", 4.0, "product"),
        piece("forward", "a", "aten.add", 1.0, "elementwise"),
        piece("forward", "", "aten.relu", 1.0, "elementwise"),
        piece("backward", "a", "aten.mm", 2.0, "product"),
        *(piece("optimizer", EVIL, "aten.add_", 0.0005, "optimizer") for _ in range(6)),
    )
    drawn = lanes(Timeline(title="t", unit=SECONDS, slices=slices, notes=("an estimate",)), EVIL)
    part, layer, op = drawn.split('class="lane"')[1:]
    assert said(part) == [
        ("0.000", "60.000", "forward: 6 s in 3 kernels"),
        ("60.000", "20.000", "backward: 2 s in 1 kernel"),
        ("80.000", "0.030", "optimizer: 0.003 s in 6 kernels"),
    ]
    assert [row[:2] for row in said(layer)] == [
        ("0.000", "50.000"), ("50.000", "10.000"), ("60.000", "20.000"), ("80.000", "0.030"),
    ]  # fmt: skip
    assert [row[0] for row in said(op)] == ["0.000", "40.000", "50.000", "60.000", "80.000"]
    assert said(op)[-1][2].startswith("6 kernels of kind optimizer: 0.003 s")  # the ticks end at 10 s
    assert "<script" not in drawn
    assert drawn.index(">product<") < drawn.index(">elementwise<") < drawn.index(">optimizer<")
    assert "nothing takes time" in lanes(Timeline(title="t", unit=SECONDS, slices=()), "t")


def said(lane: str) -> list[tuple[str, ...]]:
    pieces = re.findall(r'title="([^"]*)" style="left:([\d.]+)%;width:([\d.]+)%"', lane)
    return [(left, width, title) for title, left, width in pieces]


def test_a_step_without_end_is_not_put_into_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    step, analysis = costmodel.trace(LENET).phases[0].trace, costmodel.analyze(LENET)
    monkeypatch.setattr(page, "_CALLS", len(step.calls))
    assert 'class="graph"' in render(analysis, "html", View(step=step))
    monkeypatch.setattr(page, "_CALLS", len(step.calls) - 1)
    shown = render(analysis, "html", View(step=step))
    assert 'class="graph"' not in shown
    assert f"The step has {len(step.calls):,} calls: costmodel export --to graph draws it." in shown
