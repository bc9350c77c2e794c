"""Every platform's file against its published schema (named in each module), for what is known and what is not."""

from __future__ import annotations

import base64
import csv
import io
import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest

import costmodel
from costmodel.ir.grades import Graded, Grades, Member
from costmodel.ir.judged import Judged
from costmodel.ir.ranking import Entry
from costmodel.ir.verdict import Consequence, Finding, Outcome
from costmodel.reports import format_names, render
from costmodel.reports.graded.class_files import class_files
from tests.rules.conftest import Make
from tests.rules.conftest import analysis as analysis  # the fixture

EVIL = "=1+1<script>|\u202e"
FACTS = {"error_rate_percent": "21.7", "energy_mj": "0.4", "cycles": "90000"}


def graded(make: Make, facts: dict[str, str], peak: int = 1, rank: int | None = 1) -> Graded:
    verdict = costmodel.judge(make(peak=peak, lab=peak), "mit-lab2-2022", facts=facts)
    remark = Finding(
        rule="late", measured=None, at_least=False, limit="", unit="", outcome=Outcome.UNDECIDED, because=EVIL,
        consequence=Consequence.FLAG,
    )  # fmt: skip
    entry = Entry(
        name=EVIL, outcome=verdict.outcome, points=90, bonus=10 if rank else 0, metric=2, task=None, bracket=None,
        rank=rank, award=None, because=(),
    )  # fmt: skip
    verdict = replace(verdict, subject=EVIL)
    return Graded(name=EVIL, key="evil-1", digest="", findings=(remark,), verdict=verdict, entry=entry, output=EVIL)


@pytest.fixture
def students(analysis: Make) -> list[Graded]:
    """One who passes, one of whom nothing is known, one who broke a hard limit."""
    unknown = graded(analysis, {}, rank=None)
    return [graded(analysis, FACTS), unknown, graded(analysis, FACTS, peak=2_000_000, rank=None)]


Validate = Callable[[dict[str, Any]], None]


def gradescope(data: dict[str, Any]) -> None:
    known = {
        "score", "execution_time", "output", "output_format", "test_output_format", "test_name_format", "visibility",
        "stdout_visibility", "extra_data", "tests", "leaderboard",
    }  # fmt: skip
    assert set(data) <= known
    assert data["visibility"] in ("hidden", "after_due_date", "after_published", "visible")
    assert data["output_format"] in ("text", "html", "simple_format", "md", "ansi")
    tests = data["tests"]
    assert "score" in data or all("score" in test for test in tests), "a score is needed unless every test has one"
    for test in tests:
        assert set(test) <= {
            "score", "max_score", "status", "name", "name_format", "number", "output", "output_format", "tags",
            "visibility", "extra_data",
        }  # fmt: skip
        assert test.get("status", "passed") in ("passed", "failed")
        assert ("score" in test) == ("max_score" in test)
    for row in data.get("leaderboard", ()):
        assert set(row) <= {"name", "value", "order"}
        assert row["order"] in ("asc", "desc")


def codabench(data: dict[str, Any]) -> None:
    for value in data.values():
        assert isinstance(value, (int, float))
        assert math.isfinite(value)


def evalai(data: dict[str, Any]) -> None:
    assert set(data) == {"result", "submission_result"}
    for split in data["result"]:
        for scores in split.values():
            codabench(scores)


def classroom(data: dict[str, Any]) -> None:
    assert set(data) == {"version", "status", "max_score", "tests"}
    assert data["version"] == 1
    assert data["status"] in ("pass", "fail", "error")
    fields = {"name", "status", "score", "message", "test_code", "filename", "line_no", "duration"}
    for test in data["tests"]:
        assert set(test) == fields
        assert test["status"] in ("pass", "fail", "error")
        assert isinstance(test["score"], int)


@pytest.mark.parametrize(
    ("format", "validate"), [("gradescope", gradescope), ("codabench", codabench), ("evalai", evalai)]
)
def test_a_students_file_fits_its_schema(students: list[Graded], format: str, validate: Validate) -> None:
    for student in students:
        validate(json.loads(render(student, format)))


def test_the_classroom_result_is_base64_of_its_schema(students: list[Graded]) -> None:
    for student, status in zip(students, ("pass", "error", "fail"), strict=True):
        data = json.loads(base64.b64decode(render(student, "github-classroom")))
        classroom(data)
        assert data["status"] == status
        assert data["max_score"] == 120


def test_scores_of_one_who_passes_of_one_unknown_and_of_one_who_broke_a_limit(students: list[Graded]) -> None:
    passed, unknown, broke = (json.loads(render(student, "gradescope")) for student in students)
    assert passed["score"] == 50 + 20 + 20 + 10
    assert passed["leaderboard"][0]["order"] == "asc"
    assert broke["score"] == 0
    # no score is not zero points: it says so
    assert unknown["output"].startswith("Not decided yet")
    assert "leaderboard" not in unknown
    numbers = [json.loads(render(student, "codabench")) for student in students]
    assert [n["passed"] for n in numbers] == [1, 0, 0]
    assert ["points" in n for n in numbers] == [True, False, True]
    assert ["rank" in n for n in numbers] == [True, False, False]


@pytest.fixture
def grades(students: list[Graded]) -> Grades:
    return Grades(
        rulebook="mit-lab2-2022", title="t", submissions=tuple(students), ranking=None, notes=(), provenance={}
    )


