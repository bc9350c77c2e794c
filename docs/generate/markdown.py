"""Pieces of Markdown: tables, code, and docstrings with their sections as lists."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence

_ROLE = re.compile(r":(?:func|class|mod|attr|data|meth):`~?([^`]+)`")
_SECTION = re.compile(r"^(Args|Attributes|Raises|Returns|Yields):$")
_ITEM = re.compile(r"^    (\S[^:]*): (.*)$")


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; nothing in a cell can break it."""
    lines = [_row(headers), _row(["---"] * len(headers)), *map(_row, rows)]
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[object]) -> str:
    return "| " + " | ".join(cell(str(value)) for value in cells) + " |"


def cell(text: str) -> str:
    r"""Text within a cell.

    >>> print(cell("a|b <c>"))
    a\|b &lt;c>
    """
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def code(text: str, language: str = "") -> str:
    """A block of code."""
    fence = "````" if "```" in text else "```"
    return f"{fence}{language}\n{text.rstrip()}\n{fence}\n"


def docstring(said: str | None) -> str:
    r"""A docstring as Markdown: roles become code, sections become lists.

    >>> print(docstring("Do it.\n\nArgs:\n    a: see :func:`x`.\n        More."))
    Do it.
    <BLANKLINE>
    **Args**
    <BLANKLINE>
    - `a`: see `x`. More.
    """
    lines: list[str] = []
    section = False
    for line in inspect.cleandoc(said or "").split("\n"):
        line = _ROLE.sub(r"`\1`", line).replace("``", "`")
        heading, item = _SECTION.match(line), _ITEM.match(line)
        if heading:
            section = True
            lines += [f"**{heading[1]}**", ""]
        elif section and item:
            lines.append(f"- {', '.join(f'`{name}`' for name in item[1].split(', '))}: {item[2]}")
        elif section and line.startswith("        ") and lines[-1].startswith("- "):
            lines[-1] += f" {line.strip()}"
        else:
            section = section and (not line or line.startswith("    "))
            lines.append(line.strip() if section else line)
    return "\n".join(lines).rstrip().replace("<", "&lt;") if ">>>" not in (said or "") else _with_examples(lines)


def _with_examples(lines: Sequence[str]) -> str:
    """Examples of a docstring are code."""
    found: list[str] = []
    inside = False
    for line in lines:
        if line.lstrip().startswith(">>>") and not inside:
            found += ["```python"]
            inside = True
        elif inside and not line.strip():
            found += ["```"]
            inside = False
        found.append(line if inside else line.replace("<", "&lt;"))
    return "\n".join([*found, *(["```"] if inside else [])]).rstrip()
