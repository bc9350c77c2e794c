"""A rule that may be read in two ways: decided where both agree; else by a person, or by the course with --reading."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import costmodel
from costmodel.errors import RulebookError
from costmodel.ir.codec import dumps, loads
from costmodel.ir.verdict import Claim, Finding, Outcome, Verdict
from costmodel.rules.judging.limits import finding_of
from costmodel.rules.judging.points import points_of
from costmodel.rules.schema.limit import LimitSpec
from costmodel.rules.schema.points import PointTable
from costmodel.rules.schema.rulebook import load_rulebook
from costmodel.rules.value import Value
from tests.rules.conftest import Make

LABS = ("mit-lab2-2022", "mit-lab1-4-2023")
FACTS = {"error_rate": "19", "energy": "0.1", "latency": "50000", "epochs": 5}


def judged(make: Make, peak: int, lab: int, book: str = LABS[0], **given: Any) -> Verdict:
    facts = {**{k: v for k, v in FACTS.items() if k != "epochs"}, **given.pop("facts", {})}
    return costmodel.judge(make(peak=peak, lab=lab), book, facts=facts, **given)


def activation(verdict: Verdict) -> Finding:
    return next(f for f in verdict.findings if f.rule == "peak activation")


@pytest.mark.parametrize("book", LABS)
@pytest.mark.parametrize(
    ("peak", "lab", "outcome"),
    [
        (943_200, 1_843_200, Outcome.UNDECIDED),
        (1_843_200, 943_200, Outcome.UNDECIDED),
        (999_999, 1_000_000, Outcome.UNDECIDED),
        (1_000_000, 999_999, Outcome.UNDECIDED),
        (999_999, 999_999, Outcome.PASS),
        (1_000_000, 1_000_000, Outcome.FAIL),
        (1, 999_999, Outcome.PASS),
        (2_000_000, 1_000_000, Outcome.FAIL),
    ],
)
def test_it_is_decided_where_both_agree(analysis: Make, book: str, peak: int, lab: int, outcome: Outcome) -> None:
    assert activation(judged(analysis, peak, lab, book)).outcome is outcome


def test_both_numbers_are_said_with_their_layer_and_the_points_wait(analysis: Make) -> None:
    verdict = judged(analysis, 943_200, 1_843_200)
    assert verdict.outcome is Outcome.UNDECIDED
    assert activation(verdict).because.startswith(
        "943,200 by the reading every-layer (the most is in a) and "
        "1,843,200 by the reading course-profiler (the most is in b): a person decides"
    )
    assert verdict.points is not None
    assert verdict.points.total is None
    assert [row.points for row in verdict.points.tables] == [60, 20, 20]
    (claim,) = [c for c in verdict.claims if c.metric == "peak_activation_bytes"]
    assert (claim.used, claim.other) == (943_200, 1_843_200)
    assert {row.reading: (row.outcome.value, row.points) for row in verdict.readings if row.differs} == {
        "every-layer": ("PASS", 100),
        "course-profiler": ("FAIL", 0),
    }


def test_the_lines_of_both_layers_are_said(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(TWO_PEAKS, encoding="utf-8")
    verdict = costmodel.check(f"{tmp_path}/net.py:Net", LABS[0], input="3x48x48")
    finding = activation(verdict)
    # add: two inputs and an output of 64 x 48 x 48 floats; the script sees the convolution's 3 + 64 channels alone
    assert finding.because.startswith(
        "1,769,472 by the reading every-layer (the most is in add, net.py:13) and "
        "617,472 by the reading course-profiler (the most is in a, net.py:12): a person decides"
    )
    assert finding.readings == ("every-layer", "course-profiler")


TWO_PEAKS = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 64, 3, padding=1), nn.Linear(64, 10)

    def forward(self, x):
        # a comment
        x = self.a(x)
        x = x + x.relu()
        return self.b(x.mean((2, 3)))
"""


@pytest.mark.parametrize(
    ("reading", "outcome", "points"), [("every-layer", Outcome.PASS, 100), ("course-profiler", Outcome.FAIL, 0)]
)
def test_a_course_decides_with_a_reading(analysis: Make, reading: str, outcome: Outcome, points: int) -> None:
    verdict = judged(analysis, 943_200, 1_843_200, reading=reading)
    assert (verdict.outcome, activation(verdict).outcome) == (outcome, outcome)
    assert verdict.points is not None
    assert verdict.points.total == points


