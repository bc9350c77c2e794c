"""A noun as a page that needs nothing but itself, and as the card that a notebook shows: made of the same parts."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from types import ModuleType

from costmodel.files.varieties import modules_in
from costmodel.reports import pages
from costmodel.reports.chart import element_of
from costmodel.reports.html.element import Html, el, join
from costmodel.reports.html.html_table import section
from costmodel.reports.html.parts import Parts
from costmodel.reports.tabulation import tables
from costmodel.reports.view import Noun, View
from costmodel.version import __version__

_STYLE, SCRIPT = "html/style.css", "html/script.js"


def document(noun: Noun, view: View, *, script: bool = True) -> str:
    """The page: the same bytes for the same noun. The script sorts and filters; nothing is lost without it."""
    parts = parts_of(noun, view)
    assets = (SCRIPT, *parts.assets) if script else tuple(name for name in parts.assets if name.endswith(".css"))
    return page_of_elements(parts.title, el("h1", parts.title), *_body(parts), assets=assets)


def page_of_elements(title: str, *inside: Html, assets: Sequence[str] = ()) -> str:
    """A page that needs nothing but itself.

    Args:
        title: of the window.
        inside: the page, from its heading on.
        assets: files of ours beside the style sheet that it needs: more style, scripts.
    """
    styles = [_ours(name) for name in (_STYLE, *assets) if name.endswith(".css")]
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("title", title),
        el("style", *styles),
    )
    scripts = [el("script", _ours(name)) for name in assets if name.endswith(".js")]
    footer = el("footer", f"costmodel {__version__}")
    page = el("html", head, el("body", el("main", *inside, footer), *scripts, class_="costmodel"), lang="en")
    return f"<!doctype html>\n{page}\n"


def card(noun: Noun) -> str:
    """What a notebook shows: the glance and the first picture; the other charts and each table folded. No script."""
    parts = parts_of(noun, View())
    charts = [element_of(chart) for chart in parts.charts]
    folded = [el("details", el("summary", table.title or "Table"), section(table, heading=False))
              for table in parts.tables]  # fmt: skip
    if charts[1:]:
        folded.insert(0, el("details", el("summary", "More charts"), *charts[1:]))
    inside = (el("h2", parts.title), parts.lead, *charts[:1], *folded)
    return el("div", el("style", _ours(_STYLE)), *inside, class_="costmodel")


def parts_of(noun: Noun, view: View) -> Parts:
    """The parts by the module of pages/ that is for the noun's class; its tables alone where there is none."""
    module = page_of(type(noun))
    if module is None:
        shown = tables(noun, view)
        title = next((table.title for table in shown if table.title), type(noun).__name__)
        return Parts(title, join(), (), shown)
    made: Parts = module.parts(noun, view)
    return made


def _body(parts: Parts) -> list[Html]:
    first = parts.tables[0].title if parts.tables else ""
    return [
        parts.lead,
        el("div", *map(element_of, parts.charts), class_="pair") if parts.charts else join(),
        *[section(table, heading=table.title != parts.title or table.title != first) for table in parts.tables],
    ]


def _ours(name: str) -> Html:
    """A file of this room, by its path there, as it is; it holds no closing tag."""
    return Html("\n" + resources.files("costmodel.reports").joinpath(name).read_text(encoding="utf-8"))


def page_of(kind: type[object]) -> ModuleType | None:
    """The module of pages/ that is for a class."""
    return next((module for module in modules_in(pages) if module.NOUN is kind), None)
