"""The page of two machines: both drawn, their figures, and what the same model costs on each."""

from __future__ import annotations

from costmodel.ir.hierarchy import MachineComparison
from costmodel.reports.charts.hierarchy import hierarchy
from costmodel.reports.html.element import join
from costmodel.reports.html.parts import Parts
from costmodel.reports.pages import comparison
from costmodel.reports.tables import machine_comparison as tables_of
from costmodel.reports.view import View

NOUN = MachineComparison


def parts(found: MachineComparison, view: View) -> Parts:
    """The model's figures at a glance where there is one; pictures; tables."""
    shown = tables_of.tables(found, view)
    pictures = [hierarchy(machine) for machine in (found.before, found.after)]
    if found.on is None:
        return Parts(shown[0].title, join(), pictures, shown)
    model = comparison.parts(found.on, view)
    return Parts(shown[0].title, model.lead, [*pictures, *model.charts], shown)
