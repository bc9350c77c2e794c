"""A table's columns laid out in a given width: texts are wrapped between words, numbers never."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_GAP = 2
"""Spaces between two columns, and what a header is wider than its word where there is room."""
_SOFT = "/._,:;=-→>"
"""Signs behind which a word that is wider than the screen goes on below."""


@dataclass(frozen=True)
class Grid:
    """Cells as text, of the same number in each row.

    Attributes:
        right: which columns are aligned right; they are of numbers, and not wrapped.
        widest: a longer line is wrapped even where there is room; None for no such limit.
    """

    headers: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: Sequence[bool]
    widest: int | None = None


def laid_out(grid: Grid, width: int) -> str:
    """The grid in lines of at most ``width``; what does not fit side by side follows below, under its first column.

    A word that is wider than the screen by itself is the one thing that is broken, behind a sign.
    """
    widths = _fitting(grid, width)
    if widths is not None:
        return _drawn(grid, widths)
    return "\n\n".join(_drawn(part, _fitting(part, width) or _least(part)) for part in _parts(grid, width))


def display_width(text: str) -> int:
    """Columns that a line takes on a screen: East Asian wide signs take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF") for c in text)


def wrapped(text: str, width: int, indent: str = "") -> str:
    """A paragraph in lines of at most ``width``, those after the first indented; words stay whole."""
    return "\n".join(
        textwrap.wrap(text, max(width, 1), subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    )


def _columns(grid: Grid) -> list[list[str]]:
    """The cells of each column, with the line breaks that they have in any case."""
    most = grid.widest
    rows = grid.rows if most is None else [["\n".join(_lines(cell, most)) for cell in row] for row in grid.rows]
    return [[row[i] for row in rows] for i in range(len(grid.headers))]


def _widest(lines: Sequence[str]) -> int:
    return max((display_width(part) for line in lines for part in line.split("\n")), default=0)


def _longest_word(lines: Sequence[str]) -> int:
    return _widest([word for line in lines for word in line.split()])


def _least(grid: Grid) -> list[int]:
    """The least width of each column: its longest word, or a whole number."""
    return [
        max(_longest_word([header]), _widest(cells) if right else _longest_word(cells))
        for header, cells, right in zip(grid.headers, _columns(grid), grid.right, strict=True)
    ]


def _fitting(grid: Grid, width: int) -> list[int] | None:
    """A width for each column, None if the longest words alone are too wide together."""
    cells = _columns(grid)
    usual = [max(_widest([h]) + _GAP, _widest(c)) for h, c in zip(grid.headers, cells, strict=True)]
    room = width - _GAP * (len(usual) - 1)
    if sum(usual) <= room:
        return usual
    close = [max(_widest([h]), _widest(c)) for h, c in zip(grid.headers, cells, strict=True)]
    if sum(close) <= room:
        return close
    least = _least(grid)
    if sum(least) > room:
        return None
    # one limit for all columns, as large as the room allows; what a rounding leaves goes to the first that want it
    low, high = 0, max(close)
    while low < high:
        limit = (low + high + 1) // 2
        taken = sum(max(m, min(c, limit)) for m, c in zip(least, close, strict=True))
        low, high = (limit, high) if taken <= room else (low, limit - 1)
    widths = [max(m, min(c, low)) for m, c in zip(least, close, strict=True)]
    for i, wanted in enumerate(close):
        more = min(wanted - widths[i], room - sum(widths))
        widths[i] += max(more, 0)
    return widths


def _parts(grid: Grid, width: int) -> list[Grid]:
    """The grid in several, each with the columns that tell the rows apart and as many of the others as fit."""
    softened = _softened(grid, width)
    least = _least(softened)
    keys = _keys(grid, least, width)
    first = sum(least[:keys]) + _GAP * (keys - 1)
    groups: list[list[int]] = [[]]
    taken = first
    for i in range(keys, len(least)):
        if groups[-1] and taken + _GAP + least[i] > width:
            groups.append([])
            taken = first
        groups[-1].append(i)
        taken += _GAP + least[i]
    return [_chosen(softened, [*range(keys), *group]) for group in groups]


def _keys(grid: Grid, least: Sequence[int], width: int) -> int:
    """How many columns stand in front of every part: two where one does not tell the rows apart and there is room."""
    names = [row[0] for row in grid.rows]
    room = len(least) > 2 and least[0] + least[1] + max(least[2:]) + 2 * _GAP <= width
    return 2 if room and len(set(names)) < len(names) else 1


def _chosen(grid: Grid, columns: Sequence[int]) -> Grid:
    rows = [[row[i] for i in columns] for row in grid.rows]
    return Grid([grid.headers[i] for i in columns], rows, [grid.right[i] for i in columns], grid.widest)


def _softened(grid: Grid, width: int) -> Grid:
    """The grid with places to break in words that leave no room for a second column."""
    most = max((width - _GAP) // 2, 1)
    rows = [[_soft(cell, most) for cell in row] for row in grid.rows]
    return Grid([_soft(header, most) for header in grid.headers], rows, grid.right, grid.widest)


def _soft(text: str, most: int) -> str:
    return "\n".join(" ".join(_broken(word, most) for word in line.split(" ")) for line in text.split("\n"))


def _broken(word: str, most: int) -> str:
    if display_width(word) <= most:
        return word
    lines, line = [], ""
    for piece in _pieces(word):
        if line and display_width(line + piece) > most:
            lines.append(line)
            line = ""
        line += piece
    return "\n".join([*lines, line])


def _pieces(word: str) -> list[str]:
    """A word cut behind each sign."""
    pieces = [""]
    for character in word:
        pieces[-1] += character
        if character in _SOFT:
            pieces.append("")
    return [piece for piece in pieces if piece]


def _drawn(grid: Grid, widths: Sequence[int]) -> str:
    lines = _row(grid.headers, widths, grid.right, aligned=bool(grid.rows))
    lines.append((" " * _GAP).join("-" * width for width in widths))
    for row in grid.rows:
        lines += _row(row, widths, grid.right, aligned=True)
    return "\n".join(line.rstrip() for line in lines)


def _row(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool], *, aligned: bool) -> list[str]:
    columns = [
        [part for line in cell.split("\n") for part in _lines(line, width)]
        for cell, width in zip(cells, widths, strict=True)
    ]
    height = max(map(len, columns))
    lines = []
    for i in range(height):
        parts = []
        for column, width, to_right in zip(columns, widths, right, strict=True):
            text = column[i] if i < len(column) else ""
            space = " " * (width - display_width(text))
            parts.append(space + text if to_right and aligned else text + space)
        lines.append((" " * _GAP).join(parts))
    return lines


def _lines(line: str, width: int) -> list[str]:
    return [line] if display_width(line) <= width else wrapped(line, width).split("\n")
