"""Judging, as tables written out: consequence × outcome, bound × points, uncertainty × threshold, rank × bonus."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

import costmodel
from costmodel.ir.verdict import Consequence, Finding, NextCell, Outcome, Verdict
from costmodel.rules.figures import Computed
from costmodel.rules.judging.judge import judge, overall
from costmodel.rules.ranking.rank import Contender, contender_of
from costmodel.rules.ranking.sensitivity import rank
from costmodel.rules.schema.points import PointTable
from costmodel.rules.schema.rulebook import Rulebook, load_rulebook
from costmodel.rules.value import Fact, FactSheet
from tests.rules.conftest import Make

PASS, FAIL, UNDECIDED = Outcome.PASS, Outcome.FAIL, Outcome.UNDECIDED


def book(*limits: dict[str, Any], **more: Any) -> Rulebook:
    """Joules rank, ascending; 10 points below 30 joules, 5 below 50; a bonus of 3 for the first rank."""
    return Rulebook.model_validate(
        {
            "name": "tables", "edition": "1", "title": "tables", "source": "made by a test",
            "subject": {"input": "3x32x32"},
            "metrics": {
                "energy_joules": {"unit": "J", "source": "measured"},
                "accuracy_percent": {"unit": "%", "source": "measured"},
            },
            "limits": [{"source": "made", "metric": "accuracy_percent", **limit} for limit in limits],
            "points": [
                {
                    "table": "energy", "metric": "energy_joules", "source": "made",
                    "cells": [{"below": 30, "points": 10}, {"below": 50, "points": 5}], "otherwise": 0,
                }
            ],
            "ranking": {
                "name": "joules", "unit": "J", "order": "ascending", "source": "made",
                "terms": [{"metric": "energy_joules"}],
                "bonus": {"ranks": [{"first": 1, "last": 1, "points": 3}], "source": "made"},
            },
            **more,
        }
    )  # fmt: skip


def sheet(energy: str | None = "20", width: str = "0", *, at_least: bool = False, accuracy: str = "10") -> FactSheet:
    measured = {"accuracy_percent": Fact(runs=(Decimal(accuracy),))}
    if energy is not None:
        fact = Fact(runs=(Decimal(energy),), uncertainty=Decimal(width), at_least=at_least)
        measured["energy_joules"] = fact
    return FactSheet(measured)


def judged(rules: Rulebook, facts: FactSheet, *contract: Finding) -> Verdict:
    return judge(Computed(from_table=True), rules, facts, subject="x", contract=contract)


def finding(outcome: Outcome, consequence: Consequence) -> Finding:
    return Finding(
        rule="r", measured=None, at_least=False, limit="", unit="", outcome=outcome, because="made",
        consequence=consequence,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("consequence", "failed", "undecided"),
    [
        # outcome of the verdict, points (20 J: 10), ranked?
        # what may still take all points leaves them open
        ("zero", (FAIL, 0, False), (UNDECIDED, None, False)),
        ("disqualify", (FAIL, 0, False), (UNDECIDED, None, False)),
        ("unranked", (FAIL, 10, False), (UNDECIDED, 10, False)),
        ("flag", (UNDECIDED, 10, True), (UNDECIDED, 10, True)),
        ("note", (PASS, 10, True), (PASS, 10, True)),
    ],
)
def test_a_consequence_does_what_it_says_and_nothing_else(
    consequence: str, failed: tuple[Outcome, int, bool], undecided: tuple[Outcome, int | None, bool]
) -> None:
    limit = {"rule": "accurate", "operator": ">=", "value": 50, "on_failure": consequence}
    for facts, expected in ((sheet(), failed), (FactSheet({"energy_joules": Fact(runs=(Decimal(20),))}), undecided)):
        verdict = judged(book(limit), facts)
        assert verdict.points is not None
        (entry,) = rank([contender_of(verdict)], book(limit)).entries
        assert (verdict.outcome, verdict.points.total, entry.rank is not None) == expected
    of_a_file = judged(book(), sheet(accuracy="99"), finding(FAIL, Consequence(consequence)))
    assert of_a_file.points is not None
    assert (of_a_file.outcome, of_a_file.points.total) == failed[:2]
    fine = judged(book(limit), sheet(accuracy="50"))
    assert fine.points is not None
    assert (fine.outcome, fine.points.total) == (PASS, 10)


def test_the_worst_that_counts_decides() -> None:
    every = [(outcome, consequence) for outcome in Outcome for consequence in Consequence]
    failing = {Consequence.NONE, Consequence.ZERO, Consequence.DISQUALIFY, Consequence.UNRANKED}
    for outcome, consequence in every:
        alone = overall([finding(outcome, consequence)])
        if outcome is PASS or consequence is Consequence.NOTE:
            assert alone is PASS
        else:
            assert alone is (FAIL if outcome is FAIL and consequence in failing else UNDECIDED)
    assert overall([]) is PASS
    assert overall([finding(UNDECIDED, Consequence.ZERO), finding(FAIL, Consequence.ZERO)]) is FAIL
    assert overall([finding(FAIL, Consequence.FLAG), finding(PASS, Consequence.ZERO)]) is UNDECIDED


@pytest.mark.parametrize(
    ("energy", "width", "at_least", "points"),
    [
        ("29.999", "0", False, 10), ("30", "0", False, 5), ("49.999", "0", False, 5), ("50", "0", False, 0),
        # an interval has the points of its cell if it lies in one, whichever side is near
        ("27", "2", False, 10), ("28.5", "2", False, None), ("31", "2", False, None), ("33", "2", False, 5),
        ("47", "2", False, 5), ("48", "2", False, None), ("51.5", "2", False, None), ("53", "2", False, 0),
        # of a lower bound nothing is known
        ("20", "0", True, None), ("60", "0", True, None), (None, "0", False, None),
    ],
)  # fmt: skip
def test_points_of_a_value_an_interval_and_a_bound(
    energy: str | None, width: str, at_least: bool, points: int | None
) -> None:
    verdict = judged(book(), sheet(energy, width, at_least=at_least))
    assert verdict.points is not None
    assert [row.points for row in verdict.points.tables] == [points]
    assert (verdict.points.total, verdict.points.maximum) == (points, 10)


@pytest.mark.parametrize(
    ("operator", "value", "width", "at_least", "outcome"),
    [
        ("<", "49.9", "0", False, PASS), ("<", "50", "0", False, FAIL), ("<=", "50", "0", False, PASS),
        ("<=", "50.1", "0", False, FAIL), (">", "50", "0", False, FAIL), (">", "50.1", "0", False, PASS),
        (">=", "50", "0", False, PASS), (">=", "49.9", "0", False, FAIL),
        ("<", "45", "4", False, PASS), ("<", "45", "5", False, UNDECIDED), ("<=", "45", "5", False, PASS),
        ("<", "55", "4", False, FAIL), ("<", "55", "5", False, FAIL), ("<=", "55", "5", False, UNDECIDED),
        (">", "55", "5", False, UNDECIDED), (">=", "55", "5", False, PASS), (">=", "45", "5", False, UNDECIDED),
        # a lower bound breaks a maximum and reaches a minimum; else nothing is known
        ("<", "49", "0", True, UNDECIDED), ("<", "50", "0", True, FAIL), ("<=", "51", "0", True, FAIL),
        (">=", "50", "0", True, PASS), (">", "50", "0", True, UNDECIDED), (">=", "49", "0", True, UNDECIDED),
    ],
)  # fmt: skip
def test_a_limit_at_its_bound(operator: str, value: str, width: str, at_least: bool, outcome: Outcome) -> None:
    limit = {"rule": "l", "operator": operator, "value": 50, "on_failure": "zero"}
    fact = Fact(runs=(Decimal(value),), uncertainty=Decimal(width), at_least=at_least)
    verdict = judged(book(limit), FactSheet({"accuracy_percent": fact, "energy_joules": Fact(runs=(Decimal(1),))}))
    (decided,) = verdict.findings
    assert decided.outcome is outcome
    assert decided.at_least is at_least


def contender(name: str, energy: str, width: str) -> Contender:
    return Contender(name=name, facts=sheet(energy, width))


def test_what_exact_measurements_would_change_is_told_with_bonus_and_points() -> None:
    ranking = rank([contender("a", "20", "5"), contender("b", "24", "0"), contender("c", "60", "0")], book())
    assert [(e.name, e.rank, e.points, e.bonus) for e in ranking.entries] == [
        ("a", 1, 10, 3), ("b", 1, 10, 3), ("c", 3, 0, 0),
    ]  # fmt: skip
    (row,) = ranking.sensitivity
    assert (row.reading, row.changes) == ("exact-measurements", True)
    assert row.what == ("b: rank 1, 10 points + 3 becomes rank 2, 10 points",)
    exact = rank([contender("a", "20", "0"), contender("b", "24", "0")], book())
    assert exact.sensitivity == ()


@pytest.mark.parametrize(
    ("begin", "amount", "points"),
    [
        ({"at_least": 5}, "4.9", 0), ({"at_least": 5}, "5", 7), ({"at_least": 5}, "9.9", 7), ({"at_least": 5}, "10", 0),
        ({"above": 5}, "5", 0), ({"above": 5}, "5.1", 7), ({"above": 0}, "0", 0), ({"at_least": 0}, "0", 7),
        ({"above": 1}, "1", 0), ({"at_least": 1}, "1", 7), ({}, "-3", 7),
    ],
)  # fmt: skip
def test_a_table_begins_where_its_first_cell_does(begin: dict[str, int], amount: str, points: int) -> None:
    table = PointTable.model_validate(
        {
            "table": "t", "metric": "m", "source": "made", "otherwise": 0,
            "cells": [{**begin, "below": 10, "points": 7}],
        }
    )  # fmt: skip
    assert table.points_of(Decimal(amount))[0] == points


@pytest.mark.parametrize(
    ("otherwise", "amount", "points", "better"),
    [
        # 7 below 10, 5 from there to 20 (included), 9 beyond that up to 30
        (0, "3", 7, (9, "above 20", "20")), (0, "12", 5, (7, "below 10", "10")), (0, "19", 5, (9, "above 20", "20")),
        (0, "20", 5, (9, "above 20", "20")), (0, "25", 9, None), (0, "31", 0, (9, "below 30", "30")),
        (11, "25", 9, (11, "at least 30", "30")), (11, "31", 11, None), (0, "-1", 0, (7, "at least 0", "0")),
    ],
)  # fmt: skip
def test_the_nearest_cell_that_gives_more(
    otherwise: int, amount: str, points: int, better: tuple[int, str, str] | None
) -> None:
    cells = [
        {"at_least": 0, "below": 10, "points": 7}, {"at_most": 20, "points": 5}, {"below": 30, "points": 9},
    ]  # fmt: skip
    table = PointTable.model_validate(
        {"table": "t", "metric": "m", "source": "made", "otherwise": otherwise, "cells": cells}
    )
    found = table.next_better(Decimal(amount), points)
    assert found == (None if better is None else (better[0], better[1], Decimal(better[2])))


def test_what_more_points_need_is_said_beside_the_points(analysis: Make) -> None:
    facts = {"error_rate_percent": "21.7", "energy_mj": "0.4", "cycles": "250000"}
    verdict = costmodel.judge(analysis(peak=999_999, lab=999_999), "mit-lab2-2022", facts=facts)
    assert verdict.points is not None
    error, energy, latency = verdict.points.tables
    assert error.better == NextCell(points=60, text="below 20", away=1.7)
    assert (energy.better, energy.unit) == (None, "mJ")
    # on the bound, which lies outside of the cell
    assert latency.better == NextCell(points=15, text="below 250,000", away=0)
    peak, rate = verdict.findings[:2]
    assert (peak.operator, peak.bound, rate.operator, rate.bound) == ("<", 1_000_000, "<", 50)
    unknown = costmodel.judge(analysis(), "mit-lab2-2022", facts={})
    assert [row.better for row in unknown.points.tables if unknown.points] == [None] * 3  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["haet-2022", "budgeted-training-iccv-2023"])
def test_the_seeds_that_publish_a_leaderboard(name: str) -> None:
    ranking = load_rulebook(name).ranking
    assert ranking is not None
    assert ranking.publish_rank
    others = [load_rulebook(other).ranking for other in ("mit-lab2-2022", "energy-cifar10-2021", "haet-2021")]
    assert [other.publish_rank for other in others if other is not None] == [False] * 3


def test_intervals_tie_alike_whichever_end_is_best() -> None:
    up = book()
    assert up.ranking is not None
    down = up.model_copy(update={"ranking": up.ranking.model_copy(update={"order": "descending"})})
    entered = [contender("a", "96", "1"), contender("b", "95", "1"), contender("c", "92", "1")]
    assert [(e.name, e.rank) for e in rank(entered, up).entries] == [("c", 1), ("b", 2), ("a", 2)]
    assert [(e.name, e.rank) for e in rank(entered, down).entries] == [("a", 1), ("b", 1), ("c", 3)]


def test_a_claim_is_compared_with_the_value_that_decides() -> None:
    facts = sheet("1234")
    claimed = FactSheet(facts.measured, {"energy_joules": Fact(runs=(Decimal(1200),))})
    (of_claim,) = judged(book(), claimed).findings
    assert (of_claim.rule, of_claim.measured, of_claim.limit) == ("claim: energy_joules", 1200, "= 1,234")
    assert of_claim.outcome is UNDECIDED
    assert of_claim.because == "the submission claims 1,200; measured: 1,234: a person should look"
    agreed = FactSheet(facts.measured, {"energy_joules": Fact(runs=(Decimal(1234),))})
    (of_claim,) = judged(book(), agreed).findings
    assert (of_claim.outcome, of_claim.because) == (PASS, "the submission claims 1,234; measured: 1,234")


def test_an_entry_without_a_place_has_no_bonus_and_one_that_is_open_may_still_get_it() -> None:
    limit = {"rule": "accurate", "operator": ">=", "value": 50, "on_failure": "unranked"}
    known = sheet("20", accuracy="10")
    entered = [
        Contender(name="out", facts=known), Contender(name="open", facts=FactSheet({"energy_joules": known.measured["energy_joules"]})),  # noqa: E501
        Contender(name="in", facts=sheet("20", accuracy="50")),
    ]  # fmt: skip
    with_bonus = rank(entered, book(limit))
    assert [(e.name, e.outcome, e.points, e.bonus, e.rank) for e in with_bonus.entries] == [
        ("in", PASS, 10, 3, 1), ("open", UNDECIDED, 10, None, None), ("out", FAIL, 10, 0, None),
    ]  # fmt: skip
    plain = book(limit)
    assert plain.ranking is not None
    without = plain.model_copy(update={"ranking": plain.ranking.model_copy(update={"bonus": None})})
    assert [e.bonus for e in rank(entered, without).entries] == [None, None, None]


def test_the_width_of_an_interval_is_the_same_whichever_end_is_best() -> None:
    up = book()
    assert up.ranking is not None
    down = up.model_copy(update={"ranking": up.ranking.model_copy(update={"order": "descending"})})
    for low, ranks in (("94", [1, 1]), ("93.9", [1, 2])):
        entered = [contender("a", "96", "1"), contender("b", low, "1")]
        assert [e.rank for e in rank(entered, down).entries] == ranks
        assert [e.rank for e in rank(entered, up).entries] == ranks
