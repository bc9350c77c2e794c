"""A ranking as a page that can be published: places and numbers, and nobody's name, points or reasons.

Whoever knows their own number finds their place; who has none is counted.
"""

from __future__ import annotations

from dataclasses import replace

from costmodel.ir.ranking import Ranking
from costmodel.reports.html.document import SCRIPT, page_of_elements
from costmodel.reports.html.element import el
from costmodel.reports.html.html_table import section
from costmodel.reports.html.parts import tiles
from costmodel.reports.pages.ranking import chart
from costmodel.reports.table import Table
from costmodel.reports.view import Noun, View

NOUNS = ("Ranking",)
FILES = {"Ranking": "leaderboard.html"}
ON_REQUEST = True


def render(noun: Noun, view: View) -> str:
    """The page, which sorts and filters as others do."""
    assert isinstance(noun, Ranking)  # see NOUNS
    ranked = [replace(e, name="", because=()) for e in noun.entries if e.rank is not None]
    groups = [name for name in ("task", "bracket") if any(getattr(e, name) is not None for e in ranked)]
    unit = f" [{noun.unit}]" if noun.unit else ""
    rows = [[e.rank, *(getattr(e, name) for name in groups), e.metric] for e in ranked]
    table = Table("Places", ("rank", *groups, f"{noun.metric}{unit}"), rows, ("nobody's name, points or reasons",))
    provisional = any(e.undecided for e in ranked)
    lead = tiles(
        ("ranked", f"{len(ranked)}", f"of {len(noun.entries)} entries"),
        ("order", noun.order, f"by {noun.metric}{unit}; ties: {noun.ties}"),
        *([("state", "provisional", "entries are undecided; ranks may change")] if provisional else []),
    )
    picture = chart(replace(noun, entries=tuple(ranked))).html() if ranked else None
    inside = [part for part in (el("h1", noun.title), lead, picture, section(table)) if part is not None]
    return page_of_elements(noun.title, *inside, assets=(SCRIPT,))
