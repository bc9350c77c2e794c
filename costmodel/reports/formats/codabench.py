"""Codabench's scores.json for one submission: flat numbers, what is unknown left out.

Schema: codabench documentation, scoring program: keys are the leaderboard's columns, values are numbers.
"""

from __future__ import annotations

import json

from costmodel.ir.grades import Graded
from costmodel.reports.view import Noun, View

NOUNS = ("Graded",)
FILES = {"Graded": "codabench/{key}/scores.json"}
ON_REQUEST = True


def render(noun: Noun, view: View) -> str:
    """Every known number; Codabench rounds to two digits by default, so the rank is given beside the metric."""
    assert isinstance(noun, Graded)  # see NOUNS
    return json.dumps(numbers(noun), sort_keys=True, indent=2, allow_nan=False) + "\n"


def numbers(graded: Graded) -> dict[str, int | float]:
    """Outcome (1 for PASS), metrics by name, points, bonus, ranking metric and rank; what is unknown is absent."""
    verdict, entry = graded.verdict, graded.entry
    found: dict[str, int | float | None] = {
        claim.metric: claim.used for claim in verdict.claims if isinstance(claim.used, (int, float))
    }
    found["passed"] = int(verdict.outcome.value == "PASS")
    found["points"] = graded.total
    found["ranking_metric"] = verdict.metric.value if verdict.metric is not None else None
    found["rank"] = entry.rank if entry is not None else None
    found["bonus"] = entry.bonus if entry is not None else None
    return {name: value for name, value in found.items() if value is not None}
