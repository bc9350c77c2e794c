"""What a person decides stands beside what is computed, with its reason; it moves points, outcome and rank."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from costmodel.contracts.contract import ContractSpec, with_deadline
from costmodel.contracts.late_policy import parse_policy
from costmodel.errors import UsageError
from costmodel.grading.intake.extensions import read_extensions, with_extensions
from costmodel.grading.intake.people import Student
from costmodel.grading.intake.submissions import Submission
from costmodel.grading.judged_class import JudgingPlan, KnownClass, judge_class
from costmodel.grading.known import JudgingOptions, Known, known_of
from costmodel.grading.overrides import Override, assign_overrides, models_in, read_overrides
from costmodel.grading.verdicts import verdict_of
from costmodel.ir.grades import Grades
from costmodel.ir.verdict import Outcome
from costmodel.reports import render
from costmodel.reports.tables.verdict import why_nothing
from costmodel.rules.judging.sheets import Sheet
from costmodel.rules.schema.rulebook import Rulebook
from costmodel.rules.value import Fact
from tests.grading.small_class import BOOK, CLASS, NAMES, submissions


def table(folder: Path, *lines: str) -> Path:
    file = folder / "overrides.csv"
    file.write_text("\n".join(("who,what,value,reason,by", *lines, "")), encoding="utf-8")
    return file


def graded(folder: Path, *lines: str) -> Grades:
    overrides = assign_overrides(read_overrides(table(folder, *lines), BOOK), submissions())
    return judge_class(KnownClass(submissions=CLASS, overrides=overrides), BOOK, JudgingPlan())


def row(grades: Grades, name: str) -> tuple[Any, ...]:
    one = next(g for g in grades.submissions if g.name == name)
    assert one.entry is not None
    return one.verdict.outcome.value, one.total, one.entry.rank


def test_nothing_decided(tmp_path: Path) -> None:
    grades = graded(tmp_path)
    assert [row(grades, name) for name in NAMES] == [
        ("PASS", 10, 1),
        ("FAIL", 0, None),
        ("PASS", 0, 2),
    ]


def test_a_metric_is_corrected_and_everything_follows(tmp_path: Path) -> None:
    grades = graded(tmp_path, "Ben,error_rate_percent,19.5,scored again,Kim", "3,energy,0.9 mJ,ran it,")
    assert [row(grades, name) for name in NAMES] == [("PASS", 10, 2), ("PASS", 20, 1), ("PASS", 20, 3)]
    ben = grades.submissions[1].verdict
    (said,) = ben.corrections
    assert (said.what, said.computed, said.value, said.reason, said.by) == (
        "error_rate_percent", "60", "19.5", "scored again", "Kim",
    )  # fmt: skip
    claim = ben.claims[0]
    assert (claim.measured, claim.used, claim.origin) == (60, 19.5, "corrected")
    assert grades.submissions[2].verdict.corrections[0].what == "energy_mj"


def test_what_is_the_rest_of_a_corrected_metric_is_corrected_too(tmp_path: Path) -> None:
    metrics = {**BOOK.model_dump()["metrics"], "accuracy_percent": {"unit": "%", "source": "measured",
                                                                    "complement_of": "error_rate_percent"}}  # fmt: skip
    book = Rulebook.model_validate(BOOK.model_dump() | {"metrics": metrics})
    lines = read_overrides(table(tmp_path, "Ann,error_rate_percent,12.5,scored again,Kim"), book)
    verdict = verdict_of(CLASS[0], {}, book, overrides=lines)
    assert {claim.metric: claim.used for claim in verdict.claims if claim.metric != "energy_mj"} == {
        "error_rate_percent": 12.5, "accuracy_percent": 87.5,
    }  # fmt: skip


def test_points_of_a_table_are_decided(tmp_path: Path) -> None:
    grades = graded(tmp_path, "Ann,points:energy,15,a typo,Kim", "Ben,points:energy,15,a typo,Kim")
    # what fails a limit that takes all points still does
    assert [row(grades, name) for name in ("Ann", "Ben")] == [("PASS", 15, 1), ("FAIL", 0, None)]
    points = grades.submissions[0].verdict.points
    assert points is not None
    assert points.tables[0].because.startswith("decided by a person; computed: 10, ")


def test_an_outcome_that_is_decided_stands_for_every_rule(tmp_path: Path) -> None:
    grades = graded(
        tmp_path, "Ann,outcome,fail,copied,Kim", "Ben,outcome,PASS,the labels were wrong,Kim",
        "Cleo,outcome,UNDECIDED,a complaint,Kim",
    )  # fmt: skip
    assert [row(grades, name) for name in NAMES] == [
        ("FAIL", 0, None), ("PASS", 20, 1), ("UNDECIDED", None, None),
    ]  # fmt: skip
    assert grades.submissions[1].verdict.decided is Outcome.PASS
    assert all(g.verdict.corrections[0].computed in ("PASS", "FAIL") for g in grades.submissions)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Ann,energy_mj,1,,Kim", r":2: a reason is missing"),
        (
            "Ann,speed,1,why,Kim",
            r":2: lab has no 'speed' to override; it has error_rate_percent, energy_mj, points",
        ),
        ("Ann,points:speed,1,why,Kim", r":2: lab has no 'points:speed'"),
        ("Ann,points:energy,many,why,Kim", r":2: 'many' is no number of points from 0 to 20"),
        ("Ann,points:energy,21,why,Kim", r":2: '21' is no number of points from 0 to 20"),
        ("Ann,outcome,good,why,Kim", r":2: 'good' is no outcome; write PASS, FAIL, UNDECIDED"),
        ("Ann,energy_mj,much,why,Kim", r":2: .*energy_mj"),
        (
            "Anna,energy_mj,1,why,Kim",
            r":2: an override for 'Anna', and no .*; did it mean 'Ann'\?",
        ),
        (
            "Ann,comment,x,why,Kim\nAnn,outcome,PASS,why,\nAnn,outcome,FAIL,why,",
            r":4: outcome of 'Ann' is decided in an e",
        ),
    ],
)
def test_an_override_that_cannot_be_applied_is_an_error(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        graded(tmp_path, line)


def test_a_table_without_a_column(tmp_path: Path) -> None:
    file = tmp_path / "o.csv"
    file.write_text("who,what,value\nAnn,outcome,PASS\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"o\.csv:1: no column reason; an override has who, what, val"):
        read_overrides(file, BOOK)


def test_a_model_that_is_decided_is_traced(tmp_path: Path) -> None:
    lines = read_overrides(table(tmp_path, "1,model,net.py:Big,the small one is a test,Kim"), BOOK)
    assert [(m.whose[0], m.reference) for m in models_in(lines)] == [("1", "net.py:Big")]
    assert isinstance(lines[0], Override)


def test_extensions_are_matched_and_the_latest_of_a_group_counts(tmp_path: Path) -> None:
    file = tmp_path / "extensions.csv"
    file.write_text("who,until,reason\nAnn,2022-03-01 12:00,ill\nBen,2022-03-03,\nZoe,2022-03-01,\n", encoding="utf-8")
    pair = Submission(name="Ann, Ben", path=None, digest="", students=(Student(name="Ann"), Student(name="Ben")))
    ((found, other), notes) = with_extensions((pair, submissions()[2]), read_extensions(file))
    assert found.extension is not None
    assert (found.extension.until, found.extension.reason, other.extension) == ("2022-03-03", "", None)
    assert notes == ("an extension is granted to 'Zoe', and no submission has that name",)
    for text, said in (
        ("who,reason\nAnn,x\n", r"extensions\.csv:1: no column until"),
        ("who,until\nAnn,soon\n", r"extensions\.csv:2: until: 'soon' is not a date and time"),
    ):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(UsageError, match=said):
            read_extensions(file)


DUE = {"deadline": {"rule": "due", "at": "2022-02-28 23:59", "zone": "UTC", "source": "made"}}
LATE = datetime(2022, 3, 1, 1, 0, tzinfo=timezone.utc)


def handed_in_late(folder: Path, policy: str | None) -> tuple[Known, Rulebook]:
    (folder / "ann").mkdir(exist_ok=True)
    contract = with_deadline(
        ContractSpec.model_validate(DUE), None, None, None if policy is None else parse_policy(policy)
    )
    book = BOOK.model_copy(update={"contract": contract})
    facts = {"error_rate_percent": Fact(runs=(Decimal(20),)), "energy_mj": Fact(runs=(Decimal("0.5"),))}
    submission = Submission(
        name="Ann", path=folder / "ann", digest="1", students=(Student(name="Ann", sid="1"),), submitted=LATE
    )
    return known_of(submission, None, book, Sheet(facts), JudgingOptions()), book


@pytest.mark.parametrize(
    ("policy", "lines", "expected"),
    [
        # no policy says what it costs: all points, no place, and no verdict until a person decides
        (None, (), ("UNDECIDED", "LATE", 20, None, 0)),
        (None, ("Ann,late,4,a day,Kim",), ("PASS", "LATE", 16, 1, 4)),
        ("percent=10", (), ("PASS", "LATE", 18, 1, 2)),
        ("percent=10", ("Ann,late,0,the bus,Kim",), ("PASS", "LATE", 20, 1, 0)),
        ("percent=10,cut_off=30m", (), ("FAIL", "FAIL", 0, None, 0)),
        ("percent=10,grace=2h", (), ("PASS", "PASS", 20, 1, 0)),
    ],
)
def test_what_being_late_costs(
    tmp_path: Path, policy: str | None, lines: tuple[str, ...], expected: tuple[Any, ...]
) -> None:
    known, book = handed_in_late(tmp_path, policy)
    overrides = assign_overrides(read_overrides(table(tmp_path, *lines), book), submissions())
    grades = judge_class(KnownClass(submissions=(known,), overrides={known.key: overrides.get(known.key, ())}), book,
                         JudgingPlan())  # fmt: skip
    (one,) = grades.submissions
    assert one.entry is not None
    assert one.verdict.points is not None
    found = (one.verdict.outcome.value, one.outcome, one.total, one.entry.rank, one.verdict.points.late)
    assert found == expected
    # every platform's figures add up, and say that it was late
    late = one.verdict.points.late or 0
    scope = json.loads(render(one, "gradescope"))
    scores = [test["score"] for test in scope["tests"] if "score" in test]
    assert sum(scores) == one.total or one.total == 0
    row = next(csv.DictReader(io.StringIO(render(grades, "nbgrader"))))
    assert int(row["raw_score"]) - int(row["late_submission_penalty"]) == one.verdict.points.total
    if late:
        assert f"late: -{late}" in render(grades, "moodle")
        assert re.search(rf"\| late +\|.*\| -{late} +\|", render(one, "md"))


def test_a_decided_outcome_is_why_there_are_points_or_none(tmp_path: Path) -> None:
    grades = graded(tmp_path, "Ben,outcome,PASS,the labels were wrong,Kim", "Ann,outcome,FAIL,copied,Kim")
    for name, why in (("Ben", ""), ("Ann", "0 points: decided by a person: copied")):
        one = next(g for g in grades.submissions if g.name == name)
        assert why_nothing(one.verdict) == why
        assert ("0 points:" in render(one, "md")) is (name == "Ann")
        assert one.verdict.corrections[0].reason in render(one, "md")
