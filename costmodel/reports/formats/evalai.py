"""EvalAI's answer of ``evaluate`` for one submission.

Schema: EvalAI documentation, evaluation script: result is a list of splits, each with the leaderboard's labels.
"""

from __future__ import annotations

import json

from costmodel.ir.grades import Graded
from costmodel.reports.formats.codabench import numbers
from costmodel.reports.view import Noun, View

NOUNS = ("Graded",)
FILES = {"Graded": "evalai/{key}/result.json"}
ON_REQUEST = True


def render(noun: Noun, view: View) -> str:
    """One split named after the rulebook."""
    assert isinstance(noun, Graded)  # see NOUNS
    scores = numbers(noun)
    result = {"result": [{noun.verdict.rulebook: scores}], "submission_result": scores}
    return json.dumps(result, sort_keys=True, indent=2, allow_nan=False) + "\n"
