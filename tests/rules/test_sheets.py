"""Facts of files as the judge takes them: units, runs, words, who says what twice, and whose they are."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from costmodel.errors import UnknownNameError, UsageError
from costmodel.ir.facts import Facts, Kind, Measurement, Reading
from costmodel.rules.judging.given_facts import parse_fact, parse_facts, spelt
from costmodel.rules.judging.own_sheet import claimed_values, own_sheet
from costmodel.rules.judging.sheets import Sheet, merged, one_sheet, sheets_of
from costmodel.rules.schema.rulebook import Rulebook
from costmodel.rules.value import Fact, FactSheet
from tests.rules.test_tables_of_judging import book

BOOK: Rulebook = book(
    metrics={
        "energy_joules": {"unit": "J", "source": "measured", "aliases": ["energy", "accuracy_percent"]},
        "accuracy_percent": {"unit": "%", "source": "measured", "complement_of": "error_percent"},
        "error_percent": {"unit": "%", "source": "measured", "aliases": ["error"]},
        "optimizer": {"unit": "name", "source": "measured"},
        "score": {"unit": "", "source": "measured"},
    }
)


def measured(metric: str, value: str, **more: Any) -> Measurement:
    return Measurement(metric=metric, value=Decimal(value), unit="J", **more)


def reading(*measurements: Measurement, submission: str | None = "ann", **more: Any) -> Reading:
    return Reading(file="f.csv", format="facts", submission=submission, measurements=measurements, **more)


def fact(*runs: str, **more: Any) -> Fact:
    return Fact(runs=tuple(map(Decimal, runs)), **more)


def test_one_sheet_for_each_submission() -> None:
    claim = measured("energy_joules", "9", kind=Kind.CLAIMED, because="by name")
    facts = Facts(
        readings=(
            reading(
                measured("energy", "81", uncertainty=Decimal(1), because="first"), claim, measured("cycles", "3"),
                measured("energy_joules", "80", uncertainty=Decimal(2), at_least=True, because="second"),
                words={"task": "cifar10", "submitted": "2022", "optimizer": " SGD ", "sid": "7"},
            ),
            reading(measured("error", "5"), submission=None), reading(measured("error", "6"), submission="bob"),
            reading(measured("error", "7")),
        )
    )  # fmt: skip
    sheets = sheets_of(facts, BOOK)
    assert list(sheets) == ["ann", None, "bob"]
    assert sheets["ann"] == Sheet(
        measured={
            "energy_joules": fact("81", "80", uncertainty=Decimal(2), because="first", at_least=True),
            "optimizer": Fact(word="sgd"), "error_percent": fact("7"),
        },
        claimed={"energy_joules": fact("9", because="by name")}, task="cifar10", submitted="2022", unused=["cycles"],
    )  # fmt: skip
    assert sheets[None].measured == {"error_percent": fact("5", because="given as a fact")}
    assert sheets["bob"].measured["error_percent"].because == "given as a fact"


def test_what_is_said_twice_and_differently_is_unknown() -> None:
    mine = Sheet(
        {"energy_joules": fact("1"), "optimizer": Fact(word="sgd")}, {"score": fact("3")}, "a", "2021",
        ["old"], {"score"}, ["x"],
    )  # fmt: skip
    theirs = Sheet(
        {"energy_joules": fact("1", "2"), "optimizer": Fact(word="adam"), "error_percent": fact("5")},
        {"score": fact("4")}, None, "", ["older"], {"accuracy_percent"}, ["y"],
    )  # fmt: skip
    both = mine.joined(theirs)
    assert both.problems == [
        "old", "older", "energy_joules is given twice and differently: 1 and 1; 2",
        "optimizer is given twice and differently: sgd and adam", "score is given twice and differently: 3 and 4",
    ]  # fmt: skip
    # a claim that contradicts itself is a problem, and no measured value
    assert both.contradicted == {"score", "accuracy_percent", "energy_joules", "optimizer"}
    assert both.facts == FactSheet({"error_percent": fact("5")}, {"score": fact("4")})
    assert (both.task, both.submitted, both.unused) == ("a", "2021", ["x", "y"])
    assert (mine.measured["energy_joules"], mine.problems) == (fact("1"), ["old"])
    later = mine.joined(Sheet(task="b", submitted="2022"))
    assert (later.task, later.submitted) == ("b", "2022")
    # the same said again is no contradiction, whatever the reason
    again = Sheet({"score": fact("3")}).joined(Sheet({"score": fact("3", because="again")}))
    assert (again.problems, again.contradicted) == ([], set())


def test_facts_of_the_command_line_beside_those_of_files() -> None:
    sheet = Sheet({"energy_joules": fact("1")}, {"score": fact("2")})
    given = FactSheet({"error_percent": fact("3")}, {"score": fact("4")})
    assert merged(sheet, given) == FactSheet(
        {"energy_joules": fact("1"), "error_percent": fact("3")}, {"score": fact("4")}
    )
    with pytest.raises(UsageError, match="fact energy_joules is given twice, with --fact and in the facts file"):
        merged(sheet, FactSheet({"energy_joules": fact("1")}))
    with pytest.raises(UsageError, match=r"^one; two$"):
        merged(Sheet(problems=["one", "two"]), FactSheet())


def test_whose_sheet_it_is() -> None:
    ann, bob = Sheet(task="a"), Sheet(task="b")
    assert one_sheet({"ann": ann, "bob": bob}, "bob", "f") is bob
    assert one_sheet({"ann": ann}, "zoe", "f") is one_sheet({"ann": ann}, None, "f") is ann
    several: list[tuple[dict[str | None, Sheet], str]] = [({"bob": bob, "ann": ann}, "ann, bob"), ({}, "none")]
    for sheets, known in several:
        with pytest.raises(UsageError) as caught:
            one_sheet(sheets, "zoe", "f.csv")
        assert str(caught.value) == f"f.csv has no facts of 'zoe'; it has those of: {known}; say which: --name"


def test_facts_by_their_own_names() -> None:
    assert spelt(BOOK) == {
        "energy_joules": "energy_joules", "accuracy_percent": "accuracy_percent", "error_percent": "error_percent",
        "optimizer": "optimizer", "score": "score", "energy": "energy_joules", "error": "error_percent",
    }  # fmt: skip
    facts = parse_facts(
        {"energy": "81; 80 ± 2", "claimed_error": "5%", "optimizer": " Adam "}, BOOK, because="given as a fact in f"
    )
    assert facts == FactSheet(
        {"energy_joules": fact("81", "80", uncertainty=Decimal(2), because="given as a fact in f"),
         "optimizer": Fact(word="adam", because="given as a fact in f")},
        {"error_percent": fact("5", because="claimed by the submission in f")},
    )  # fmt: skip
    for texts, error, said in (
        ({"energy": "1", "energy_joules": "1"}, UsageError, "fact energy_joules is given twice, once as energy_joules"),
        ({"power": "1"}, UnknownNameError, "unknown fact for rulebook tables 'power'"),
        ({"error": "5", "accuracy_percent": "94"}, UsageError,
         "facts accuracy_percent=94 and error_percent=5 contradict: they must sum to 100"),
        ({"claimed_error": "5", "claimed_accuracy_percent": "94"}, UsageError, "contradict"),
    ):  # fmt: skip
        with pytest.raises(error, match=said):
            parse_facts(texts, BOOK)
    # of several runs nobody can say that they contradict
    for texts in ({"error": "5", "accuracy_percent": "95"}, {"error": "5;6", "accuracy_percent": "94"},
                  {"error": "5", "accuracy_percent": "94;95"}, {"error": "5", "claimed_accuracy_percent": "94"}):  # fmt: skip  # noqa: E501
        parse_facts(texts, BOOK)


@pytest.mark.parametrize(
    ("text", "unit", "said"),
    [
        ("5", "%", None), ("0.5 %", "%", None), ("0", "%", None), ("100", "%", None), ("1.01", "%", None), ("0.5", "J", None),  # noqa: E501
        ("1 %", "%", None),
        ("1", "%", "fact x=1: is it 1 % or 100 %? write the % sign"),
        ("0.5", "%", "fact x=0.5: is it 0.5 % or 50.0 %? write the % sign"),
        ("100.1", "%", "fact x: '100.1' is more than 100 %"),
        ("-1", "J", "fact x: '-1' is negative"),
        ("nan", "", "fact x: 'nan' is not a number in plain units"),
        ("much", "J", "fact x: 'much' is not a number in J"),
        ("5 kJ", "", "fact x: 'kJ' is not one of its units; known: none"),
        ("5 ± x", "J", "fact x: '5 ± x' is not a number in J"), ("5;", "J", "fact x: '' is not a number in J"),
        # spelt as in tables
        ("1,234 cycles", "cycles", None), ("5.5GB", "bytes", None), ("2h", "s", None), ("\ufeff21.7%,", "%", None),
        ("1,234", "s",
         "fact x: '1,234' is not a number in s; write decimals with a point and thousands without a comma"),
        ("81 %; 80", "%", "fact x=81 %; 80: write the unit of every run, or of none"),
        ("81 ± 1; 80 ± 2", "%", "fact x=81 ± 1; 80 ± 2: one uncertainty is that of all runs; give it once"),
    ],
)  # fmt: skip
def test_the_numbers_that_a_fact_may_be(text: str, unit: str, said: str | None) -> None:
    if said is None:
        assert parse_fact("x", text, unit, "why").because == "why"
        return
    with pytest.raises(UsageError) as caught:
        parse_fact("x", text, unit, "why")
    assert str(caught.value) == said


def test_a_folders_own_facts(tmp_path: Path) -> None:
    (tmp_path / "run-5p25.csv").write_text("Id,Prediction\n0,0\n1,1\n", encoding="utf-8")
    assert own_sheet(tmp_path, BOOK, None) == Sheet()
    names = {
        "names": [{"rule": "n", "any_of": ["run-5*"], "pattern": r"run-(?P<e>\d+p\d+)\.csv", "example": "run-1p00.csv",
                   "claims": {"e": {"metric": "error_percent", "decimals": 2}}, "source": "made"}],
        "tables": [{"rule": "t", "any_of": ["run*", "*.csv"], "columns": ["Id", "Prediction"], "source": "made"}],
    }  # fmt: skip
    claiming = book(contract=names, metrics=BOOK.model_dump()["metrics"])
    assert claiming.contract is not None
    (claim,) = claimed_values(tmp_path, claiming.contract)
    assert (claim.value, claim.because) == (Decimal("5.25"), "claimed by the name run-5p25.csv")
    sheet = own_sheet(tmp_path, claiming, None)
    assert sheet.claimed == {
        "error_percent": fact("5.25", uncertainty=Decimal("0.005"), because="claimed by the name run-5p25.csv")
    }
    solution = tmp_path.with_name(f"{tmp_path.name}-truth.csv")
    solution.write_text("Id,Prediction\n0,0\n1,2\n", encoding="utf-8")
    (tmp_path / "run-link.csv").symlink_to(solution)
    scored = own_sheet(tmp_path, claiming, solution)
    assert {name: found.runs for name, found in scored.measured.items()} == {"accuracy_percent": (Decimal(50),)}
    assert scored.unused == ["error_rate_percent"]
    assert scored.problems == []
