"""What a class's grader and each student are shown: why there are no points, nothing twice, nobody else's business."""

from __future__ import annotations

import base64
import csv
import io
import json
from dataclasses import replace
from typing import Any

import pytest

import costmodel
from costmodel.ir.grades import Graded, Grades, Member
from costmodel.ir.ranking import Entry
from costmodel.ir.verdict import Consequence, Finding, Outcome
from costmodel.reports import View, format_names, render
from costmodel.reports.graded.needs_me import needs_me
from costmodel.reports.tables.grades import summary
from costmodel.rules.figures import Computed
from costmodel.rules.judging.given_facts import parse_facts
from costmodel.rules.judging.judge import judge
from costmodel.rules.schema.rulebook import load_rulebook
from tests.rules.conftest import Make
from tests.rules.conftest import analysis as analysis  # the fixture

FACTS = {"error_rate_percent": "21.7", "energy_mj": "0.4", "cycles": "90000"}
NOTHING = "0 points: peak activation fails, and a failure gives 0 points"
ELSEWHERE = "the time of submission is not known"
ALL = View(sensitivity=True)


def finding(
    rule: str, because: str, outcome: Outcome = Outcome.UNDECIDED, consequence: Consequence = Consequence.FLAG
) -> Finding:
    return Finding(
        rule=rule, measured=None, at_least=False, limit="", unit="", outcome=outcome, because=because,
        consequence=consequence,
    )  # fmt: skip


def graded(
    make: Make, name: str, facts: dict[str, str] | None = None, peak: int = 1, because: str = "", **change: Any
) -> Graded:
    facts = FACTS if facts is None else facts
    contract = (finding("due", ELSEWHERE, consequence=Consequence.NOTE), finding("code", "net.py", Outcome.PASS))
    if because:
        book = load_rulebook("mit-lab2-2022")
        verdict = judge(Computed(because=because), book, parse_facts(facts, book), subject=name, contract=contract)
    else:
        verdict = costmodel.judge(make(peak=peak, lab=peak), "mit-lab2-2022", facts=facts)
        verdict = replace(verdict, subject=name, contract=contract)
    given: dict[str, Any] = {"findings": (), "entry": None, **change}
    return Graded(name=name, key=name.lower(), digest="", verdict=verdict, **given)


def of_class(*submissions: Graded) -> Grades:
    return Grades(
        rulebook="mit-lab2-2022", title="The lab", submissions=submissions, ranking=None, notes=(), provenance={}
    )


def place(undecided: int) -> Entry:
    return Entry(
        name="Ada", outcome=Outcome.PASS, points=90, bonus=10, metric=2, task=None, bracket=None, rank=1, award=None,
        because=(), undecided=undecided,
    )  # fmt: skip


def classroom(student: Graded) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(base64.b64decode(render(student, "github-classroom")))
    return data


def test_a_rule_that_is_read_in_two_ways_is_the_first_to_look_at(analysis: Make) -> None:
    verdict = costmodel.judge(analysis(peak=943_200, lab=1_843_200), "mit-lab2-2022", facts=FACTS)
    remark = finding("late", "handed in late")
    student = replace(graded(analysis, "Ada"), verdict=verdict, findings=(remark,))
    first, *_, last = needs_me(of_class(student)).rows
    assert str(first[3]).startswith("943,200 by the reading every-layer (the most is in a)")
    assert (first[2], last[2:4]) == ("peak activation", ("late", "handed in late"))
    row = next(csv.DictReader(io.StringIO(render(of_class(student), "csv"))))
    assert row["remark"].startswith("peak activation: 943,200 by the reading every-layer (the most is in a)")
    assert row["remark"].endswith("late: handed in late")