def test_other_readings_keep_both(analysis: Make) -> None:
    assert activation(judged(analysis, 943_200, 1_020_000, reading="mebibyte")).outcome is Outcome.PASS
    assert activation(judged(analysis, 943_200, 1_843_200, reading="starter-code")).outcome is Outcome.UNDECIDED


@pytest.mark.parametrize(
    ("reading", "outcome", "points"),
    [
        ("as-written", Outcome.UNDECIDED, None),
        ("every-layer", Outcome.PASS, 100),
        ("course-profiler", Outcome.FAIL, 0),
    ],
)
def test_a_saved_verdict_is_ranked_as_it_was_judged(
    analysis: Make, reading: str, outcome: Outcome, points: int | None
) -> None:
    saved = loads(Verdict, dumps(judged(analysis, 943_200, 1_843_200), Verdict.SCHEMA), Verdict.SCHEMA)
    (entry,) = costmodel.rank([saved], LABS[0], reading=reading).entries
    assert (entry.outcome, entry.points, entry.rank is not None) == (outcome, points, outcome is Outcome.PASS)
    assert entry.because or outcome is Outcome.PASS


def claim_of(verdict: Verdict) -> Claim:
    return next(c for c in verdict.claims if c.metric == "peak_activation_bytes")


@pytest.mark.parametrize(
    ("claimed", "by", "outcome"),
    [(491_520, "", Outcome.PASS), (204_800, "course-profiler", Outcome.PASS), (204_801, "", Outcome.UNDECIDED)],
)
def test_a_claim_says_by_which_reading_it_agrees(analysis: Make, claimed: int, by: str, outcome: Outcome) -> None:
    verdict = judged(analysis, 491_520, 204_800, facts={"claimed_peak_activation_bytes": claimed})
    claim = claim_of(verdict)
    assert (claim.agrees, claim.agrees_by) == (outcome is Outcome.PASS, by)
    (finding,) = [f for f in verdict.findings if f.rule.startswith("claim")]
    assert finding.outcome is outcome
    assert (f"it agrees by the reading {by} alone" in finding.because) == bool(by)
    due = f"{claimed if outcome is Outcome.PASS else 491_520:,}"
    assert finding.limit == f"= {due}", "never = another number than the one that it agrees with"


def test_points_of_two_values_are_those_on_which_they_agree() -> None:
    table = PointTable.model_validate(
        {"table": "t", "metric": "m", "cells": [{"below": 10, "points": 2}], "otherwise": 0, "source": "made"}
    )

    def row(one: int, two: int) -> int | None:
        value = Value(Decimal(one), by="one", other=Value(Decimal(two), by="two"))
        return points_of((table,), lambda _: value, (), {}, lambda _: 0).tables[0].points

    assert [row(1, 9), row(10, 11), row(9, 10), row(10, 9)] == [2, 0, None, None]


def test_what_others_are_made_of_has_one_reading(tmp_path: Path) -> None:
    file = tmp_path / "book.yaml"
    text = (Path(costmodel.__file__).parent / "rules/books/haet-2021.yaml").read_text(encoding="utf-8")
    figure = "    figure: all_parameters\n"
    file.write_text(text.replace(figure, f"{figure}    either_figure: parameters\n"), encoding="utf-8")
    with pytest.raises(RulebookError, match="either_figure is for limits and points, not for sums and ranks"):
        load_rulebook(str(file))


# what was computed wrongly, or not at all


def test_frozen_parameters_are_parameters_of_haet(analysis: Make) -> None:
    made = analysis(parameters=10, frozen=90, training=1000)
    verdict = costmodel.judge(made, "haet-2021", facts={"accuracy": 95})
    assert verdict.metric is not None
    assert verdict.metric.value == 1100


