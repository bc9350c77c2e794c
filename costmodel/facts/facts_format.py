"""The formats of facts: each is a module of formats/, found by existing."""

from __future__ import annotations

from typing import Protocol, cast

from costmodel.errors import UnknownNameError
from costmodel.facts import formats
from costmodel.facts.source import Options, Source
from costmodel.files.varieties import modules_in
from costmodel.ir.facts import Reading


class FactsFormat(Protocol):
    """Everything that a module of formats/ defines.

    Attributes:
        NAME: as ``--as`` names it and readings state it.
        TITLE: such a file in a sentence: "a Zeus log".
        PRECEDENCE: formats are tried in ascending order, so the least particular has the largest number.
        OPTIONS: the fields of :class:`costmodel.facts.source.Options` that the format has a use for.
    """

    NAME: str
    TITLE: str
    PRECEDENCE: int
    OPTIONS: tuple[str, ...]

    def recognises(self, source: Source) -> bool:
        """Whether a file looks like one of this format; the file may be anything."""

    def read(self, source: Source, options: Options) -> tuple[Reading, ...]:
        """The readings of a file.

        Raises:
            FormatError: the file is not what the format says; file, line, what to do.
        """


def facts_formats() -> tuple[FactsFormat, ...]:
    """Every format, in the order in which it is tried."""
    found = [cast(FactsFormat, module) for module in modules_in(formats)]
    return tuple(sorted(found, key=lambda module: module.PRECEDENCE))


def facts_format_called(name: str) -> FactsFormat:
    """The format of a name.

    Raises:
        UnknownNameError: no such format.
    """
    known = {module.NAME: module for module in facts_formats()}
    if name not in known:
        raise UnknownNameError("format", name, known)
    return known[name]
