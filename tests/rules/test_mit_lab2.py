"""The lab's rubric: points that the starter code printed, and boundary cases under the README's strict reading.

Source of the figures: abf149/lab2-2022-abf149, notebooks of workspace/lab2 (get_score), and its README's rubric.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

import costmodel
from costmodel.ir.activations import LayerBytes, LimitedActivations
from costmodel.ir.verdict import Outcome
from tests.rules.conftest import Make


def judged(
    make: Make, error: str, energy: str, cycles: str, peak: int, reading: str = "as-written"
) -> costmodel.Verdict:
    facts = {"error_rate": error, "energy": energy, "latency": cycles}
    return costmodel.judge(make(peak=peak, lab=peak), "mit-lab2-2022", facts=facts, reading=reading)


@pytest.mark.parametrize(
    ("error", "energy", "cycles", "peak", "points", "metric"),
    [
        ("0", "0.02305514", "22366", 31104, 120, 0.0745533),
        ("59.17", "0.02305514", "22366", 31104, 0, 5.00539),
        ("55.18", "0.02305514", "22366", 31104, 0, 4.67289),
        ("50.93", "0.02305514", "22366", 31104, 0, 4.31872),
        ("20", "0.12881117", "31358", 49920, 90, 1.77119),
    ],
)
def test_points_and_metric_that_the_course_printed(
    analysis: Make, error: str, energy: str, cycles: str, peak: int, points: int, metric: float
) -> None:
    verdict = judged(analysis, error, energy, cycles, peak)
    assert verdict.points is not None
    assert verdict.points.total == points
    assert verdict.metric is not None
    assert verdict.metric.value == pytest.approx(metric, abs=6e-6)


def test_a_verdict_names_the_layers_that_its_limit_on_activations_is_about(analysis: Make) -> None:
    found = analysis(peak=300, lab=500)
    largest = (LayerBytes(layer="b", where="net.py:4", nbytes=300), LayerBytes(layer="a", where="", nbytes=200))
    others = (LayerBytes(layer="c", where="net.py:9", nbytes=500),)
    peak = replace(found.totals.peak_activation_bytes, largest_layer_io=largest, largest_lab_profiler=others)
    found = replace(found, totals=replace(found.totals, peak_activation_bytes=peak))
    as_written = costmodel.judge(found, "mit-lab2-2022", facts={}).activations
    assert as_written == LimitedActivations(rule="peak activation", layers=largest)
    by_the_course = costmodel.judge(found, "mit-lab2-2022", facts={}, reading="course-profiler").activations
    assert by_the_course == LimitedActivations(rule="peak activation", layers=others)
    assert costmodel.judge(analysis(), "mit-lab2-2022", facts={}).activations is None  # no layer is named
    assert costmodel.judge(found, "haet-2021", facts={}).activations is None  # no such limit


@pytest.mark.parametrize(
    ("error", "energy", "cycles", "peak", "points"),
    [
        # the README's "<" is strict; the starter code gives the better cell on each boundary
        ("19", "0.5", "50000", 1, 95),
        ("19", "1.0", "50000", 1, 90),
        ("19", "1.5", "50000", 1, 85),
        ("19", "2.0", "50000", 1, 80),
        ("19", "0.1", "100000", 1, 95),
        ("19", "0.1", "1000000", 1, 80),
        ("19", "0.1", "50000", 1_000_000, 0),
        ("19", "0.1", "50000", 999_999, 100),
        ("50", "0.1", "50000", 1, 0),
        ("49.999", "0.1", "50000", 1, 70),
        ("4.999", "0.1", "50000", 1, 120),
        ("5", "0.1", "50000", 1, 110),
        ("9.5", "0.1", "50000", 1, 110),
        ("49.5", "0.1", "50000", 1, 70),
    ],
)
def test_boundaries_under_the_strict_reading(
    analysis: Make, error: str, energy: str, cycles: str, peak: int, points: int
) -> None:
    verdict = judged(analysis, error, energy, cycles, peak)
    assert verdict.points is not None
    assert verdict.points.total == points


@pytest.mark.parametrize(
    ("error", "energy", "cycles", "peak", "points"),
    [
        # get_score of the starter notebooks on the same values (oracle of the course's repository)
        ("19", "0.5", "50000", 1, 100),
        ("19", "1.0", "50000", 1, 95),
        ("19", "1.5", "50000", 1, 90),
        ("19", "2.0", "50000", 1, 85),
        ("19", "0.1", "100000", 1, 100),
        ("19", "0.1", "1000000", 1, 85),
        ("19", "0.1", "50000", 1_000_000, 100),
        ("19", "0.1", "50000", 1_000_001, 0),
        ("50", "0.1", "50000", 1, 70),
        ("40", "0.1", "50000", 1, 70),
    ],
)
def test_boundaries_under_the_starter_codes_reading(
    analysis: Make, error: str, energy: str, cycles: str, peak: int, points: int
) -> None:
    verdict = judged(analysis, error, energy, cycles, peak, "starter-code")
    assert verdict.points is not None
    assert verdict.points.total == points


def test_a_verdict_on_a_boundary_says_that_another_reading_changes_it(analysis: Make) -> None:
    verdict = judged(analysis, "19", "0.5", "50000", 1)
    assert [(r.reading, r.points) for r in verdict.readings if r.differs] == [("starter-code", 100)]
    assert [note for note in verdict.notes if "starter-code" in note and "100 points" in note]
    inside = judged(analysis, "19", "0.4", "50000", 1)
    assert not [r for r in inside.readings if r.differs]


@pytest.mark.parametrize(("accuracy", "points"), [("80", 50), ("90", 60), ("70", 40), ("95", 70), ("51", 30)])
def test_error_from_accuracy_is_a_decimal_not_a_binary_float(analysis: Make, accuracy: str, points: int) -> None:
    # (1 - 0.80) · 100 is 19.999999999999996 in binary, and would fall into the next better cell
    verdict = costmodel.judge(analysis(), "mit-lab2-2022", facts={"accuracy": accuracy})
    assert verdict.points is not None
    assert verdict.points.tables[0].points == points


def test_without_facts_everything_that_needs_them_is_undecided(analysis: Make) -> None:
    verdict = costmodel.judge(analysis(), "mit-lab2-2022")
    assert verdict.outcome is Outcome.UNDECIDED
    assert [f.outcome for f in verdict.findings] == [Outcome.PASS, Outcome.UNDECIDED]
    assert verdict.points is not None
    assert verdict.points.total is None
    assert verdict.metric is not None
    assert verdict.metric.value is None


def test_a_failed_hard_constraint_is_zero_points_though_others_are_unknown(analysis: Make) -> None:
    verdict = costmodel.judge(analysis(peak=2_000_000, lab=2_000_000), "mit-lab2-2022")
    assert verdict.outcome is Outcome.FAIL
    assert verdict.points is not None
    assert verdict.points.total == 0


def test_the_verdict_notes_when_the_two_conventions_disagree_about_the_limit(analysis: Make) -> None:
    apart = costmodel.judge(analysis(peak=1_100_000, lab=900_000), "mit-lab2-2022")
    assert [note for note in apart.notes if "disagree" in note]
    together = costmodel.judge(analysis(peak=1_200_000, lab=1_100_000), "mit-lab2-2022")
    assert not [note for note in together.notes if "disagree" in note]


def test_the_layer_with_the_most_activation_is_named(analysis: Make) -> None:
    broken = judged(analysis, "20", "0.1", "50000", 1_048_000).findings[0]
    assert broken.because.startswith("1,048,000 is not < 1,000,000; the most is in a; 1 MB is read as")
    holds = judged(analysis, "20", "0.1", "50000", 1).findings[0]
    assert holds.because.startswith("the most is in a; 1 MB is read as")
    other = judged(analysis, "20", "0.1", "50000", 1, "course-profiler").findings[0]
    assert other.because.startswith("the most is in b; ")
