"""A class at a glance as one CSV: how many passed, and how points and totals are spread; a figure per row."""

from __future__ import annotations

from collections.abc import Iterator

from costmodel.ir.grades import Grades
from costmodel.reports.formats.csv import written
from costmodel.reports.table import Cell
from costmodel.reports.tables.grades import summary
from costmodel.reports.view import Noun, View

NOUNS = ("Grades",)
FILES = {"Grades": "summary.csv"}
ON_REQUEST = False

COLUMNS = ("about", "of", "figure", "value")
"""``outcomes,PASS,submissions,12``; ``points,energy,median,15``; ``totals,70 to 79,submissions,4``."""


def render(noun: Noun, view: View) -> str:
    """The same figures as below the rubric, without its bars."""
    assert isinstance(noun, Grades)  # see NOUNS
    return written(COLUMNS, [*_rows(noun)])


def _rows(grades: Grades) -> Iterator[tuple[Cell, ...]]:
    for about, table in summary(grades).items():
        for row in table.rows:
            for header, cell in zip(table.headers[1:], row[1:], strict=True):
                if not isinstance(cell, str):
                    yield about, row[0], header, cell
