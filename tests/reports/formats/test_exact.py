"""What each format writes of small nouns, character by character."""

from __future__ import annotations

import base64
import json
from decimal import Decimal
from typing import Any

import pytest

from costmodel.errors import UnknownNameError
from costmodel.ir.facts import Facts, Reading
from costmodel.ir.grades import Graded, Grades
from costmodel.ir.verdict import Consequence, Metric, Outcome, Points, PointsRow
from costmodel.reports.formats import text
from costmodel.reports.graded.class_files import class_files
from costmodel.reports.report_format import format_names, general_names, names_on_request, render
from costmodel.reports.table import Table
from costmodel.reports.view import View
from tests.reports import nouns
from tests.reports.nouns import entry, finding

PASS, FAIL, UNDECIDED = Outcome.PASS, Outcome.FAIL, Outcome.UNDECIDED


def test_the_formats() -> None:
    general = ["csv", "html", "json", "md", "text"]
    on_request = [
        "canvas", "codabench", "evalai", "github-classroom", "gradescope", "junit", "kaggle", "leaderboard", "moodle",
        "nbgrader", "nbgrader-feedback", "svg",
    ]  # fmt: skip
    assert format_names() == sorted([*general, "page", "summary", *on_request])
    assert (general_names(), names_on_request()) == (general, on_request)
    with pytest.raises(UnknownNameError, match="unknown report format 'gradescop'"):
        render(nouns.ranking(), "gradescop")
    with pytest.raises(UnknownNameError, match="known: csv, html, json, leaderboard, md, text"):
        render(nouns.ranking(), "kaggle")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""), (1234, "1,234"), (1234.5, "1,234.5"), (1 / 3, "0.3333333333"), (Decimal("1234.50"), "1,234.50"),
        (Decimal("1E+3"), "1,000"), ("1234", "1234"), (True, "1"),
    ],
)  # fmt: skip
def test_a_cell_as_people_read_it(value: Any, shown: str) -> None:
    assert text.cell(value) == shown


def test_text() -> None:
    table = Table(
        "Title", ("name", "n", "mixed", "words", "far"), [("a", 1234, "–", "x", "2"), ("b", None, 7, "y" * 61, "10")],
        notes=("note\x1b",), remarks=("one", "two"), right=("far",),
    )  # fmt: skip
    assert text.as_text([table], View())[:-1] == (
        "Title\n\n"
        f"name        n    mixed  words{' ' * 56}    far\n"
        f"------  -----  -------  {'-' * 61}  -----\n"
        f"a       1,234        –  x{' ' * 60}      2\n"
        f"b                    7  {'y' * 61}     10\n"
        "  note\ufffd\n\none\ntwo"
    )
    wrapped = Table("", ("words",), [("one two " * 10,)])
    line = "one two one two one two one two one two one two one two one"
    assert text.as_text([wrapped], View())[:-1] == f"words\n{'-' * 59}\n{line}\ntwo one two one two"
    kept = Table("", ("words",), [("one two " * 10,)], wrapped=True)
    assert text.as_text([kept], View())[:-1].splitlines()[2] == ("one two " * 10).strip()
    assert text.as_text([Table("", ("a", "b"), [])], View())[:-1] == "a    b\n---  ---"


RANKING = nouns.ranking(entry("=ann|", 1, because=("<x>",)), entry("bob", 2.5, metric=1234.5))


