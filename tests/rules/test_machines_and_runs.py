"""What a rulebook needs to be judged, its machine's own settings, several runs of one metric, and who gets a bonus."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from costmodel.hardware.machines import load_hardware
from costmodel.rules.figures import Computed
from costmodel.rules.judging.evidence import Evidence
from costmodel.rules.judging.judge import judge
from costmodel.rules.ranking.rank import Contender
from costmodel.rules.ranking.sensitivity import rank
from costmodel.rules.schema.rulebook import HardwareRule, load_rulebook
from costmodel.rules.value import Fact, FactSheet
from tests.rules.test_tables_of_judging import book, sheet


def test_an_edition_has_its_own_settings_of_the_mapper() -> None:
    spec = load_hardware("simple_weight_stationary")
    assert spec.mapper is not None
    plain = HardwareRule(machine="m", search="course", source="s")
    assert plain.on(spec) == spec
    changed = HardwareRule(machine="m", search="course", timeout=7, source="s").on(spec)
    assert changed.mapper is not None
    assert (changed.mapper.timeout, changed.mapper.victory_condition) == (7, spec.mapper.victory_condition)
    without = spec.model_copy(update={"mapper": None})
    assert HardwareRule(machine="m", search="course", timeout=7, source="s").on(without) == without


@pytest.mark.parametrize(
    ("name", "analysis", "inference"),
    [
        ("mit-lab2-2022", True, True), ("haet-2021", True, False), ("haet-2022", False, False),
        ("energy-cifar10-2021", False, False), ("micronet-2019", True, True), ("budgeted-training-iccv-2023", True, False),  # noqa: E501
    ],
)  # fmt: skip
def test_what_a_rulebook_needs(name: str, analysis: bool, inference: bool) -> None:
    rules = load_rulebook(name)
    assert (rules.needs_analysis, rules.needs_inference) == (analysis, inference)


@pytest.mark.parametrize(
    ("how", "runs", "value", "because"),
    [
        (None, ("81",), "81", "why"), ("mean", ("81",), "81", "why"), ("mean", ("80", "81", "84"), "81.66666666666666666666666667", "why, mean of 3 runs"),  # noqa: E501
        ("median", ("80", "84", "81"), "81", "why, median of 3 runs"), ("median", ("80", "81"), "80.5", "why, median of 2 runs"),  # noqa: E501
        ("min", ("82", "81"), "81", "why, min of 2 runs"), ("max", ("82", "81"), "82", "why, max of 2 runs"),
        (None, ("80", "81"), None, "accuracy_percent: 2 runs are given, and the rules take one"),
    ],
)  # fmt: skip
def test_several_runs_become_one_value(how: str | None, runs: tuple[str, ...], value: str | None, because: str) -> None:
    rules = book(metrics={"accuracy_percent": {"unit": "%", "aggregate": how}, "energy_joules": {"unit": "J"}})
    fact = Fact(runs=tuple(map(Decimal, runs)), because="why", uncertainty=Decimal(2))
    found = Evidence(rules, Computed(from_table=True), FactSheet({"accuracy_percent": fact})).value("accuracy_percent")
    assert (found.amount, found.because) == (None if value is None else Decimal(value), because)
    assert found.uncertainty == (0 if value is None else 2)


def test_as_many_runs_as_the_rules_ask_for_or_one() -> None:
    rules = book(
        metrics={"accuracy_percent": {"unit": "%", "aggregate": "mean", "runs": 3}, "energy_joules": {"unit": "J"}}
    )
    for runs, because in ((1, "given as a fact"), (3, "given as a fact, mean of 3 runs"),
                          (2, "accuracy_percent: the rules take the mean of 3 runs, got 2")):  # fmt: skip
        facts = FactSheet({"accuracy_percent": Fact(runs=(Decimal(50),) * runs)})
        found = Evidence(rules, Computed(from_table=True), facts).value("accuracy_percent")
        assert (found.because, found.known) == (because, runs != 2)


@pytest.mark.parametrize(
    ("claimed", "width", "agrees"),
    [
        ("20.5", "0", False), ("20.5", "0.4", False), ("20.5", "0.5", True), ("20.0", "0", True), ("20.05", "0", False),
        ("20.04", "0", False), ("20.005", "0", False), ("20", "0", True), ("21", "0", False), ("21", "1", True),
    ],
)  # fmt: skip
def test_a_claim_agrees_within_its_own_width_or_half_its_last_digit(claimed: str, width: str, agrees: bool) -> None:
    said = Fact(runs=(Decimal(claimed),), uncertainty=Decimal(width))
    (claim, _) = judge(
        Computed(from_table=True), book(), FactSheet(sheet("20").measured, {"energy_joules": said}), subject="x"
    ).claims
    assert claim.agrees is agrees


def test_a_bonus_for_those_alone_that_have_points() -> None:
    def bonuses(energy: str, **bonus: Any) -> list[int | None]:
        ranking = {
            "name": "joules", "unit": "J", "order": "ascending", "source": "made", "terms": [{"metric": "energy_joules"}],  # noqa: E501
            "bonus": {"ranks": [{"first": 1, "last": 2, "points": 3}], "source": "made", **bonus},
        }  # fmt: skip
        entered = [Contender(name=name, facts=sheet(e)) for name, e in (("a", energy), ("b", "70"), ("c", "80"))]
        return [entry.bonus for entry in rank(entered, book(ranking=ranking)).entries]

    # below 50 J there are points
    assert bonuses("20") == bonuses("60") == [3, 3, 0]
    assert bonuses("20", if_base_points=True) == [3, 0, 0]
    assert bonuses("60", if_base_points=True) == [0, 0, 0]