def test_what_concerns_the_class_stands_once_and_at_the_top(analysis: Make) -> None:
    ok, absent = graded(analysis, "Ada"), replace(graded(analysis, "Ben"), findings=(finding("missing", "nothing"),))
    note = "there are facts of 'zoe', and no submission has that name"
    asked = replace(ok, findings=(finding("late", "handed in late"),))
    for student, something_is_asked in ((ok, False), (asked, True)):
        grades = replace(of_class(student, absent), notes=(note,))
        shown = render(grades, "text")
        assert shown.count(note) == render(grades, "html").count("facts of &#x27;zoe&#x27;") == 1
        assert (shown.index(note) < shown.index("1 missing")) is something_is_asked
        assert [row for row in summary(grades)["outcomes"].rows if row[1]] == [["PASS", 1]]


def test_no_points_are_explained_by_the_rule_that_took_them(analysis: Make) -> None:
    student = graded(analysis, "Ada", peak=2_000_000)
    assert student.total == 0
    for format in ("md", "csv", "html"):
        assert NOTHING in render(student, format)
    scope = json.loads(render(student, "gradescope"))
    assert scope["output"].startswith(f"{NOTHING}\n\n")
    scored = [test for test in classroom(student)["tests"] if test["name"].startswith("points:")]
    assert [test["score"] for test in scored] == [0, 0, 0]
    assert all(NOTHING in test["message"] for test in scored)
    # and nowhere else
    for other in (graded(analysis, "Ben"), graded(analysis, "Cho", {})):
        for format in ("md", "gradescope"):
            assert "0 points:" not in render(other, format)
        assert not [test for test in classroom(other)["tests"] if "0 points:" in test["message"]]


def test_a_student_reads_no_rule_that_nobody_can_decide(analysis: Make) -> None:
    student = graded(analysis, "Ada")
    for format in ("text", "md", "html", "csv", "gradescope"):
        said = render(student, format, ALL)
        assert ELSEWHERE not in said
        assert "net.py" in said
    assert "due" not in {test["name"] for test in classroom(student)["tests"]}
    assert ELSEWHERE not in render(of_class(student), "junit")
    # the verdict and the class's JSON keep it
    assert ELSEWHERE in render(student.verdict, "text")
    assert ELSEWHERE in render(of_class(student), "json")


def test_a_flag_is_a_remark_and_no_error_of_the_classroom(analysis: Make) -> None:
    late = finding("late", "a day too late")
    disagreeing = {**FACTS, "claimed_energy_mj": "0.9"}
    flagged = classroom(graded(analysis, "Ada", disagreeing, findings=(late,)))
    assert flagged["status"] == "pass"
    tests = {test["name"]: test for test in flagged["tests"]}
    assert tests["late"]["status"] == tests["claim: energy_mj"]["status"] == "pass"
    assert tests["late"]["message"] == "a person looks at this: a day too late"
    assert [classroom(graded(analysis, "Ada", facts))["status"] for facts in ({}, FACTS)] == ["error", "pass"]
    broken = graded(
        analysis, "Ada", because="no model in net.py", findings=(finding("no model", "no model in net.py"),)
    )
    assert classroom(broken)["status"] == "error"
    assert {t["status"] for t in classroom(broken)["tests"] if t["name"] == "no model"} == {"error"}


def test_a_students_place_is_provisional_while_others_are_undecided(analysis: Make) -> None:
    for format in ("text", "md", "html", "csv", "gradescope", "page", "nbgrader-feedback"):
        said = render(graded(analysis, "Ada", entry=place(3)), format)
        assert "(provisional: 3 undecided)" in said
        assert "Place in the class" not in said
        assert "provisional" not in render(graded(analysis, "Ada", entry=place(0)), format)


@pytest.mark.parametrize("published", [False, True])
def test_a_student_reads_a_rank_only_where_the_rulebook_publishes_it(analysis: Make, published: bool) -> None:
    seventh = replace(place(0), rank=777)
    for format in ("text", "md", "html", "csv", "page", "nbgrader-feedback"):
        assert ("777" in render(graded(analysis, "Ada", entry=seventh, rank_published=published), format)) is published
    scope = json.loads(render(graded(analysis, "Ada", entry=seventh, rank_published=published), "gradescope"))
    assert ("777" in scope["output"]) is published