def test_tables_in_every_general_format() -> None:
    title = "The lab (edition 1): by score [pts], ascending; ties: competition: shared"
    assert render(RANKING, "text") == (
        f"{title}\n\n"
        "  rank  name      score  outcome    because\n"
        "------  ------  -------  ---------  ---------\n"
        "     1  =ann|         7  PASS       <x>\n"
        "   2.5  bob     1,234.5  PASS\n"
        "  a note\n"
    )
    assert render(RANKING, "csv") == (
        "rank,name,task,bracket,score [pts],points,bonus,award,outcome,to_look_at,undecided_entries,because\n"
        "1,'=ann|,,,7,,,,PASS,no,0,<x>\n2.5,bob,,,1234.5,,,,PASS,no,0,\n"
    )
    assert render(RANKING, "md") == (
        r"### The lab (edition 1): by score \[pts\], ascending; ties: competition: shared"
        "\n\n"
        "| rank   | name   | score   | outcome   | because   |\n"
        "|:-------|:-------|:--------|:----------|:----------|\n"
        "| 1      | =ann\\| | 7       | PASS      | &lt;x&gt; |\n"
        "| 2.5    | bob    | 1,234.5 | PASS      |           |\n\n"
        "- a note\n"
    )
    page = render(RANKING, "html")
    assert page.startswith('<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport"')
    assert f"<title>{title}</title>" in page
    assert (
        '<thead><tr><th scope="col" class="n">rank</th><th scope="col">name</th><th scope="col" class="n">score</th>'
        '<th scope="col">outcome</th><th scope="col">because</th></tr></thead><tbody>'
        '<tr><td class="n" data-v="1">1</td><td class="short">=ann|</td><td class="n" data-v="7">7</td>'
        '<td class="PASS">PASS</td><td class="short">&lt;x&gt;</td></tr>'
        '<tr><td class="n" data-v="2.5">2.5</td><td class="short">bob</td><td class="n" data-v="1234.5">1,234.5</td>'
        '<td class="PASS">PASS</td><td class="short"></td></tr></tbody></table></div>'
        '<ul class="notes"><li>a note</li></ul>'
    ) in page
    assert page == render(RANKING, "html")
    assert (
        render(nouns.ranking(metric="energy [mJ]"), "md").splitlines()[2].startswith("| rank   | name   | energy [mJ]")
    )


def test_flat_facts_have_no_titles_and_all_digits() -> None:
    facts = Facts(readings=(Reading(file="a", format="zeus", measurements=(nouns.measurement("1E+3", because="=x"),)),))
    assert render(facts, "csv") == (
        "file,format,submission,fact,value,uncertainty,unit,kind,at_least,word,because\n"
        "a,zeus,,energy_joules,1000,,J,measured,no,,'=x\n"
    )


def points(*given: int | None, total: int | None) -> Points:
    rows = tuple(
        PointsRow(table="ab"[n], measured=None, points=value, maximum=30 + n, because=f"why {n}")
        for n, value in enumerate(given)
    )
    return Points(total=total, maximum=61, tables=rows)


def graded(outcome: Outcome = PASS, rank: float | None = 2, bonus: int = 5, **verdict: Any) -> Graded:
    given: dict[str, Any] = {
        "findings": (finding("A", PASS),),
        "contract": (),
        "points": points(20, 10, total=30),
        "judged": None,
        **verdict,
    }
    return Graded(
        name="ann", key="ann-1", digest="", findings=(), verdict=nouns.verdict(outcome=outcome, **given),
        entry=entry("ann", rank, outcome, bonus=bonus),
    )  # fmt: skip


def test_codabench_and_evalai() -> None:
    numbers = {
        "energy": 1.5,
        "latency": 3,
        "rate": 5,
        "passed": 1,
        "points": 35,
        "ranking_metric": 2.5,
        "rank": 2,
        "bonus": 5,
    }
    assert json.loads(render(graded(), "codabench")) == numbers
    assert json.loads(render(graded(), "evalai")) == {"result": [{"lab": numbers}], "submission_result": numbers}
    unknown = graded(UNDECIDED, None, 0, claims=(), points=points(None, 10, total=None), metric=None)
    assert json.loads(render(unknown, "codabench")) == {"passed": 0, "bonus": 0}
    alone = Graded(name="a", key="a", digest="", findings=(), verdict=nouns.verdict(claims=(), points=None), entry=None)
    assert render(alone, "codabench") == '{\n  "passed": 0,\n  "ranking_metric": 2.5\n}\n'


def scope(student: Graded) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(render(student, "gradescope"))
    return data


