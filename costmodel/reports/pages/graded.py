"""A student's page: their own result and nobody else's."""

from __future__ import annotations

from costmodel.ir.grades import Graded
from costmodel.reports.graded.student_view import own
from costmodel.reports.html.parts import Parts
from costmodel.reports.pages import verdict as verdict_page
from costmodel.reports.tables import graded as tables_of
from costmodel.reports.view import View

NOUN = Graded


def parts(graded: Graded, view: View) -> Parts:
    """The outcome, rules and points, where figures come from; what is about other students is not there."""
    mine = own(graded)
    glance = verdict_page.glance(mine.verdict, mine.outcome)
    title = f"{mine.name}: {mine.verdict.title}"
    return Parts(title, glance, [*verdict_page.charts(mine.verdict)], tables_of.tables(mine, view))
