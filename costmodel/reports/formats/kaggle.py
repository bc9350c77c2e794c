"""A Kaggle metric notebook's function for the rulebook's error rate.

Interface: Kaggle's metric template: ``score(solution, submission, row_id_column_name) -> float``, and a
``ParticipantVisibleError`` for what participants may read.
"""

from __future__ import annotations

from costmodel.files.quoting import safe_python
from costmodel.ir.grades import Grades
from costmodel.reports.view import Noun, View

NOUNS = ("Grades",)
FILES = {"Grades": "kaggle_metric.py"}
ON_REQUEST = True

_SOURCE = '''"""Error rate in percent, for {rulebook}: lower is better. Written by costmodel."""

import pandas as pd


class ParticipantVisibleError(Exception):
    """Shown to the participant."""


def score(solution: pd.DataFrame, submission: pd.DataFrame, row_id_column_name: str) -> float:
    """Share of wrong predictions in percent."""
    if list(submission.columns) != list(solution.columns[: len(submission.columns)]):
        raise ParticipantVisibleError(f"columns must be {{list(solution.columns)}}, got {{list(submission.columns)}}")
    if submission[row_id_column_name].duplicated().any():
        raise ParticipantVisibleError("an id occurs twice")
    if set(submission[row_id_column_name]) != set(solution[row_id_column_name]):
        raise ParticipantVisibleError("the ids are not those of the solution")
    label = next(name for name in submission.columns if name != row_id_column_name)
    right = solution.set_index(row_id_column_name)[label]
    given = submission.set_index(row_id_column_name)[label].loc[right.index]
    return float(100 * (given.to_numpy() != right.to_numpy()).mean())
'''


def render(noun: Noun, view: View) -> str:
    """The metric's Python file; it depends on the rulebook alone."""
    assert isinstance(noun, Grades)  # see NOUNS
    return _SOURCE.format(rulebook=safe_python(noun.rulebook))
