"""JUnit XML, for continuous integration: a rule is a test case."""

from __future__ import annotations

from xml.etree import ElementTree

from costmodel.files.quoting import printable
from costmodel.ir.grades import Grades
from costmodel.ir.verdict import Finding, Outcome, Verdict
from costmodel.reports.graded.student_view import decidable
from costmodel.reports.view import Noun, View

NOUNS = ("Verdict", "Grades")
FILES = {"Grades": "junit.xml"}
ON_REQUEST = True


def render(noun: Noun, view: View) -> str:
    """A verdict is a suite, a class one for each student: a failed rule is a failure, an undecided one is skipped."""
    if isinstance(noun, Grades):
        root = ElementTree.Element("testsuites", name=printable(noun.title))
        for graded in noun.submissions:
            verdict = graded.verdict
            remarks = (*graded.findings, *graded.for_grader)
            _suite(root, verdict, (*remarks, *verdict.findings, *decidable(verdict.contract)))
    else:
        assert isinstance(noun, Verdict)  # see NOUNS
        root = _suite(None, noun, (*noun.findings, *noun.contract))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _suite(parent: ElementTree.Element | None, verdict: Verdict, findings: tuple[Finding, ...]) -> ElementTree.Element:
    suite = ElementTree.Element(
        "testsuite",
        name=printable(f"{verdict.title}: {verdict.subject}"),
        tests=str(len(findings)),
        failures=str(sum(f.outcome is Outcome.FAIL for f in findings)),
        errors="0",
        skipped=str(sum(f.outcome is Outcome.UNDECIDED for f in findings)),
    )
    if parent is not None:
        parent.append(suite)
    for finding in findings:
        _case(suite, verdict, finding)
    return suite


def _case(suite: ElementTree.Element, verdict: Verdict, finding: Finding) -> None:
    case = ElementTree.SubElement(
        suite, "testcase", name=printable(finding.rule), classname=printable(f"{verdict.rulebook}.{verdict.subject}")
    )
    measured = "unknown" if finding.measured is None else f"{finding.measured} {finding.unit}".strip()
    said = printable(f"{measured}, limit {finding.limit}: {finding.because}")
    if finding.outcome is Outcome.FAIL:
        ElementTree.SubElement(case, "failure", message=said, type=finding.consequence.value or "rule")
    elif finding.outcome is Outcome.UNDECIDED:
        ElementTree.SubElement(case, "skipped", message=said)
