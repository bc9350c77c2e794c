"""The files for other viewers: each is a module of exports/, found by existing; its name is the format's."""

from __future__ import annotations

import importlib
from typing import Any, Protocol, cast

from costmodel.errors import UnknownNameError
from costmodel.files.varieties import names_in
from costmodel.reports import exports

TRACE, TIMELINE = "trace", "time line"


class ExportFormat(Protocol):
    """The members of a module of exports/.

    Attributes:
        TITLE: what it is, for ``--help``.
        OF: what it is made from: a step as it was recorded, or an estimate's time line.
    """

    TITLE: str
    OF: str

    def text(self, shown: Any) -> str:
        """The file: of a :class:`costmodel.ir.trace.Trace` or a :class:`costmodel.ir.timeline.Timeline`."""


def export_names() -> list[str]:
    """Every format."""
    return list(names_in(exports.__path__))


def load_export(name: str) -> ExportFormat:
    """The module of a format.

    Raises:
        UnknownNameError: no such format.
    """
    if name not in export_names():
        raise UnknownNameError("target for --to", name, export_names())
    return cast(ExportFormat, importlib.import_module(f"{exports.__name__}.{name}"))
