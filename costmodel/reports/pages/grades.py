"""The page of a class, for the teacher: what needs a person first, how points are spread, and each student's page."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from urllib.parse import quote

from costmodel.ir.grades import Graded, Grades
from costmodel.reports.chart import Chart
from costmodel.reports.charts.bar import Bar, bars
from costmodel.reports.graded.needs_me import needs_me
from costmodel.reports.html.element import Html, el, join
from costmodel.reports.html.html_table import section
from costmodel.reports.html.parts import Parts, tiles
from costmodel.reports.pages import ranking as ranking_page
from costmodel.reports.table import Table
from costmodel.reports.tables import grades as tables_of
from costmodel.reports.tables import ranking as ranking_tables
from costmodel.reports.view import View

NOUN = Grades

_BIN = 10
_DRAWN = ("outcomes", "totals")
"""Tables of the class that are pictures here."""
_ORDER = {"PASS": "good", "FAIL": "bad", "UNDECIDED": "open", "LATE": "open", "MISSING": "c5"}


def parts(grades: Grades, view: View) -> Parts:
    """The class at a glance, the histogram, what needs a person, the rubric with its links, the ranking."""
    asked = needs_me(grades)
    outcomes = Counter(graded.outcome for graded in grades.submissions)
    lead = tiles(
        ("submissions", f"{len(grades.submissions) - outcomes['MISSING']}", f"{outcomes['MISSING']} missing"),
        *[(name, f"{outcomes[name]}", "") for name in ("PASS", "FAIL", "UNDECIDED", "LATE") if outcomes[name]],
        ("needs a person", f"{len({row[0] for row in asked.rows})}", f"{len(asked.rows)} questions"),
    )
    shown = [_linked(grades, noted=not asked.rows)]
    pictures = [_outcomes(outcomes), *_histogram(grades)]
    if grades.ranking is not None:
        pictures.append(ranking_page.chart(grades.ranking))
        shown += ranking_tables.tables(grades.ranking, view)
    first = join(lead, section(_asked(grades, asked))) if asked.rows else lead
    at_a_glance = [table for about, table in tables_of.summary(grades).items() if about not in _DRAWN]
    return Parts(grades.title, first, pictures, [*shown, *at_a_glance])


def _asked(grades: Grades, asked: Table) -> Table:
    """What needs a person, each name a link; a name that two people bear is none."""
    bearers = Counter(graded.name for graded in grades.submissions)
    pages = {graded.name: _link(graded) for graded in grades.submissions if bearers[graded.name] == 1}
    return replace(asked, rows=[(pages.get(str(row[0]), row[0]), *row[1:]) for row in asked.rows])


def _link(graded: Graded) -> Html:
    """To the student's own page."""
    return el("a", graded.name, href=f"feedback/{quote(graded.key, safe='')}.html")


def _outcomes(outcomes: Counter[str]) -> Chart:
    rows = [Bar(name, (float(outcomes[name]),), f"{outcomes[name]} submissions", f"{outcomes[name]}", tone)
            for name, tone in _ORDER.items() if outcomes[name]]  # fmt: skip
    return bars(rows, "Outcomes (submissions)")


def _histogram(grades: Grades) -> list[Chart]:
    totals = [graded.total for graded in grades.submissions if graded.total is not None]
    if not totals:
        return []
    bins = Counter(total // _BIN for total in totals)
    rows = [
        Bar(f"{n * _BIN} to {n * _BIN + _BIN - 1} points", (float(bins[n]),), f"{bins[n]} submissions", f"{bins[n]}")
        for n in range(min(bins), max(bins) + 1)
    ]
    return [bars(rows, "Points with the bonus (submissions)")]


def _linked(grades: Grades, *, noted: bool) -> Table:
    """The rubric, each name a link to the student's own page."""
    table = tables_of.rubric(grades, noted=noted)
    rows = [(_link(graded), *row[1:]) for graded, row in zip(grades.submissions, table.rows, strict=True)]
    return replace(table, rows=rows)
