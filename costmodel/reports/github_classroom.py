"""GitHub Classroom's result of a grader step for one student: base64 of JSON.

Schema: classroom-resources/autograding-grading-reporter: version, status, max_score, tests with name, status, score,
message, test_code, filename, line_no, duration.
"""

from __future__ import annotations

import base64
import json

from costmodel.ir.grades import Graded
from costmodel.ir.verdict import Finding, Outcome
from costmodel.reports.view import Noun, View

NOUNS = (Graded,)

_STATUS = {Outcome.PASS: "pass", Outcome.FAIL: "fail", Outcome.UNDECIDED: "error"}


def render(noun: Noun, view: View) -> str:
    """The text that a workflow step sets as its output ``result``."""
    assert isinstance(noun, Graded)  # see NOUNS
    return base64.b64encode(json.dumps(result_of(noun), sort_keys=True).encode()).decode() + "\n"


def result_of(graded: Graded) -> dict[str, object]:
    """What the reporter decodes: rules as tests, points as scored tests."""
    verdict = graded.verdict
    findings = (*graded.findings, *verdict.findings, *verdict.contract)
    # what is only noted and cannot be decided here is no error of the student's
    tests = [_rule(f) for f in findings if f.consequence != "note" or f.outcome is not Outcome.UNDECIDED]
    if verdict.points is not None:
        zeroed = verdict.points.total == 0
        tests += [
            _test(f"points: {row.table}", "error" if row.points is None else "pass",
                  0 if zeroed else row.points or 0, row.because)
            for row in verdict.points.tables
        ]  # fmt: skip
    return {
        "version": 1,
        "status": _STATUS[verdict.outcome],
        "max_score": graded.maximum or 0,
        "tests": tests,
    }


def _rule(finding: Finding) -> dict[str, object]:
    return _test(finding.rule, _STATUS[finding.outcome], 0, finding.because)


def _test(name: str, status: str, score: int, message: str) -> dict[str, object]:
    return {
        "name": name,
        "status": status,
        "score": score,
        "message": message,
        "test_code": "",
        "filename": "",
        "line_no": 0,
        "duration": 0,
    }
