"""The hooks by which a noun shows and draws itself: reports are a floor above the nouns, and are handed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from costmodel.errors import UsageError

_html: list[Callable[[Any], str | None]] = []
_plots: list[Callable[[Any], Any]] = []


def show_with(html: Callable[[Any], str | None]) -> None:
    """Name the function that makes a noun's table."""
    _html[:] = [html]


def table_of(noun: Any) -> str | None:
    """A noun's table as HTML; None if nobody makes one."""
    return _html[0](noun) if _html else None


def plot_with(plots: Callable[[Any], Any]) -> None:
    """Name the function that makes the object with a noun's plots."""
    _plots[:] = [plots]


def plots_of(noun: Any) -> Any:
    """The object whose methods are a noun's plots.

    Raises:
        UsageError: nobody draws.
    """
    if not _plots:
        raise UsageError("plots are made by costmodel's reports: import costmodel")
    return _plots[0](noun)
