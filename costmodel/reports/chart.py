"""A chart is a value: the numbers that it shows. It is drawn into a page, as a picture of its own, or by matplotlib."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from costmodel.reports.html.element import Html


@runtime_checkable
class Chart(Protocol):
    """The abilities of every kind in ``charts/``."""

    @property
    def title(self) -> str:
        """What is shown, with its unit."""

    def html(self) -> Html:
        """For a page: it follows the page's colours and width, and its labels are HTML."""

    def svg(self) -> Html:
        """A file of its own, with a ground and colours of its own: for a notebook, a README, a slide."""

    def draw(self, axes: Any) -> None:
        """Onto the axes of a matplotlib figure."""


def element_of(shown: Chart | Html) -> Html:
    """What a page has for a chart, or for an element that is none."""
    return shown if isinstance(shown, Html) else shown.html()
