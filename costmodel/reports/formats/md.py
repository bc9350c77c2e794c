"""GitHub-flavoured Markdown."""

from __future__ import annotations

import re

from tabulate import tabulate

from costmodel.files.quoting import safe_markdown
from costmodel.reports.formats.text import cell
from costmodel.reports.tabulation import tables
from costmodel.reports.view import EVERY_NOUN, Noun, View

NOUNS = EVERY_NOUN
FILES = {"Grades": "rubric.md", "Graded": "feedback/{key}.md"}
ON_REQUEST = False

_UNIT = re.compile(r"\\\[(\w+)\\\]$")

_LONGEST = 2000
"""Characters of a cell: a name or a message may be a stranger's."""


def render(noun: Noun, view: View) -> str:
    """One pipe table per table; what Markdown would read in a text is escaped."""
    blocks = []
    for table in tables(noun, view):
        rows = [[_safe(cell(value)) for value in row] for row in table.rows]
        body = tabulate(rows, headers=[*map(_header, table.headers)], tablefmt="pipe", disable_numparse=True)
        title = f"### {_safe(table.title)}\n\n" if table.title else ""
        lists = ["".join(f"\n- {_safe(line)}" for line in lines) for lines in (table.notes, table.remarks)]
        blocks.append("\n".join([title + body, *filter(None, lists)]))
    return "\n\n".join(blocks) + "\n"


def _header(text: str) -> str:
    # "energy [mJ]" is a link only where the document defines one of that name, and no text here can begin a line
    return _UNIT.sub(r"[\1]", _safe(text))


def _safe(text: str) -> str:
    return safe_markdown(text, _LONGEST)
