"""The noun itself in its stable JSON schema, indented for people."""

from __future__ import annotations

from dataclasses import replace

from costmodel.ir import advice, analysis, cost, crosscheck, grades, ranking, verdict
from costmodel.ir.codec import dumps
from costmodel.reports.view import Noun, View

_SCHEMAS = {
    advice.Advice: advice.SCHEMA,
    analysis.Analysis: analysis.SCHEMA,
    verdict.Verdict: verdict.SCHEMA,
    cost.CostReport: cost.SCHEMA,
    crosscheck.Crosscheck: crosscheck.SCHEMA,
    grades.Grades: grades.SCHEMA,
    grades.Graded: grades.ONE,
    ranking.Ranking: ranking.SCHEMA,
}


def render(noun: Noun, view: View) -> str:
    """Everything the noun holds, whatever the view; of one student's result, nothing that is for the grader alone."""
    if isinstance(noun, grades.Graded):
        noun = replace(noun, for_grader=())
    return dumps(noun, _SCHEMAS[type(noun)], indent=2)