def test_to_look_at_says_each_cause_once(analysis: Make) -> None:
    student = graded(
        analysis, "Ada", {}, because="it is no archive", findings=(finding("archive", "it is no archive"),)
    )
    assert [row[2:] for row in needs_me(of_class(student)).rows] == [
        ("archive, peak activation", "it is no archive", "ask for another archive; grade it again with --only"),
        (
            "error rate", "error_rate_percent is not known before the run: it has to be given as a fact, in %",
            "give the missing value with --facts, or decide with an override of the metric",
        ),
    ]  # fmt: skip
    (look,) = [row["remark"] for row in csv.DictReader(io.StringIO(render(of_class(student), "csv")))]
    assert look == (
        "archive, peak activation: it is no archive; "
        "error rate: error_rate_percent is not known before the run: it has to be given as a fact, in %"
    )


def test_those_that_are_missing_are_counted_apart(analysis: Make) -> None:
    gone = graded(analysis, "Eve", peak=2_000_000, findings=(finding("missing", "nothing was handed in"),))
    assert gone.total == 0
    one = render(of_class(graded(analysis, "Ada")), "text")
    assert one.startswith("The lab: 1 submission\n")
    two = render(of_class(graded(analysis, "Ada"), gone), "text")
    assert two.startswith("The lab: 1 submission, 1 missing\n")
    assert "MISSING" in two
    # all that follows the rubric is about those that handed in
    assert two.partition("The class: outcomes")[2] == one.partition("The class: outcomes")[2]
    assert render(of_class(gone, gone), "text").startswith("The lab: 0 submissions, 2 missing\n")


@pytest.mark.parametrize(("peak", "shown"), [(1, False), (1_048_000, True)])
def test_a_student_sees_other_readings_where_one_changes_something(analysis: Make, peak: int, shown: bool) -> None:
    student = graded(analysis, "Ada", peak=peak)
    assert ("Under other readings" in render(student, "md", ALL)) is shown
    assert "Under other readings" not in render(student, "md")
    assert "Under other readings" in render(student.verdict, "md", ALL)


def test_what_is_for_the_grader_is_shown_to_the_grader_alone(analysis: Make) -> None:
    same = finding("same files", "the same files as Bob")
    student = graded(analysis, "Ada", for_grader=(same,), findings=(finding("late", "a day"),), entry=place(1))
    for format in format_names(Graded):
        said = render(student, format, ALL)
        if format == "github-classroom":
            said = json.dumps(classroom(student))
        assert "Bob" not in said, format
    for format in ("text", "md", "html", "csv"):
        assert "the same files as Bob" in render(of_class(student), format)
    for format in ("junit", "json"):
        assert "the same files as Bob" in render(of_class(student), format)


def test_nbgrader_has_a_row_for_each_of_a_group(analysis: Make) -> None:
    members = (Member(name="Ada Arslan", email="ada@class.example", sid="7"), Member(name="Okafor, Ben"))
    group = graded(analysis, "Ada Arslan and Ben Okafor", members=members)
    rows = list(csv.DictReader(io.StringIO(render(of_class(group, graded(analysis, "Cho")), "nbgrader"))))
    names = ("student_id", "first_name", "last_name", "email", "score")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("7", "Ada", "Arslan", "ada@class.example", "90"),
        ("Okafor, Ben", "Ben", "Okafor", "", "90"),
        ("Cho", "", "Cho", "", "90"),
    ]


def test_who_needs_me_is_a_link_unless_two_bear_the_name(analysis: Make) -> None:
    undecided: dict[str, Any] = {"facts": {}, "peak": 1}
    students = [graded(analysis, name, **undecided) for name in ("Ada", "Ben", "Ben")]
    students = [replace(student, key=f"k{i}") for i, student in enumerate(students)]
    shown = render(replace(of_class(students[0]), submissions=tuple(students)), "html").partition("<figure")[0]
    assert '<a href="feedback/k0.html">Ada</a>' in shown
    assert shown.count(">Ben<") >= 2
    assert "feedback/k1.html" not in shown