@pytest.mark.parametrize(("live", "outcome"), [(6_000_000_001, Outcome.FAIL), (6_000_000_000, Outcome.UNDECIDED)])
def test_more_than_a_board_may_hold_is_too_much_though_nobody_measured(
    analysis: Make, live: int, outcome: Outcome
) -> None:
    facts = {"accuracy": 80, "training_seconds": 1000}
    verdict = costmodel.judge(analysis(live=live), "budgeted-training-iccv-2023", facts=facts)
    (memory,) = [f for f in verdict.findings if f.rule == "GPU memory"]
    assert (memory.outcome, memory.at_least, memory.measured) == (outcome, True, live)
    assert "gpu_memory_bytes" in verdict.missing_facts
    claimed = {**facts, "claimed_gpu_memory_bytes": 5_000_000_000}
    said = costmodel.judge(analysis(live=live), "budgeted-training-iccv-2023", facts=claimed)
    assert said.findings[1].outcome is outcome, "what is claimed proves nothing"
    measured = {**facts, "gpu_memory_bytes": 5_000_000_000}
    given = costmodel.judge(analysis(live=live), "budgeted-training-iccv-2023", facts=measured)
    assert given.findings[1].outcome is Outcome.PASS, "a measurement decides"
    assert costmodel.judge(analysis(live=live), "budgeted-training-iccv-2023").outcome is (
        Outcome.FAIL if outcome is Outcome.FAIL else Outcome.UNDECIDED
    )


@pytest.mark.parametrize(
    ("ran", "outcome", "said"),
    [
        (("SGD",), Outcome.PASS, "sgd is one of them"),
        (("SGD", "SGD"), Outcome.PASS, "sgd is one of them"),
        (("Adam",), Outcome.FAIL, "adam is none of them"),
        (("Adam", "AdamW"), Outcome.FAIL, "adam and adamw are none of them"),
        (("SGD", "Adam"), Outcome.FAIL, "adam is none of them"),
        (
            ("own class SGD",),
            Outcome.UNDECIDED,
            "the optimizer is of an own class SGD: a person has to see what it does",
        ),
    ],
)
def test_the_optimizer_that_ran_is_one_of_those_allowed(
    analysis: Make, ran: tuple[str, ...], outcome: Outcome, said: str
) -> None:
    verdict = costmodel.judge(analysis(optimizers=ran), "mit-lab1-4-2023")
    (optimizer,) = [f for f in verdict.findings if f.rule == "optimizer"]
    assert (optimizer.outcome, optimizer.because) == (outcome, said)


@pytest.mark.parametrize(
    ("allowed", "outcome", "said"),
    [
        (("sgd", "adam"), Outcome.PASS, "sgd and adam are among them"),
        (("sgd",), Outcome.FAIL, "adam is none of them"),
        (("lamb",), Outcome.FAIL, "sgd and adam are none of them"),
    ],
)
def test_each_of_several_words_is_one_of_those_allowed(allowed: tuple[str, ...], outcome: Outcome, said: str) -> None:
    limit = LimitSpec.model_validate(
        {"rule": "o", "metric": "o", "operator": "one of", "one_of": allowed, "source": "s", "on_failure": "zero"}
    )
    finding = finding_of(limit, "name", Value(None, word="sgd and adam", words=("sgd", "adam")))
    assert (finding.outcome, finding.because) == (outcome, said)


LENET = "examples/zoo/lenet.py:LeNet5"


def test_a_plain_network_is_counted_for_micronet(in_root: Path) -> None:
    verdict = costmodel.check(LENET, "micronet-2019", facts={"accuracy": 81})
    assert verdict.outcome is Outcome.PASS
    computed = {claim.metric: claim.used for claim in verdict.claims}
    # one inference of LeNet-5 by hand (COUNTING, the hand oracle), and its 62,006 parameters
    assert (computed["parameters"], computed["operations"]) == (62_006, 1_314_676)
    assert verdict.metric is not None
    assert verdict.metric.value == pytest.approx(62_006 / 36_500_000 + 1_314_676 / 10_490_000_000)
    quantised = {"accuracy": 81, "parameters": 15_501, "operations": 400_000}
    given = costmodel.check(LENET, "micronet-2019", facts=quantised)
    assert {claim.metric: claim.used for claim in given.claims}["parameters"] == 15_501


def test_a_network_of_16_bits_counts_its_parameters_by_their_bits(in_root: Path) -> None:
    from examples.zoo.lenet import LeNet5

    verdict = costmodel.check(lambda: LeNet5().half(), "micronet-2019", facts={"accuracy": 81}, input="3x32x32:float16")
    computed = {claim.metric: claim.used for claim in verdict.claims}
    assert computed["parameters"] == 31_003
    (operations,) = [f for f in verdict.findings if f.rule == "operations"]
    assert operations.outcome is Outcome.UNDECIDED
    assert "give its operations as a fact" in operations.because
