"""Any noun as text. One module per format, named after it, with ``render(noun, view) -> str``."""

from __future__ import annotations

import importlib
import pkgutil

from costmodel.errors import UnknownNameError
from costmodel.reports.view import Noun, View

_PARTS = ("cost_tables", "loop_nest", "table", "tables", "view")


def formats() -> list[str]:
    """Names of the report formats: the modules of this package."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name not in _PARTS)


def render(noun: Noun, format: str = "text", view: View | None = None) -> str:
    """``noun`` in a report format, with a final newline.

    Raises:
        UnknownNameError: no such format.
    """
    if format not in formats():
        raise UnknownNameError("report format", format, formats())
    module = importlib.import_module(f"{__name__}.{format}")
    text: str = module.render(noun, view or View())
    return text if text.endswith("\n") else text + "\n"


__all__ = ["View", "formats", "render"]
