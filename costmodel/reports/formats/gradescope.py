"""Gradescope's results.json for one student.

Schema: gradescope-autograders.readthedocs.io, specifications: score, tests with score or status, leaderboard.
"""

from __future__ import annotations

import json

from costmodel.files.quoting import printable, safe_markdown
from costmodel.ir.grades import Graded
from costmodel.ir.verdict import Finding, Outcome
from costmodel.reports.formats import md
from costmodel.reports.graded.student_view import own
from costmodel.reports.tables.verdict import lateness, why_nothing
from costmodel.reports.view import Noun, View

NOUNS = ("Graded",)
FILES = {"Graded": "gradescope/{key}/results.json"}
ON_REQUEST = True

_LONGEST = 2000
"""Characters of a line."""


def render(noun: Noun, view: View) -> str:
    """Points, rules as tests, and the ranking metric for the leaderboard.

    Undecided points are not zero: there is no score then, and the test says so.
    """
    assert isinstance(noun, Graded)  # see NOUNS
    noun = own(noun)
    rules = (*noun.findings, *noun.verdict.findings, *noun.verdict.contract)
    tests = [*(_rule(finding) for finding in rules), *_points(noun)]
    result: dict[str, object] = {
        "output": md.render(noun, view),
        "output_format": "md",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
    }
    if noun.total is not None:
        result["score"] = noun.total
    elif not any("score" in test for test in tests):
        result["score"] = 0
        result["output"] = f"Not decided yet: 0 stands for no score.\n\n{result['output']}"
    nothing = why_nothing(noun.verdict)
    if nothing:
        result["output"] = f"{safe_markdown(nothing, _LONGEST)}\n\n{result['output']}"
    metric = noun.verdict.metric
    if metric is not None and metric.value is not None:
        order = "asc" if metric.order == "ascending" else "desc"
        result["leaderboard"] = [{"name": printable(metric.name), "value": metric.value, "order": order}]
    return json.dumps(result, sort_keys=True, indent=2, ensure_ascii=False) + "\n"


def _rule(finding: Finding) -> dict[str, object]:
    test: dict[str, object] = {
        "name": printable(finding.rule),
        "output": printable(f"{finding.outcome.value}: {finding.because}"),
        "output_format": "text",
        "visibility": "visible",
    }
    if finding.outcome is not Outcome.UNDECIDED:
        test["status"] = "passed" if finding.outcome is Outcome.PASS else "failed"
    return test


def _points(graded: Graded) -> list[dict[str, object]]:
    """Points are shown as tests without score where a broken limit has zeroed the total, so that they do not add up."""
    points = graded.verdict.points
    rows: list[dict[str, object]] = []
    for row in points.tables if points is not None else ():
        test: dict[str, object] = {
            "name": printable(f"points: {row.table}"),
            "visibility": "visible",
            "output": printable(row.because),
        }
        if graded.total is not None and row.points is not None:
            test |= {"score": row.points, "max_score": row.maximum}
        rows.append(test)
    for name, taken, because in lateness(graded.verdict):
        late: dict[str, object] = {"name": name, "visibility": "visible", "output": because}
        if graded.total is not None and isinstance(taken, int):
            late |= {"score": taken, "max_score": 0}
        rows.append(late)
    return rows
