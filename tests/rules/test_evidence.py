"""Who is believed: computed, measured and claimed values of one metric, side by side."""

from __future__ import annotations

from decimal import Decimal

import pytest

import costmodel
from costmodel.ir.verdict import Claim, Outcome, Verdict
from costmodel.rules.judging.evidence import half_a_digit
from tests.rules.conftest import Make


def claim(verdict: Verdict, metric: str) -> Claim:
    return next(c for c in verdict.claims if c.metric == metric)


def test_a_fact_does_not_override_what_the_graph_says(analysis: Make) -> None:
    verdict = costmodel.judge(
        analysis(peak=2_000_000, lab=2_000_000), "mit-lab2-2022", facts={"peak_activation_bytes": 1}
    )
    assert verdict.findings[0].outcome is Outcome.FAIL
    said = claim(verdict, "peak_activation_bytes")
    assert (said.computed, said.measured, said.used, said.origin) == (2_000_000, 1, 2_000_000, "computed")


def test_a_measured_fact_decides_where_nothing_can_be_computed(analysis: Make) -> None:
    verdict = costmodel.judge(analysis(), "mit-lab2-2022", facts={"energy_mj": "0.4"})
    assert claim(verdict, "energy_mj").origin == "measured"


def test_a_claim_alone_decides_nothing(analysis: Make) -> None:
    verdict = costmodel.judge(analysis(), "mit-lab2-2022", facts={"claimed_error_rate_percent": 3})
    error = verdict.findings[1]
    assert error.outcome is Outcome.UNDECIDED
    assert "only claimed" in error.because


@pytest.mark.parametrize(
    ("claimed", "used", "agrees"),
    [
        ("0.4582", "0.45824", True),  # rounded to four decimals
        ("0.4", "0.47", True),  # within the sixteen percent that the same network was profiled apart
        ("0.4", "0.6", False),
    ],
)
def test_a_claim_that_disagrees_beyond_rounding_is_a_finding(
    analysis: Make, claimed: str, used: str, agrees: bool
) -> None:
    facts = {"claimed_energy_mj": claimed, "energy_mj": used, "error_rate_percent": 5}
    verdict = costmodel.judge(analysis(), "mit-lab2-2022", facts=facts)
    finding = next(f for f in verdict.findings if f.rule == "claim: energy_mj")
    assert finding.outcome is (Outcome.PASS if agrees else Outcome.UNDECIDED)
    assert claim(verdict, "energy_mj").agrees is agrees
    # it is for a person to look at, never an automatic zero
    assert verdict.points is not None
    assert verdict.points.tables[1].points == (20 if Decimal(used) < Decimal("0.5") else 15)


def test_an_exact_claim_must_be_exact(analysis: Make) -> None:
    facts = {"claimed_peak_activation_bytes": 131072, "error_rate_percent": 5}
    same = costmodel.judge(analysis(peak=131072, lab=131072), "mit-lab2-2022", facts=facts)
    assert claim(same, "peak_activation_bytes").agrees
    other = costmodel.judge(analysis(peak=131073, lab=131073), "mit-lab2-2022", facts=facts)
    assert claim(other, "peak_activation_bytes").agrees is False
    assert other.outcome is Outcome.UNDECIDED


def test_half_a_unit_of_the_last_digit_written() -> None:
    assert half_a_digit(Decimal("0.4582")) == Decimal("0.00005")
    assert half_a_digit(Decimal("131072")) == 0
    assert half_a_digit(Decimal("12E2")) == 0


def test_a_verdict_names_no_option_and_what_is_missing_is_known(analysis: Make) -> None:
    verdict = costmodel.judge(analysis(training=None), "haet-2021")
    assert verdict.length_unknown
    assert [f.because for f in verdict.findings] == [
        "the length of the training is unknown: the numbers of samples and of epochs have to be given",
        "accuracy_percent is not known before the run: it has to be given as a fact, in %",
    ]  # fmt: skip
    assert verdict.missing_facts == ("accuracy_percent",)
    assert costmodel.judge(analysis(), "haet-2021", facts={"error_rate_percent": 5}).missing_facts == ()
    claimed = costmodel.judge(analysis(), "haet-2021", facts={"claimed_accuracy_percent": 99})
    assert claimed.missing_facts == ("accuracy_percent",)


def test_what_is_missing_is_what_something_hangs_on_and_nobody_gave(analysis: Make) -> None:
    # a limit that is only noted decides nothing
    assert costmodel.judge(analysis(), "haet-2022").missing_facts == ("training_seconds", "accuracy_percent")
    # four runs are given where the rules take five: that is another mistake
    four = {"training_seconds": 500, "accuracy_percent": "80;81;82;83"}
    assert costmodel.judge(analysis(), "haet-2022", facts=four, reading="five-runs").missing_facts == ()
    # what can be computed is not asked for
    assert costmodel.judge(analysis(), "micronet-2019").missing_facts == ("accuracy_percent",)