def test_gradescope() -> None:
    data = scope(graded())
    rule = {
        "name": "A",
        "output": "PASS: because of A",
        "output_format": "text",
        "visibility": "visible",
        "status": "passed",
    }
    assert data["tests"] == [
        rule,
        {"name": "points: a", "visibility": "visible", "output": "why 0", "score": 20, "max_score": 30},
        {"name": "points: b", "visibility": "visible", "output": "why 1", "score": 10, "max_score": 31},
    ]
    assert (data["score"], data["leaderboard"]) == (35, [{"name": "score", "value": 2.5, "order": "asc"}])
    assert data["output"] == render(graded(), "md")
    assert {k: data[k] for k in ("output_format", "visibility", "stdout_visibility")} == {
        "output_format": "md", "visibility": "visible", "stdout_visibility": "hidden",
    }  # fmt: skip
    rules = (finding("A", FAIL), finding("B", UNDECIDED, Consequence.FLAG))
    unknown = scope(graded(UNDECIDED, findings=rules, points=points(None, 10, total=None), metric=None))
    assert [test.get("status") for test in unknown["tests"]] == ["failed", None, None, None]
    assert [test.get("score") for test in unknown["tests"]] == [None] * 4
    assert (unknown["score"], "leaderboard" in unknown) == (0, False)
    assert unknown["output"].startswith("0 points: A fails, and a failure gives 0 points\n\nNot decided yet: 0 stands")
    down = Metric(name="score", value=3, unit="", because="", order="descending")
    assert scope(graded(metric=down))["leaderboard"] == [{"name": "score", "value": 3, "order": "desc"}]
    nothing = Metric(name="score", value=None, unit="", because="")
    assert "leaderboard" not in scope(graded(metric=nothing))


def classroom(**verdict: Any) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(base64.b64decode(render(graded(**verdict), "github-classroom")))
    return data


def row(name: str, status: str, score: int, message: str) -> dict[str, Any]:
    return {
        "name": name, "status": status, "score": score, "message": message, "test_code": "", "filename": "",
        "line_no": 0, "duration": 0,
    }  # fmt: skip


def test_github_classroom() -> None:
    assert classroom() == {
        "version": 1, "status": "pass", "max_score": 61,
        "tests": [row("A", "pass", 0, "because of A"), row("points: a", "pass", 20, "why 0"), row("points: b", "pass", 10, "why 1")],  # noqa: E501
    }  # fmt: skip
    zero = "0 points: A fails, and a failure gives 0 points"
    failed = classroom(findings=(finding("A", FAIL),), points=points(None, 10, total=0))
    assert (failed["status"], failed["tests"]) == (
        "fail",
        [row("A", "fail", 0, "because of A"), row("points: a", "error", 0, f"why 0; {zero}"), row("points: b", "pass", 0, f"why 1; {zero}")],  # noqa: E501
    )  # fmt: skip
    flag = finding("B", UNDECIDED, Consequence.FLAG)
    assert classroom(findings=(flag,))["tests"][0] == row("B", "pass", 0, "a person looks at this: because of B")
    assert classroom(points=None, findings=())["max_score"] == 0


@pytest.mark.parametrize(
    ("outcome", "consequence", "total", "status"),
    [
        (PASS, Consequence.ZERO, 30, "pass"), (FAIL, Consequence.ZERO, 30, "fail"), (UNDECIDED, Consequence.ZERO, 30, "error"),  # noqa: E501
        (FAIL, Consequence.FLAG, 30, "pass"), (UNDECIDED, Consequence.FLAG, 30, "pass"), (FAIL, Consequence.NOTE, 30, "pass"),  # noqa: E501
        (PASS, Consequence.ZERO, None, "error"), (FAIL, Consequence.ZERO, None, "fail"),
    ],
)  # fmt: skip
def test_the_status_of_a_classroom(outcome: Outcome, consequence: Consequence, total: int | None, status: str) -> None:
    rules = (finding("A", outcome, consequence),)
    assert classroom(findings=rules, points=points(20, 10, total=total))["status"] == status
    assert classroom(findings=(), contract=rules, points=points(20, 10, total=total))["status"] == status


