"""Seconds, memory and joules of a class on the GPU that the rules name: estimated where nobody has measured them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

import costmodel
from costmodel.ir.verdict import Finding
from costmodel.verbs.grade import replay

NET = """from torch import nn


class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv2d(3, 32, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10))


def recipe():
    return dict(model=Net, input="3x32x32", batch=128, samples=5000, epochs=10{more})
"""
FIGURES = {"haet-2022": ("training time", "host memory"), "budgeted-inference-iccv-2023": ("time",)}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for who, more in {"plain": "", "narrow": ', autocast="bfloat16"', "broken": ", nothing=1"}.items():
        (tmp_path / "class" / who).mkdir(parents=True)
        (tmp_path / "class" / who / "net.py").write_text(NET.format(more=more), encoding="utf-8")
    return tmp_path / "class"


@pytest.mark.parametrize("rules", FIGURES)
def test_a_class_is_estimated_as_one_is_checked(place: Path, tmp_path: Path, rules: str) -> None:
    grades = costmodel.grade(place, rules, tmp_path / "out")
    found = {g.name: {f.rule: f for f in g.verdict.findings} for g in grades.submissions}
    remarks = {g.name: [finding.because for finding in g.findings] for g in grades.submissions}
    checked = {f.rule: f for f in costmodel.check(place / "plain", rules).findings}
    for rule in FIGURES[rules]:
        one = found["plain"][rule]
        assert isinstance(one, Finding)
        assert one.measured is not None
        assert (one.measured, one.because) == (checked[rule].measured, checked[rule].because)
        assert "v100-sxm2-16gb has no bfloat16" in found["narrow"][rule].because.replace("32gb", "16gb")
        assert found["narrow"][rule].outcome.value == found["broken"][rule].outcome.value == "UNDECIDED"
        assert "nothing" in found["broken"][rule].because
    assert remarks["plain"] == []  # layers that an evaluation does not train are no matter for a person
    replayed, _ = replay(tmp_path / "out")
    assert [g.verdict for g in replayed.submissions] == [g.verdict for g in grades.submissions]


def test_a_folder_is_estimated_in_the_phase_that_the_rules_name(place: Path) -> None:
    """5,000 images in batches of 128, forward alone: the middle of both cards' intervals."""
    cards = [costmodel.estimate(place / "plain", c, phase="inference") for c in ("v100-sxm2-16gb", "v100-pcie-16gb")]
    ends = [(one.time.step_seconds.low, one.time.step_seconds.high) for one in cards]
    middle = (min(low for low, _ in ends) + max(high for _, high in ends)) / 2 * 5000 / 128
    checked = costmodel.check(place / "plain", "budgeted-inference-iccv-2023")
    (finding,) = [f for f in checked.findings if f.rule == "time"]
    assert finding.measured == pytest.approx(middle, rel=1e-3)
    wide = costmodel.check(place / "plain", "haet-2022", running={"precision": "amp"})
    plain = costmodel.check(place / "plain", "haet-2022")
    assert Decimal(str(wide.findings[0].measured)) != Decimal(str(plain.findings[0].measured))
