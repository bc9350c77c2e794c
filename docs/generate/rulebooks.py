"""A page for every rulebook, from its YAML: the rules in words, each with the sentence that it comes from."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from costmodel.rules.schema.rulebook import Rulebook, load_rulebook, rulebook_names
from costmodel.rules.telling.prose import describe
from docs.generate.markdown import code, table

_COLUMNS = 76
_NAMES = ("rule", "table", "metric", "bracket", "resource", "machine", "check")
"""Fields that name a part of a rulebook."""


def pages() -> Iterator[tuple[str, str]]:
    """(path, Markdown) of the list and of every book."""
    books = [load_rulebook(name) for name in rulebook_names()]
    rows = [(f"[{book.name}]({book.name}.md)", book.edition, book.title) for book in books]
    yield "rulebooks/index.md", f"# Rulebooks\n\n{table(('rulebook', 'edition', 'what'), rows)}"
    for book in books:
        yield f"rulebooks/{book.name}.md", _page(book)


def _page(book: Rulebook) -> str:
    parts = [f"# {book.title}\n", f"Rulebook `{book.name}`, edition {book.edition}. Source: {book.source}.\n"]
    parts += ["## In words\n", code(_wrapped(describe(book)), "text")]
    said = [(where, what) for where, what in sentences(book, "") if where]
    parts += ["## The sentences of the rules\n", table(("where", "sentence"), said)]
    if book.ambiguities:
        rows = [(a.about, a.taken, "; ".join(a.readings)) for a in book.ambiguities]
        parts += ["## Where the text can be read in more than one way\n"]
        parts += [table(("about", "the reading taken", "others that can be judged by"), rows)]
    if book.readings:
        readings = [(name, r.title, r.source or "") for name, r in book.readings.items()]
        parts += ["## Readings (`--reading`)\n", table(("reading", "what", "source"), readings)]
    if book.undecided:
        undecided = [(u.rule, u.because, u.source) for u in book.undecided]
        parts += ["## What no machine decides\n", table(("rule", "why", "source"), undecided)]
    return "\n".join(parts)


def _wrapped(text: str) -> str:
    """Lines that fit a page; those that go on are indented a little more than where they began."""
    lines = []
    for line in text.split("\n"):
        indent = " " * (len(line) - len(line.lstrip()))
        lines += textwrap.wrap(
            line, _COLUMNS, initial_indent="", subsequent_indent=f"{indent}  ", break_long_words=False,
            break_on_hyphens=False, drop_whitespace=True,
        ) or [""]  # fmt: skip
    return "\n".join(lines)


def sentences(part: Any, where: str) -> Iterator[tuple[str, str]]:
    """(place, sentence) of every part of a rulebook that has a source."""
    if isinstance(part, BaseModel):
        name = next((str(getattr(part, field)) for field in _NAMES if isinstance(getattr(part, field, None), str)), "")
        place = f"{where}: {name}" if where and name else where or name
        source = getattr(part, "source", None)
        if isinstance(source, str) and not isinstance(part, Rulebook) and "unit" not in type(part).model_fields:
            yield place, source
        for field in type(part).model_fields:
            yield from sentences(getattr(part, field), field if isinstance(part, Rulebook) else place)
    elif isinstance(part, dict):
        for key, value in part.items():
            yield from sentences(value, f"{where}: {key}" if where else str(key))
    elif isinstance(part, (tuple, list)):
        for value in part:
            yield from sentences(value, where)