def test_junit() -> None:
    rules = (finding("A", FAIL), finding("B", UNDECIDED, measured=None), finding("C", PASS))
    contract = (finding("D", FAIL, Consequence.NONE, unit=""), finding("E", UNDECIDED, Consequence.NOTE))
    student = graded(findings=rules, contract=contract)
    cases = (
        '<testcase name="A" classname="lab.ann">\n    <failure message="1500 bytes, limit &lt; 1,000: because of A" type="zero" />\n  </testcase>\n'  # noqa: E501
        '  <testcase name="B" classname="lab.ann">\n    <skipped message="unknown, limit &lt; 1,000: because of B" />\n  </testcase>\n'  # noqa: E501
        '  <testcase name="C" classname="lab.ann" />\n'
        '  <testcase name="D" classname="lab.ann">\n    <failure message="1500, limit &lt; 1,000: because of D" type="rule" />\n  </testcase>\n'  # noqa: E501
    )
    last = '  <testcase name="E" classname="lab.ann">\n    <skipped message="1500 bytes, limit &lt; 1,000: because of E" />\n  </testcase>\n'  # noqa: E501
    assert render(student.verdict, "junit") == (
        '<testsuite name="The lab (edition 1): ann" tests="5" failures="2" errors="0" skipped="2">\n'
        f"  {cases}{last}</testsuite>\n"
    )
    # of a class, without what nobody can decide here
    suites = render(grades(student), "junit")
    assert suites.startswith(
        '<testsuites name="The lab">\n  <testsuite name="The lab (edition 1): ann" tests="4" failures="2"'
    )
    assert 'name="E"' not in suites


def grades(*students: Graded, **more: Any) -> Grades:
    given: dict[str, Any] = {"ranking": None, "notes": (), "provenance": {}, **more}
    return Grades(rulebook="lab", title="The lab", submissions=students, **given)


def test_nbgrader() -> None:
    header = "assignment,duedate,timestamp,student_id,last_name,first_name,email,raw_score,late_submission_penalty,score,max_score\n"  # noqa: E501
    unknown = graded(points=None)
    assert render(grades(graded(), unknown), "nbgrader") == (
        f"{header}lab,,,ann,ann,,,30,0,35,61\nlab,,,ann,ann,,,,0,,\n"
    )


def test_a_leaderboard_that_is_published_names_nobody() -> None:
    entries = (entry("ann", 1, metric=1.5, points=97), entry("ben", 2, UNDECIDED, metric=2.5, because=("ben's file",)),
               entry("cho", None, FAIL, metric=9.5))  # fmt: skip
    shown = render(nouns.ranking(*entries), "leaderboard")
    for secret in ("ann", "ben", "cho", "97", "9.5", "file,"):
        assert secret not in shown.partition("<body")[2].partition("<script")[0].replace("cannot", ""), secret
    assert shown.count("<tr>") == 1 + 2 + 2  # the head, two places, and their bars
    assert "of 3 entries" in shown


def test_the_files_of_a_class() -> None:
    ranked = grades(graded(), ranking=RANKING)
    always = {"rubric.csv", "summary.csv", "index.html", "rubric.md", "rubric.txt", "grades.json"}
    feedback = {"feedback/ann-1.md", "feedback/ann-1.html"}
    assert set(class_files(grades(graded()))) == {*always, *feedback}
    files = class_files(ranked, ["gradescope", "nbgrader"])
    assert set(files) == {
        *always, *feedback, "ranking.json", "ranking.csv", "gradescope/ann-1/results.json", "nbgrader.csv",
    }  # fmt: skip
    # students read what other readings would say; a platform's file holds what decides
    assert files["feedback/ann-1.md"] == render(graded(), "md", View(sensitivity=True))
    assert "Under other readings" in files["feedback/ann-1.md"]
    assert "Under other readings" not in files["gradescope/ann-1/results.json"]
    with pytest.raises(UnknownNameError, match="unknown platform format 'md'"):
        class_files(ranked, ["md"])
    student = Graded(
        name="a",
        key="a",
        digest="",
        findings=(),
        verdict=nouns.verdict(),
        entry=None,
        for_grader=(finding("same", FAIL),),
    )
    assert '"same"' not in render(student, "json")
    assert '"same"' in render(grades(student), "json")
