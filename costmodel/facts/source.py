"""The text of a file, checked before any format reads it, and the options of the formats."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from costmodel.errors import FormatError
from costmodel.files.quoting import escaped

_LARGEST = 256 * 2**20
"""Bytes; a week of AIPowerMeter at one sample a second is less."""

_SHOWN = 60
_HEAD = 100_000
_HEAD_LINE = 4_000
"""Characters of a file, and of a line, that are looked at before its format is known."""


def excerpt(text: object) -> str:
    """A value from a file, short enough and safe to be part of a message."""
    whole = escaped(str(text))
    return repr(whole if len(whole) <= _SHOWN else whole[: _SHOWN - 1] + "…")


@dataclass(frozen=True, slots=True)
class Source:
    """A text file: its name without folders, the path as the user gave it, and its text without byte order mark."""

    name: str
    path: str
    text: str

    @property
    def head(self) -> list[str]:
        """The first lines, without blank ones in front; enough to know a log by, however long the file or a line is."""
        return [line[:_HEAD_LINE] for line in self.text[:_HEAD].lstrip().splitlines()] or [""]

    def error(self, message: str, line: int | None = None) -> FormatError:
        """An error that says where: file, and line where there is one."""
        return FormatError(f"{self.path}{f':{line}' if line else ''}: {message}")


@dataclass(frozen=True, slots=True)
class Options:
    """Settings that a file does not hold itself.

    Attributes:
        solution: the labels that predictions are scored against.
        score: what a leaderboard's Score is, one of :data:`costmodel.facts.formats.kaggle_leaderboard.SCORES`.
        window: the Zeus window that counts.
        target: accuracy in percent whose first crossing a DAWNBench log is asked for.
    """

    solution: Source | None = None
    score: str | None = None
    window: str | None = None
    target: Decimal | None = None


def open_source(path: Path) -> Source:
    """The text of a file in UTF-8, or in UTF-16 with its mark (what PowerShell's ``>`` writes).

    Raises:
        FormatError: not a regular file, too large, not text, or nothing in it.
    """
    shown = escaped(str(path))
    try:
        if path.exists() and not path.is_file():
            raise FormatError(f"{shown}: not a regular file; name a file")
        size = path.stat().st_size
        if size > _LARGEST:
            raise FormatError(f"{shown}: has {size:,} bytes; at most {_LARGEST:,} are read")
        data = path.read_bytes()
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None)
        raise FormatError(f"{shown}: {reason or f'not text in UTF-8: {escaped(str(problem))}'}") from None
    if "\0" in text:
        raise FormatError(f"{shown}: holds zero bytes; it is not a text file")
    if not text.strip():
        raise FormatError(f"{shown}: is empty")
    return Source(escaped(path.name), shown, text)
