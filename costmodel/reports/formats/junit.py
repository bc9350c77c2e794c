"""JUnit XML, for continuous integration: a rule is a test case."""

from __future__ import annotations

from xml.etree import ElementTree

from costmodel.ir.grades import Grades
from costmodel.ir.verdict import Finding, Outcome, Verdict
from costmodel.reports.student_view import decidable
from costmodel.reports.view import Noun, View

NOUNS = (Verdict, Grades)


def render(noun: Noun, view: View) -> str:
    """A verdict is a suite, a class one for each student: a failed rule is a failure, an undecided one is skipped."""
    if isinstance(noun, Grades):
        root = ElementTree.Element("testsuites", name=_clean(noun.title))
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
        name=_clean(f"{verdict.title}: {verdict.subject}"),
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
        suite, "testcase", name=_clean(finding.rule), classname=_clean(f"{verdict.rulebook}.{verdict.subject}")
    )
    measured = "unknown" if finding.measured is None else f"{finding.measured} {finding.unit}".strip()
    said = _clean(f"{measured}, limit {finding.limit}: {finding.because}")
    if finding.outcome is Outcome.FAIL:
        ElementTree.SubElement(case, "failure", message=said, type=finding.consequence or "rule")
    elif finding.outcome is Outcome.UNDECIDED:
        ElementTree.SubElement(case, "skipped", message=said)


def _clean(text: str) -> str:
    """Text without the control characters that XML 1.0 forbids."""
    return "".join(c if c in "\t\n" or ord(c) >= 32 else "\N{REPLACEMENT CHARACTER}" for c in text)
