"""A notebook's code cells as one Python file, read as JSON; nothing is run."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from costmodel.errors import NotebookError
from costmodel.files.quoting import safe_text

_MOST_BYTES = 32 * 2**20
_MAGIC = re.compile(r"^\s*(?:[%!?]|[\w.]+\?{1,2}\s*$|[\w.]+ *= *[%!])")
_CELL_MAGIC = re.compile(r"^\s*%%(?!time|capture)")


@dataclass(frozen=True, slots=True)
class Script:
    """A script's text, and for each code cell with something in it its number and the line that it begins on."""

    text: str
    cells: tuple[tuple[int, int], ...]


def script_of(notebook: Path) -> Script:
    """A script with the code cells in order, counted from 1; IPython's magics and shell lines become comments.

    Raises:
        NotebookError: not a notebook of format 4, or no code in it; says what to hand in instead.
    """
    advice = "export it as a script: jupyter nbconvert --to script"
    name = safe_text(notebook.name)
    try:
        if notebook.stat().st_size > _MOST_BYTES:
            raise NotebookError(f"{name}: more than {_MOST_BYTES // 2**20} MiB; {advice}")
        cells = json.loads(notebook.read_bytes().decode("utf-8"))["cells"]
        sources = [_source(cell) for cell in cells if cell["cell_type"] == "code"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as problem:
        raise NotebookError(f"{name}: no readable notebook ({type(problem).__name__}); {advice}") from None
    parts = {number: _without_magics(source) for number, source in enumerate(sources, 1) if source.strip()}
    if not parts:
        raise NotebookError(f"{name}: there is no code in it")
    lengths = (part.count("\n") + 2 for part in parts.values())
    cells = zip(parts, accumulate(lengths, initial=1), strict=False)
    return Script("\n\n".join(parts.values()) + "\n", tuple(cells))


def _source(cell: dict[str, object]) -> str:
    source = cell["source"]
    text = "".join(source) if isinstance(source, list) else source
    if not isinstance(text, str):
        raise TypeError("a cell's source is text")
    return text


def _without_magics(source: str) -> str:
    if _CELL_MAGIC.match(source):
        return "\n".join(f"# {line}" for line in source.splitlines())
    lines, reading = [], _Reading()
    for line in source.splitlines():
        if not reading.inside and _MAGIC.match(line):
            lines.append(f"# {line}")
        else:
            reading.take(line)
            lines.append(line)
    return "\n".join(lines)


class _Reading:
    """A reader of Python's lines that knows whether the next one goes on with something: there it is no magic."""

    def __init__(self) -> None:
        self._depth = 0
        self._quote = ""
        self._continued = False

    @property
    def inside(self) -> bool:
        """True within brackets, within a string of several lines, and after a backslash."""
        return bool(self._depth or self._quote or self._continued)

    def take(self, line: str) -> None:
        """Read one line."""
        self._continued = False
        for token in _TOKEN.finditer(line):
            text = token[0]
            if self._quote:
                self._quote = "" if text == self._quote else self._quote
            elif text == "#":
                break
            elif text in _QUOTES:
                self._quote = text
            elif text in _BRACKETS:
                self._depth = max(0, self._depth + _BRACKETS[text])
            self._continued = text == "\\" and token.end() == len(line)
        if len(self._quote) == 1 and not self._continued:
            self._quote = ""  # a short string ends with its line


_QUOTES = ('"""', "'''", '"', "'")
_BRACKETS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}
_TOKEN = re.compile(r'"""|\'\'\'|\\.|[\\"\'#()\[\]{}]')
"""What opens and closes; a backslash takes what follows it along."""
