"""A table as an element: numbers to the right with the exact value to sort by, outcomes with their colour."""

from __future__ import annotations

from decimal import Decimal

from costmodel.reports.formats.text import cell, right_columns
from costmodel.reports.html.element import Html, breakable, el, join
from costmodel.reports.table import Cell, Table

_OUTCOMES = {word: word for word in ("PASS", "FAIL", "UNDECIDED", "LATE", "MISSING")}
"""Words with a class of the style sheet that is named as they are."""
_OUTCOME = "outcome"
_SHORT = 24
"""Characters of a text that stays in one line; what is longer gets a width in which it can be read on a phone too."""
_STACKED = 7
"""Columns of a table with sentences that a phone shows cell below cell; one with more is scrolled there."""


def section(table: Table, *, heading: bool = True) -> Html:
    """The table under its title, its notes below it."""
    title = el("h2", table.title) if table.title and heading else join()
    lists = [el("ul", *[el("li", line) for line in lines], class_="notes") for lines in (table.notes, table.remarks)
             if lines]  # fmt: skip
    return el("section", title, _grid(table), *lists)


def _grid(table: Table) -> Html:
    right = right_columns(table)
    heads = [
        el("th", breakable(name), scope="col", class_=" ".join(["n"] * r + ["wordy"] * (len(name) > _SHORT)) or None)
        for name, r in zip(table.headers, right, strict=True)
    ]
    if not table.rows:
        return join()
    sentences = any(len(_shown(value)) > _SHORT for row in table.rows for value in row)
    stacked = sentences and len(table.headers) <= _STACKED
    rows = [
        el("tr", *[_td(value, r, name, stacked) for value, r, name in zip(row, right, table.headers, strict=True)])
        for row in table.rows
    ]
    # a region that scrolls has to be reached without a mouse, and needs a name for that
    return el(
        "div",
        el("table", el("thead", el("tr", *heads)), el("tbody", *rows), class_="stacked" if stacked else None),
        class_="scroll",
        tabindex="0",
        role="region",
        aria_label=table.title or "table",
    )


def _shown(value: Cell) -> str:
    return value if isinstance(value, Html) else cell(value)


def _td(value: Cell, right: bool, header: str, stacked: bool) -> Html:
    number = isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)
    tone = _OUTCOMES.get(value) if header == _OUTCOME and isinstance(value, str) else None
    shown = _shown(value)
    width = "short" if len(shown) <= _SHORT else "long"
    exact = repr(float(value)) if isinstance(value, float) else f"{value}" if number else None
    name = header if stacked and shown else None  # its column's, which a phone shows in front of it
    return el("td", shown, class_="n" if right else tone or width, data_v=exact, data_h=name or None)
