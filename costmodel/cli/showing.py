"""A result as the reader sees it: the format that a file's ending asks for, and a text that fits the terminal."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path, PurePath

import click

from costmodel.cli.output import write
from costmodel.errors import UsageError
from costmodel.reports import View, refuse_unshowable, render
from costmodel.reports.view import Noun

_FORMAT_OF = {".html": "html", ".htm": "html", ".json": "json", ".csv": "csv", ".md": "md", ".svg": "svg",
              ".txt": "text"}  # fmt: skip
_WITH_COLUMNS = ("text", "md", "csv")
_NARROWEST, _WIDEST = 60, 200
"""Columns between which tables are fitted; on a screen outside of them they are as on the nearest."""


def format_of(format: str | None, output: str | None, noun: str, columns: str | None = None) -> str:
    """The format asked for, or the one that the ending of ``--output`` names, or text.

    Args:
        format: as the user said it.
        output: the file that the user named.
        noun: name of the class that there will be to show.
        columns: names of columns, if the user wants no others.

    Raises:
        UnknownNameError: no such format for this noun.
        UsageError: the format has no columns.
    """
    ending = "" if output is None else PurePath(output).suffix.lower()
    chosen = format or _FORMAT_OF.get(ending, "text")
    refuse_unshowable(chosen, noun)
    if columns is not None and chosen not in _WITH_COLUMNS:
        raise UsageError(f"--columns is about {', '.join(_WITH_COLUMNS)}; {chosen} shows everything")
    return chosen


@dataclass(frozen=True)
class Taken:
    """The object of a command's context that takes its nouns: a notebook shows them itself."""

    nouns: list[Noun] = field(default_factory=list)


def _taken() -> Taken | None:
    context = click.get_current_context(silent=True)
    return None if context is None else context.find_object(Taken)


def view_of(output: str | None = None) -> View:
    """The reader's screen: its width, and whether it shows colours; nothing of it where a file is written."""
    to_screen = output in (None, "-")
    return View(width=_width() if to_screen else None, colour=to_screen and _colours())


def present(
    noun: Noun,
    format: str,
    output: str | None,
    view: View | None = None,
    *,
    human: bool = False,
    columns: str | None = None,
) -> None:
    """Print a noun, or put it into a file.

    Raises:
        UsageError: it cannot be written.
        UnknownNameError: no table has such a column.
    """
    screen = view_of(output)
    taken = _taken()
    if taken is not None and format == "text" and output is None:
        taken.nouns.append(noun)
        return
    names = tuple(filter(None, (columns or "").split(",")))
    chosen = replace(view or View(), width=screen.width, colour=screen.colour, human=human, columns=names)
    write(render(noun, format, chosen), output)


def start(starter: str, file: str | None) -> None:
    """Print a file to start from, or write it where nothing is yet.

    Args:
        starter: its path in the package.
        file: where to; None is stdout.

    Raises:
        UsageError: there is a file already, or it cannot be written.
    """
    if file not in (None, "-") and Path(str(file)).exists():
        raise UsageError(f"{file} is there already; name another file")
    write(resources.files("costmodel").joinpath(starter).read_text(encoding="utf-8"), file)


def _terminal() -> bool:
    try:
        return sys.stdout.isatty()
    except (AttributeError, ValueError):  # stdout is closed
        return False


def _width() -> int | None:
    """``COLUMNS``, else the terminal's; None where there is neither."""
    said = os.environ.get("COLUMNS", "")
    if not (said.isascii() and said.isdecimal() and int(said)) and not _terminal():
        return None
    return min(max(shutil.get_terminal_size().columns, _NARROWEST), _WIDEST)


def _colours() -> bool:
    """Whether outcomes are coloured: on a terminal, unless NO_COLOR holds something (https://no-color.org)."""
    return _terminal() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
