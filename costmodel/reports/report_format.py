"""The report formats: each is a module of formats/, found by existing.

A format's name is its module's name, with a hyphen for an underscore (``github_classroom`` is github-classroom).
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from typing import Protocol, cast

from costmodel.errors import UnknownNameError
from costmodel.files.varieties import names_in
from costmodel.reports import formats
from costmodel.reports.view import EVERY_NOUN, Noun, View


class ReportFormat(Protocol):
    """Everything that a module of formats/ defines.

    Attributes:
        NOUNS: names of the classes of nouns that the format can show.
        FILES: where ``grade`` writes a noun: the class's own (``Grades``, ``Ranking``) by a path below the folder of
            results, a student's (``Graded``) by a path with ``{key}`` for the student's file name. With ``{student}``
            (the id in the roster), ``{assignment}`` and ``{notebook}`` a group's is written for each member.
        ON_REQUEST: True if ``grade`` writes these files only where ``--format`` names the format (a platform's).
    """

    NOUNS: tuple[str, ...]
    FILES: Mapping[str, str]
    ON_REQUEST: bool

    def render(self, noun: Noun, view: View) -> str:
        """The noun as text; text of strangers goes through :mod:`costmodel.files.quoting`."""


def format_names(kind: type[object] | None = None) -> list[str]:
    """Names of the report formats; those that can show one class of noun, if it is given."""
    names = [name.replace("_", "-") for name in names_in(formats.__path__)]
    return names if kind is None else _showing(kind.__name__)


def _showing(noun: str) -> list[str]:
    return [name for name in format_names() if noun in load_format(name).NOUNS]


def refuse_unshowable(name: str, noun: str) -> None:
    """Refuse a format before the work whose result it could not show.

    Args:
        name: the format asked for.
        noun: name of the class that there will be to show.

    Raises:
        UnknownNameError: no such format for this noun.
    """
    known = _showing(noun)
    if name not in known:
        raise UnknownNameError("report format", name, known)


def refuse_unwritten(names: Iterable[str]) -> None:
    """Refuse a format that ``grade`` does not write on request.

    Raises:
        UnknownNameError: one of them is not.
    """
    for name in names:
        if name not in names_on_request():
            raise UnknownNameError("platform format", name, names_on_request())


def general_names() -> list[str]:
    """Names of the formats that can show every noun."""
    return [name for name in format_names() if set(EVERY_NOUN) <= set(load_format(name).NOUNS)]


def names_on_request() -> list[str]:
    """Names of the formats that ``grade`` writes only if asked for."""
    return [name for name in format_names() if load_format(name).ON_REQUEST]


def load_format(name: str) -> ReportFormat:
    """The module of a format.

    Raises:
        UnknownNameError: no such format.
    """
    if name not in format_names():
        raise UnknownNameError("report format", name, format_names())
    return cast(ReportFormat, importlib.import_module(f"{formats.__name__}.{name.replace('-', '_')}"))


def render(noun: Noun, format: str = "text", view: View | None = None) -> str:
    """``noun`` in a report format, with a final newline.

    Raises:
        UnknownNameError: no such format for this noun.
    """
    refuse_unshowable(format, type(noun).__name__)
    text = load_format(format).render(noun, view or View())
    return text if text.endswith("\n") else text + "\n"
