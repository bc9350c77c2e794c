"""Any noun as text. One module per format, named after it, with ``render(noun, view) -> str``."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from costmodel.errors import UnknownNameError
from costmodel.reports.view import Noun, View

_PARTS = (
    "advice_tables",
    "cost_tables",
    "grades_tables",
    "facts_tables",
    "loop_nest",
    "own",
    "ranking_tables",
    "table",
    "tables",
    "verdict_tables",
    "view",
)


def formats(kind: type[object] | None = None) -> list[str]:
    """Names of the report formats: the modules of this package; those for one kind of noun, if it is given.

    A module that cannot say everything has ``NOUNS``, the nouns that it is for.
    """
    # a module's name has no hyphen, a format's may: github-classroom
    names = sorted(m.name.replace("_", "-") for m in pkgutil.iter_modules(__path__) if m.name not in _PARTS)
    if kind is None:
        return names
    return [name for name in names if kind in getattr(_module(name), "NOUNS", (kind,))]


def render(noun: Noun, format: str = "text", view: View | None = None) -> str:
    """``noun`` in a report format, with a final newline.

    Raises:
        UnknownNameError: no such format for this noun.
    """
    if format not in formats() or format not in formats(type(noun)):
        raise UnknownNameError("report format", format, formats(type(noun)))
    text: str = _module(format).render(noun, view or View())
    return text if text.endswith("\n") else text + "\n"


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{name.replace('-', '_')}")


__all__ = ["View", "formats", "render"]
