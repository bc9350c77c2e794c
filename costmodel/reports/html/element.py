"""HTML and SVG, put together from elements: whatever is not an element already is text, and is escaped."""

from __future__ import annotations

import re
from html import escape
from typing import TypeAlias

from costmodel.files.quoting import printable

_WORD = 15
"""Characters of a word that has a place in a line everywhere: ``(resnet.py:32)``."""
_VOID = frozenset({"meta", "input", "br", "wbr"})


class Html(str):
    """Text that is markup of ours: made by :func:`el` and :func:`join` alone."""

    __slots__ = ()


Child: TypeAlias = "Html | str | None"


def el(tag: str, *children: Child, **attributes: str | int | float | None) -> Html:
    """An element; attributes that are None are left out, ``class_`` is class, and ``data_v`` is data-v.

    >>> el("td", "a < b", el("b", "c"), class_="n", title='"x"')
    '<td class="n" title="&quot;x&quot;">a &lt; b<b>c</b></td>'
    """
    words = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(printable(str(value)), quote=True)}"'
        for name, value in attributes.items()
        if value is not None
    )
    if tag in _VOID:
        return Html(f"<{tag}{words}>")
    return Html(f"<{tag}{words}>{join(*children)}</{tag}>")


def join(*children: Child) -> Html:
    """Elements and texts one after the other."""
    return Html("".join(c if isinstance(c, Html) else escape(printable(c), quote=True) for c in children if c))


def breakable(text: str) -> Html:
    """A name that may go on in the next line behind its dots, colons, slashes and underscores, and not inside a word.

    What is short enough for a line of its own stays in one piece.

    >>> breakable("forward:layer1.0.conv1 (net.py:32)")
    'forward:<wbr>layer1.<wbr>0.<wbr>conv1 (net.py:32)'
    """
    return join(*(child for word in re.split("( )", text) for child in _pieces(word)))


def _pieces(word: str) -> list[Child]:
    if len(word) <= _WORD:
        return [word]
    first, *rest = re.split(r"(?<=[._:/])(?=\w)", word)
    return [first, *(child for piece in rest for child in (el("wbr"), piece))]