def test_nbgraders_csv(grades: Grades) -> None:
    rows = list(csv.DictReader(io.StringIO(render(grades, "nbgrader"))))
    assert list(rows[0]) == [
        "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email", "raw_score",
        "late_submission_penalty", "score", "max_score",
    ]  # fmt: skip
    assert [row["score"] for row in rows] == ["100", "", "0"]
    assert not [cell for row in rows for cell in row.values() if cell.startswith("=")]


GROUP = (Member(name="Ida", sid="8", email="ida@x.example"), Member(name="Udo"))


def test_canvas_has_its_columns_and_the_points_possible(grades: Grades) -> None:
    group = replace(grades.submissions[0], name="Ida and Udo", members=GROUP)
    header, *rows = csv.reader(io.StringIO(render(replace(grades, submissions=(group, *grades.submissions)), "canvas")))
    assert header == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "mit-lab2-2022"]
    evil = "'=1+1<script>|\ufffd"
    assert rows == [
        ["Points Possible", "", "", "", "", "120"], ["Ida", "", "8", "ida@x.example", "", "100"],
        ["Udo", "", "", "", "", "100"], [evil, "", "", "", "", "100"], [evil, "", "", "", "", ""],
        [evil, "", "", "", "", "0"],
    ]  # fmt: skip


def test_moodle_gives_no_row_to_the_student_before(grades: Grades) -> None:
    group = replace(grades.submissions[0], name="Ida and Udo", members=GROUP)
    rows = list(
        csv.DictReader(io.StringIO(render(replace(grades, submissions=(group, *grades.submissions)), "moodle")))
    )
    assert [(row["Full name"], row["ID number"], row["Email address"]) for row in rows[:2]] == [
        ("Ida", "8", "ida@x.example"), ("Udo", "unknown: Udo", "unknown: Udo"),
    ]  # fmt: skip
    assert all(row["ID number"] and row["Email address"] for row in rows)
    assert [(row["Grade"], row["Maximum Grade"]) for row in rows[1:]] == [
        ("100", "120"), ("100", "120"), ("", "120"), ("0", "120"),
    ]  # fmt: skip
    comments = [row["Feedback comments"] for row in rows[2:]]
    assert comments[0] == (
        "PASS; error rate: 50 of 80 (below 30); energy: 20 of 20 (below 0.5); latency: 20 of 20 (below 100,000); "
        "bonus: 10"
    )
    assert comments[1].startswith("UNDECIDED; error rate: undecided of 80 (")
    assert comments[2].startswith("FAIL; 0 points: peak activation fails, and a failure gives 0 points; ")
    assert "peak activation FAIL: 2,000,000 is not < 1,000,000" in comments[2]


def test_nbgraders_feedback_lies_where_it_looks(grades: Grades) -> None:
    judged = Judged(name="Net", file="work/hw2.ipynb", line=3)
    alone = grades.submissions[0]
    group = replace(alone, key="group-1", members=GROUP, verdict=replace(alone.verdict, judged=judged))
    hostile = replace(alone, key="evil-2", sid="../../x")
    files = class_files(replace(grades, submissions=(group, hostile)), ["nbgrader-feedback"])
    pages = {path: text for path, text in files.items() if path.startswith("nbgrader/")}
    assert set(pages) == {
        "nbgrader/feedback/8/mit-lab2-2022/hw2.html", "nbgrader/feedback/group-1/mit-lab2-2022/hw2.html",
        "nbgrader/feedback/evil-2/mit-lab2-2022/feedback.html",
    }  # fmt: skip
    for text in pages.values():
        assert text.startswith("<!doctype html>")
        assert '<meta charset="utf-8">' in text
        assert "<script" not in text


def test_junit_has_a_suite_for_each_student(grades: Grades) -> None:
    root = ElementTree.fromstring(render(grades, "junit"))
    suites = root.findall("testsuite")
    assert len(suites) == 3
    assert [int(s.get("failures", 0)) for s in suites] == [0, 0, 1]
    for suite in suites:
        assert int(suite.get("tests", 0)) == len(suite.findall("testcase"))


def test_kaggles_metric_runs_and_refuses(grades: Grades) -> None:
    source = render(grades, "kaggle")
    compile(source, "metric.py", "exec")
    pandas = pytest.importorskip("pandas", reason="pandas is not installed: the metric file is compiled, not run")
    space: dict[str, Any] = {}
    exec(source, space)
    solution = pandas.DataFrame({"Id": [0, 1, 2, 3], "Prediction": [1, 2, 3, 4]})
    given = pandas.DataFrame({"Id": [3, 2, 1, 0], "Prediction": [4, 3, 2, 0]})
    assert space["score"](solution, given, "Id") == 25.0
    with pytest.raises(space["ParticipantVisibleError"]):
        space["score"](solution, given.iloc[:2], "Id")


def test_nothing_a_stranger_wrote_is_run_anywhere(students: list[Graded], grades: Grades) -> None:
    nouns: list[Graded | Grades] = [*students, grades]
    for noun in nouns:
        assert render(noun, "html").count("<script") == 1  # ours
        for line in render(noun, "csv").splitlines():
            assert not [cell for cell in line.split(",") if cell.strip('"').startswith("=")]
        markdown = render(noun, "md")
        assert "<script>" not in markdown
    assert {"gradescope", "github-classroom", "codabench", "evalai"} <= set(format_names(Graded))
    assert {"nbgrader", "kaggle", "junit"} <= set(format_names(Grades))
