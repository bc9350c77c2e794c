"""The parts that a page and a card are put together from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from costmodel.reports.chart import Chart
from costmodel.reports.html.element import Html, el
from costmodel.reports.table import Table


@dataclass(frozen=True)
class Parts:
    """What a page shows, in this order.

    Attributes:
        title: one line, also the title of the window.
        lead: what the page is about, at a glance.
        charts: pictures.
        tables: what they are made of.
        assets: files of ours that the page needs beside the usual style and script.
    """

    title: str
    lead: Html
    charts: Sequence[Chart | Html]
    tables: Sequence[Table]
    assets: Sequence[str] = ()


def tiles(*shown: tuple[str, Html | str, str]) -> Html:
    """Figures at a glance: what, the figure, and what is to be said of it (which is also where the exact one goes)."""
    return el(
        "dl",
        *[
            el("div", el("dt", what), el("dd", figure), el("dd", more, class_="more") if more else None, class_="tile")
            for what, figure, more in shown
        ],
        class_="tiles",
    )
