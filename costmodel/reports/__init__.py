"""Any noun as text. formats/ has one module per format, named after it, with ``render(noun, view) -> str``."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from costmodel.errors import UnknownNameError
from costmodel.reports import formats
from costmodel.reports.view import Noun, View


def format_names(kind: type[object] | None = None) -> list[str]:
    """Names of the report formats: the modules of formats/; those for one kind of noun, if it is given.

    A module that cannot say everything has ``NOUNS``, the nouns that it is for.
    """
    # a module's name has no hyphen, a format's may: github-classroom
    names = sorted(m.name.replace("_", "-") for m in pkgutil.iter_modules(formats.__path__))
    if kind is None:
        return names
    return [name for name in names if kind in getattr(_module(name), "NOUNS", (kind,))]


def render(noun: Noun, format: str = "text", view: View | None = None) -> str:
    """``noun`` in a report format, with a final newline.

    Raises:
        UnknownNameError: no such format for this noun.
    """
    if format not in format_names() or format not in format_names(type(noun)):
        raise UnknownNameError("report format", format, format_names(type(noun)))
    text: str = _module(format).render(noun, view or View())
    return text if text.endswith("\n") else text + "\n"


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"{formats.__name__}.{name.replace('-', '_')}")


__all__ = ["View", "format_names", "render"]
