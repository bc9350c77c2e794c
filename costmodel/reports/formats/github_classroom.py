"""GitHub Classroom's result of a grader step for one student: base64 of JSON.

Schema: classroom-resources/autograding-grading-reporter: version, status, max_score, tests with name, status, score,
message, test_code, filename, line_no, duration.
"""

from __future__ import annotations

import base64
import json

from costmodel.files.quoting import safe_text
from costmodel.ir.grades import Graded
from costmodel.ir.verdict import Consequence, Finding, Outcome, Verdict
from costmodel.reports.graded.student_view import decidable
from costmodel.reports.tables.verdict import why_nothing
from costmodel.reports.view import Noun, View

NOUNS = ("Graded",)
FILES = {"Graded": "github-classroom/{key}.txt"}
ON_REQUEST = True

_LONGEST = 2000
"""Characters of a name or a message."""

_STATUS = {Outcome.PASS: "pass", Outcome.FAIL: "fail", Outcome.UNDECIDED: "error"}


def render(noun: Noun, view: View) -> str:
    """The text that a workflow step sets as its output ``result``."""
    assert isinstance(noun, Graded)  # see NOUNS
    return base64.b64encode(json.dumps(result_of(noun), sort_keys=True).encode()).decode() + "\n"


def result_of(graded: Graded) -> dict[str, object]:
    """What the reporter decodes: rules as tests, points as scored tests."""
    verdict = graded.verdict
    # a note on what cannot be decided here is not the student's error
    findings = decidable((*graded.findings, *verdict.findings, *verdict.contract))
    status = _status(verdict)
    tests = [_rule(finding, status) for finding in findings]
    if verdict.points is not None:
        nothing = why_nothing(verdict)
        tests += [
            _test(f"points: {row.table}", "error" if row.points is None else "pass",
                  0 if nothing else row.points or 0, "; ".join(text for text in (row.because, nothing) if text))
            for row in verdict.points.tables
        ]  # fmt: skip
    return {
        "version": 1,
        "status": status,
        "max_score": graded.maximum or 0,
        "tests": tests,
    }


def _status(verdict: Verdict) -> str:
    """Without flags, which a person looks at; an error is what leaves rules or points undecided."""
    outcomes = {f.outcome for f in (*verdict.findings, *verdict.contract) if f.consequence.fails}
    if Outcome.FAIL in outcomes:
        return "fail"
    unknown = verdict.points is not None and verdict.points.total is None
    return "error" if unknown or Outcome.UNDECIDED in outcomes else "pass"


def _rule(finding: Finding, status: str) -> dict[str, object]:
    flagged = finding.consequence is Consequence.FLAG and finding.outcome is Outcome.UNDECIDED and status != "error"
    if flagged:
        return _test(finding.rule, "pass", 0, f"a person looks at this: {finding.because}")
    return _test(finding.rule, _STATUS[finding.outcome], 0, finding.because)


def _test(name: str, status: str, score: int, message: str) -> dict[str, object]:
    # one line each: the reporter prints them to the workflow's log, where a line may be a command
    return {
        "name": safe_text(name, _LONGEST),
        "status": status,
        "score": score,
        "message": safe_text(message, _LONGEST),
        "test_code": "",
        "filename": "",
        "line_no": 0,
        "duration": 0,
    }
