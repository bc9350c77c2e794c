"""A page with the step as a graph: modules are boxes that fold, and the whole can be moved, zoomed and searched."""

from __future__ import annotations

from costmodel.ir.trace import Trace
from costmodel.reports.export_format import TRACE
from costmodel.reports.graph.graph_picture import ASSETS, picture, title_of
from costmodel.reports.html.document import page_of_elements
from costmodel.reports.html.element import el

TITLE = "the step as a page with a graph that can be zoomed, searched and folded"
OF = TRACE


def text(shown: Trace) -> str:
    """The page, which needs nothing but itself."""
    title = title_of(shown)
    return page_of_elements(title, el("h1", title), picture(shown), assets=ASSETS)
