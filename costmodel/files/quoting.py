"""Text that a stranger wrote, made harmless for the place where it is shown.

A name or a message may hold terminal escapes, right-to-left overrides, HTML, a spreadsheet formula (CWE-1236: a cell
that begins with ``=``, ``+``, ``-``, ``@``, a tab or a carriage return), Markdown, or the end of a string in Python.
:func:`safe_text` makes it one printable line, and each of the others quotes that line for one kind of file.
"""

from __future__ import annotations

import html
import re
import unicodedata

LONGEST = 300
"""Characters of a name or a message; what is longer ends in an ellipsis."""

_FORMULA = frozenset("=+-@")
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}")
_DECIMAL_ADDRESS = re.compile(r"(?<![\d.,])\d{12,}(?![\w.,]*\d)")
"""``id(x)``, in a name too: longer than any number that a message gives without commas."""
_BEGINS_A_LINK = re.compile(r"(?i)\bwww(?=\.)|(?<=[a-z])(?=://)|\b(?:mailto|xmpp)(?=:)")
"""What GitHub makes a link of without being asked, up to the sign that must not stand there bare."""
_TERMINAL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")


def safe_text(text: str, longest: int = LONGEST) -> str:
    r"""One printable line: control, format, private and unassigned characters become a replacement mark.

    >>> safe_text("a\x1b[31mb\n\u202ec")
    'ab \ufffdc'
    """
    line = " ".join(_TERMINAL.sub("", text).split())
    clean = "".join(c if _is_printable(c) else "\ufffd" for c in line)
    return clean if len(clean) <= longest else clean[: longest - 1] + "…"


def printable(text: str) -> str:
    r"""The text with every control, format, private and unassigned character but the newline replaced.

    >>> printable("a\x1b[31mb\nc")
    'a\ufffd[31mb\nc'
    """
    return "".join(c if c == "\n" or _is_printable(c) else "\ufffd" for c in text)


def escaped(text: str) -> str:
    r"""The text with its control characters written out, so that a name cannot steer a terminal.

    >>> escaped("a\x1bb")
    'a\\x1bb'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "replace").decode() for c in text)


def safe_cell(text: str, longest: int = LONGEST) -> str:
    """:func:`safe_text` for a CSV or spreadsheet cell: what would be a formula gets an apostrophe in front.

    A full-width sign counts as the sign: some spreadsheets read it so.

    >>> safe_cell("=1+1"), safe_cell("＝1+1")
    ("'=1+1", "'＝1+1")
    """
    line = safe_text(text, longest)
    first = unicodedata.normalize("NFKC", line[:1])
    return f"'{line}" if first in _FORMULA else line


def safe_html(text: str, longest: int = LONGEST) -> str:
    """:func:`safe_text` for HTML, in an element or a quoted attribute.

    >>> safe_html("<script>")
    '&lt;script&gt;'
    """
    return html.escape(safe_text(text, longest), quote=True)


def safe_markdown(text: str, longest: int = LONGEST) -> str:
    r"""A :func:`safe_text` line that Markdown shows as it is, in tables too.

    It has no tag, link, code, emphasis or cell of its own; nor is an address made a link, or a name called up (``@x``).

    >>> safe_markdown("[a](b) | <b>")
    '\\[a\\](b) \\| &lt;b&gt;'
    >>> safe_markdown("*a* _b_ @ann www.x.org https://x.org")
    '\\*a\\* \\_b\\_ \\@ann www\\.x.org https\\://x.org'
    """
    line = safe_text(text, longest).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    quoted = re.sub(r"([\\`\[\]|*_~@]|^#)", r"\\\1", line)
    return _BEGINS_A_LINK.sub(lambda found: f"{found[0]}\\", quoted)


def without_addresses(text: str) -> str:
    """Text without addresses of objects, which differ between two runs.

    >>> without_addresses("<function f at 0x7f0123456789>, 140234567890123")
    '<function f at 0x…>, …'
    """
    return _DECIMAL_ADDRESS.sub("…", _ADDRESS.sub("0x…", text))


def safe_python(text: str, longest: int = LONGEST) -> str:
    r""":func:`safe_text` within a quoted string or docstring of a Python program: it cannot end the string.

    >>> safe_python("net' + secret + '")
    "net\\' + secret + \\'"
    """
    return re.sub(r"([\\\"'])", r"\\\1", safe_text(text, longest))


def steady_text(text: str, places: dict[str, str]) -> str:
    """Text without what differs between two runs: addresses of objects, and folders, which get the names given."""
    for place, name in sorted(places.items(), key=lambda pair: -len(pair[0])):
        text = text.replace(place, name)
    return without_addresses(text)


def _is_printable(character: str) -> bool:
    return character == " " or unicodedata.category(character)[0] not in "CZ"
