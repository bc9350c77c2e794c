"""The plots of a noun, by name: what the module of pages/ that is for its class says in ``PLOTS``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from costmodel.errors import UnknownNameError, UsageError
from costmodel.reports.chart import Chart
from costmodel.reports.html.document import page_of


def plots_of(kind: type[object]) -> Mapping[str, Callable[[Any], Chart]]:
    """Name → what makes the chart of a noun of this class; empty if nothing is drawn of it."""
    found: Mapping[str, Callable[[Any], Chart]] = getattr(page_of(kind), "PLOTS", {})
    return found


def chart_of(noun: object, name: str) -> Chart:
    """A noun's chart by its name.

    Raises:
        UsageError: nothing is drawn of such a noun.
        UnknownNameError: it has no such plot; lists those that it has.
    """
    known = plots_of(type(noun))
    if not known:
        raise UsageError(f"a {type(noun).__name__} has no plots")
    if name not in known:
        raise UnknownNameError("plot", name, known)
    return known[name](noun)
