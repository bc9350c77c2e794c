"""Rankings: the seeds' own examples, who is out and why, ties, brackets, bonus, readings, uncertainty."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import replace

import pytest

import costmodel
from costmodel.errors import RulebookError, UnknownNameError
from costmodel.ir.ranking import Ranking
from costmodel.ir.verdict import Consequence, Finding, Outcome
from costmodel.reports import View, render
from costmodel.rules.judging.given_facts import parse_facts
from costmodel.rules.ranking.rank import Contender, contender_of
from costmodel.rules.ranking.sensitivity import rank
from costmodel.rules.ranking.ties import Placed, tie_groups, with_ranks
from costmodel.rules.schema.rulebook import load_rulebook
from tests.rules.conftest import Make

Table = Mapping[str, Mapping[str, str]]


def ranked(rules: str, table: Table, reading: str = "as-written") -> Ranking:
    book = load_rulebook(rules)
    contenders = []
    for name, row in table.items():
        facts = {key: value for key, value in row.items() if key not in ("task", "submitted")}
        sheet = parse_facts(facts, book)
        contenders.append(Contender(name=name, facts=sheet, task=row.get("task"), submitted=row.get("submitted", "")))
    return rank(contenders, book, reading=reading)


def places(ranking: Ranking) -> list[tuple[str, str | None, object]]:
    return [(e.name, e.bracket, e.rank) for e in ranking.entries]


ENERGY = {
    "Algo1": {"accuracy_percent": "96.5", "energy_joules": "150000"},
    "Algo2": {"accuracy_percent": "92.5", "energy_joules": "10000"},
    "Algo3": {"accuracy_percent": "98.5", "energy_joules": "5000000"},
}
"""The example of the competition page (GreenAI-Uppa, 2021-10-20)."""


def test_the_energy_competitions_own_example_comes_out_as_written() -> None:
    ranking = ranked("energy-cifar10-2021", ENERGY)
    assert places(ranking) == [("Algo1", "95%", 1), ("Algo3", "95%", 2), ("Algo2", "90%", 1)]
    assert [e.award for e in ranking.entries] == ["best in 95%", None, "best in 90%"]


def test_every_level_that_is_reached_under_the_cumulative_reading() -> None:
    ranking = ranked("energy-cifar10-2021", ENERGY, "cumulative")
    assert places(ranking) == [
        ("Algo1", "95%", 1), ("Algo3", "95%", 2), ("Algo2", "90%", 1), ("Algo1", "90%", 2), ("Algo3", "90%", 3),
    ]  # fmt: skip


def test_the_later_edition_has_half_open_intervals() -> None:
    table = {
        "a": {"accuracy_percent": "90", "energy_joules": "5"},
        "b": {"accuracy_percent": "89.999", "energy_joules": "5"},
        "c": {"accuracy_percent": "100", "energy_joules": "5"},
        "d": {"accuracy_percent": "79.99", "energy_joules": "5"},
    }
    brackets = {e.name: e.bracket for e in ranked("energy-cifar10-2021-intervals", table).entries}
    assert brackets == {"a": "[90-95[", "b": "[80-90[", "c": "[95-100]", "d": None}


def test_energy_is_scaled_to_two_hundred_iterations() -> None:
    table = {
        "forty": {"accuracy_percent": "96", "energy_joules": "40", "iterations": "40"},
        "all": {"accuracy_percent": "96", "energy_joules": "190", "iterations": "200"},
        "none": {"accuracy_percent": "96", "energy_joules": "300", "iterations": "0"},
    }
    ranking = ranked("energy-cifar10-2021", table)
    assert [(e.name, e.metric, e.rank) for e in ranking.entries] == [
        ("all", 190, 1), ("forty", 200, 2), ("none", None, None),
    ]  # fmt: skip
    assert ranking.entries[2].outcome is Outcome.UNDECIDED


HAET = {
    "slow": {"task": "CIFAR-10", "accuracy_percent": "95", "parameters": "100", "training_operations": "900"},
    "lean": {"task": "cifar10", "accuracy_percent": "93", "parameters": "10", "training_operations": "500"},
    "weak": {"task": "cifar10", "accuracy_percent": "92.99", "parameters": "1", "training_operations": "1"},
    "hundred": {"task": "cifar100", "error_rate_percent": "22", "parameters": "5", "training_operations": "95"},
    "silent": {"task": "cifar100", "accuracy_percent": "80", "parameters": "5"},
    "lost": {"task": "svhn", "accuracy_percent": "99", "parameters": "5", "training_operations": "5"},
}


def test_haet_ranks_the_least_complex_of_each_task_among_those_that_reach_the_accuracy() -> None:
    ranking = ranked("haet-2021", HAET)
    assert [(e.name, e.task, e.metric, e.rank) for e in ranking.entries] == [
        ("lean", "cifar10", 510, 1),
        ("slow", "cifar10", 1000, 2),
        ("hundred", "cifar100", 100, 1),
        ("lost", "svhn", None, None),
        ("silent", "cifar100", None, None),
        ("weak", "cifar10", 2, None),
    ]
    outcomes = {e.name: e.outcome.value for e in ranking.entries}
    assert outcomes["weak"] == "FAIL"
    assert outcomes["silent"] == outcomes["lost"] == "UNDECIDED"
    assert "92.99 is not >= 93" in ranking.entries[-1].because[0]
    assert "training_operations" in ranking.entries[4].because[0]
    assert "unknown track 'svhn'" in ranking.entries[3].because[0]


def test_both_tasks_together_is_another_reading_and_the_ranking_says_that_it_changes() -> None:
    joint = {s.reading: s for s in ranked("haet-2021", HAET).sensitivity}["joint"]
    assert joint.changes
    assert any(what.startswith("lean: rank 1 becomes rank 2") for what in joint.what)


def test_three_are_awarded_and_ties_share_the_better_rank() -> None:
    row = {"accuracy_percent": "94", "parameters": "0"}
    sizes = {"a": "1", "b": "2", "c": "3", "d": "3", "e": "4"}
    ranking = ranked("haet-2021", {n: {**row, "training_operations": s} for n, s in sizes.items()})
    assert [(e.name, e.rank, e.award) for e in ranking.entries] == [
        ("a", 1, "awarded"), ("b", 2, "awarded"), ("c", 3, "awarded"), ("d", 3, "awarded"), ("e", 5, None),
    ]  # fmt: skip
    assert ranking.entries[2].because[-1] == "tied with d"


@pytest.mark.parametrize(
    ("rules", "limit", "inside", "outside"),
    [
        ("haet-2022", "training_seconds", "600", "600.001"),
        ("budgeted-training-iccv-2023", "gpu_memory_bytes", "6000000000", "6000000001"),
        ("budgeted-training-iccv-2023", "training_seconds", "32400", "32401"),
    ],
)
def test_accuracy_ranks_those_within_the_budget(rules: str, limit: str, inside: str, outside: str) -> None:
    fits = {"training_seconds": "500", "gpu_memory_bytes": "5000000000"}
    fits = {k: v for k, v in fits.items() if k in load_rulebook(rules).metrics}
    ranking = ranked(
        rules,
        {
            "good": {**fits, "accuracy_percent": "60", limit: inside},
            "better": {**fits, "accuracy_percent": "70"},
            "over": {**fits, "accuracy_percent": "90", limit: outside},
            "unknown": {**{k: v for k, v in fits.items() if k != limit}, "accuracy_percent": "95"},
        },
    )
    assert [(e.name, e.rank, e.outcome.value) for e in ranking.entries] == [
        ("better", 1, "PASS"), ("good", 2, "PASS"), ("unknown", None, "UNDECIDED"), ("over", None, "FAIL"),
    ]  # fmt: skip


def test_a_gibibyte_reading_lets_another_entry_in_and_says_so() -> None:
    row = {"training_seconds": "100", "accuracy_percent": "60", "gpu_memory_bytes": "6100000000"}
    ranking = ranked("budgeted-training-iccv-2023", {"big": row})
    assert ranking.entries[0].outcome is Outcome.FAIL
    assert [s.reading for s in ranking.sensitivity if s.changes] == ["gibibytes"]
    assert ranked("budgeted-training-iccv-2023", {"big": row}, "gibibytes").entries[0].rank == 1


def lab(number: int, **change: str) -> dict[str, str]:
    row = {"error_rate_percent": str(10 + number), "cycles": "30000", "energy_mj": "0.1"}
    return {**row, "peak_activation_bytes": "40000", **change}


def test_the_labs_bonus_goes_to_the_first_ten_and_never_beside_zero_points() -> None:
    table = {f"s{n:02}": lab(n) for n in range(12)}
    table["out"] = lab(0, error_rate_percent="51")
    table["heavy"] = lab(0, peak_activation_bytes="1000000")
    ranking = ranked("mit-lab2-2022", table)
    assert [e.bonus for e in ranking.entries] == [10] * 5 + [5] * 5 + [0] * 2 + [0, 0]
    assert [e.points for e in ranking.entries[-2:]] == [0, 0]
    assert ranking.entries[0].metric == pytest.approx(10 / 12 + 30000 / 300000, abs=1e-12)
    assert ranking.entries[0].points == 60 + 20 + 20


def test_a_tie_at_the_bonus_boundary_shares_the_bonus_of_the_better_rank() -> None:
    table = {f"s{n}": lab(min(n, 4)) for n in range(7)}
    assert [(e.rank, e.bonus) for e in ranked("mit-lab2-2022", table).entries] == [
        (1, 10), (2, 10), (3, 10), (4, 10), (5, 10), (5, 10), (5, 10),
    ]  # fmt: skip


def test_overlapping_intervals_tie_and_the_ranking_says_so() -> None:
    table = {
        "a": {"accuracy_percent": "96", "energy_joules": "100±5"},
        "b": {"accuracy_percent": "96", "energy_joules": "108±5"},
        "c": {"accuracy_percent": "96", "energy_joules": "120±5"},
    }
    ranking = ranked("energy-cifar10-2021", table)
    assert [(e.name, e.rank) for e in ranking.entries] == [("a", 1), ("b", 1), ("c", 3)]
    assert "tied with b" in ranking.entries[0].because
    assert next(s.what for s in ranking.sensitivity if s.reading == "exact-measurements")


def test_a_limit_inside_a_measurements_interval_is_undecided() -> None:
    ranking = ranked("haet-2022", {"close": {"accuracy_percent": "80", "training_seconds": "598±5"}})
    assert ranking.entries[0].outcome is Outcome.UNDECIDED
    assert "both sides of the limit" in ranking.entries[0].because[0]


def test_several_runs_are_averaged_where_the_rules_say_so() -> None:
    table = {"a": {"accuracy_percent": "80;81;82.5", "training_seconds": "590;599"}}
    ranking = ranked("haet-2022", table)
    assert ranking.entries[0].metric == pytest.approx(81.16666666666667)
    five = next(s for s in ranking.sensitivity if s.reading == "five-runs")
    assert five.changes
    # the energy competition takes one run
    two = ranked("energy-cifar10-2021", {"a": {"accuracy_percent": "96", "energy_joules": "5;6"}})
    assert two.entries[0].outcome is Outcome.UNDECIDED


def test_micronet_is_a_normalised_sum() -> None:
    # MobileNetV2-1.4 itself scores 2 on ImageNet, WideResNet-28-10 on CIFAR-100: the baselines
    table = {
        "mobilenet": {
            "task": "imagenet", "accuracy_percent": "75", "parameters": "6900000", "operations": "1170000000",
        },
        "wide": {"task": "cifar100", "accuracy_percent": "80", "parameters": "36500000", "operations": "10490000000"},
        "half": {"task": "cifar100", "accuracy_percent": "80", "parameters": "18250000", "operations": "5245000000"},
    }  # fmt: skip
    ranking = ranked("micronet-2019", table)
    assert [(e.name, e.metric) for e in ranking.entries] == [("half", 1), ("wide", 2), ("mobilenet", 2)]


def test_a_named_score_function_ranks_what_a_sum_cannot() -> None:
    table = {
        "fast": {"accuracy_percent": "60", "inference_seconds": "60"},
        "sure": {"accuracy_percent": "80", "inference_seconds": "90"},
    }
    ranking = ranked("budgeted-inference-iccv-2023", table)
    assert [(e.name, e.metric) for e in ranking.entries] == [("sure", pytest.approx(6400 / 1.5)), ("fast", 3600)]


@pytest.mark.parametrize(
    ("policy", "ranks"),
    [
        ("competition", [1, 2, 2, 4]),
        ("dense", [1, 2, 2, 3]),
        ("ordinal", [1, 2, 3, 4]),
        ("average", [1, 2.5, 2.5, 4]),
        ("earliest", [1, 2, 3, 4]),
    ],
)
def test_tie_policies(policy: str, ranks: list[float]) -> None:
    from decimal import Decimal

    keys = {"a": (1, "4"), "b": (2, "3"), "c": (2, "2"), "d": (3, "1")}
    items = [Placed(n, when, Decimal(key), Decimal(0), None) for n, (key, when) in keys.items()]
    found = list(with_ranks(tie_groups(items), policy))  # type: ignore[arg-type]
    assert [rank for rank, _, _ in found] == ranks
    names = [item.name for _, _, item in found]
    assert names == (["a", "c", "b", "d"] if policy == "earliest" else ["a", "b", "c", "d"])


def test_what_cannot_be_ranked_is_said() -> None:
    with pytest.raises(UnknownNameError, match="as-written"):
        ranked("haet-2021", {}, "as-i-like")
    book = load_rulebook("haet-2021").model_copy(update={"ranking": None})
    with pytest.raises(RulebookError, match="does not rank"):
        rank([], book)


def entered(make: Make, name: str, **change: object) -> Contender:
    facts = {"error_rate_percent": 15, "energy_mj": "0.1", "cycles": 30000, **change}
    return contender_of(replace(costmodel.judge(make(), "mit-lab2-2022", facts=facts), subject=name))


def test_a_flag_leaves_the_place_and_the_verdicts_outcome(analysis: Make) -> None:
    # the claim is far off: a person looks, and until then the verdict is undecided
    flagged = entered(analysis, "flagged", error_rate_percent=10, claimed_energy_mj="0.9")
    ranking = rank([flagged, entered(analysis, "plain")], load_rulebook("mit-lab2-2022"))
    assert [(e.name, e.rank, e.outcome.value) for e in ranking.entries] == [
        ("flagged", 1, "UNDECIDED"), ("plain", 2, "PASS"),
    ]  # fmt: skip
    assert [s.reading for s in ranking.sensitivity if s.changes] == []
    assert [note for note in ranking.notes if "provisional" in note] == []
    for format in ("text", "md", "html"):
        assert "UNDECIDED, ranked: to be looked at" in render(ranking, format, View(width=200))
    rows = list(csv.DictReader(io.StringIO(render(ranking, "csv"))))
    assert [(row["rank"], row["outcome"], row["to_look_at"]) for row in rows] == [
        ("1", "UNDECIDED", "yes"), ("2", "PASS", "no"),
    ]  # fmt: skip


def test_ranks_are_provisional_while_an_entry_is_undecided() -> None:
    book = {"a": lab(1), "b": lab(2, error_rate_percent="51")}
    assert [e.undecided for e in ranked("mit-lab2-2022", book).entries] == [0, 0]
    unknown = {key: value for key, value in lab(0).items() if key != "cycles"}
    ranking = ranked("mit-lab2-2022", {**book, "c": unknown})
    assert [e.undecided for e in ranking.entries] == [1, 1, 1]
    note = "provisional: 1 entry is undecided; ranks and bonus may change once it is decided"
    assert ranking.notes[0] == note
    two = ranked("haet-2021", HAET)
    assert two.notes[0] == "provisional: 2 entries are undecided; ranks may change once they are decided"
    for format in ("text", "md", "html"):
        assert note in render(ranking, format)
    for format in ("text", "md", "html"):
        assert "(edition 2022): provisional, by" in render(ranking, format)
    rows = list(csv.DictReader(io.StringIO(render(ranking, "csv"))))
    assert [(row["name"], row["rank"], row["undecided_entries"]) for row in rows] == [
        ("a", "1", "1"), ("c", "", "1"), ("b", "", "1"),
    ]  # fmt: skip


def test_the_rank_that_an_entry_without_one_would_have() -> None:
    table = {
        "first": {"accuracy_percent": "95.5", "energy_joules": "100"},
        "second": {"accuracy_percent": "95.1", "energy_joules": "200"},
        "third": {"accuracy_percent": "95.1", "energy_joules": "300"},
    }
    book = load_rulebook("energy-cifar10-2021")
    late = finding_of_a_file(Outcome.FAIL)
    contenders = [Contender(name=name, facts=parse_facts(row, book)) for name, row in table.items()]
    out = {"250": 3, "200": 2, "1": 1, "9000": 4, "none": None}
    for energy in out:
        facts = {"accuracy_percent": "95.2"} | ({} if energy == "none" else {"energy_joules": energy})
        contenders.append(Contender(name=energy, facts=parse_facts(facts, book), contract=(late,)))
    ranking = rank(contenders, book)
    assert {e.name: (e.rank, e.would_be) for e in ranking.entries} == {
        "first": (1, None), "second": (2, None), "third": (3, None),
        **{name: (None, place) for name, place in out.items()},
    }  # fmt: skip
    asked, plain = render(ranking, "text", View(hypothetical=True)), render(ranking, "text")
    assert "would be 3rd" in asked
    assert "would be" not in plain


def finding_of_a_file(outcome: Outcome) -> Finding:
    return Finding(
        rule="report", measured=None, at_least=False, limit="", unit="", outcome=outcome, because="made",
        consequence=Consequence.UNRANKED,
    )  # fmt: skip
