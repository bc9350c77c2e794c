"""The tables of any noun: the module of tables/ that is for its class.

Such a module has ``NOUN``, the class, and ``tables(noun, view)``. Where a program wants one list of the noun (the
findings of a verdict, the students of a class), it also has ``records(noun, view)``: that list as a single table, with
numbers as numbers and every name of a column with its unit. It may be None for a view that asks for more than a list.
"""

from __future__ import annotations

from types import ModuleType

from costmodel.files.varieties import modules_in
from costmodel.reports import tables as modules
from costmodel.reports.columns import with_columns
from costmodel.reports.table import Table
from costmodel.reports.view import Noun, View


def tables(noun: Noun, view: View) -> list[Table]:
    """The tables of a noun, the most important one first.

    Raises:
        UnknownNameError: no table has a column that the view asks for.
        TypeError: no module of tables/ is for it.
    """
    found: list[Table] = _module(type(noun)).tables(noun, view)
    return with_columns(found, view.columns) if view.columns else found


def records(noun: Noun, view: View) -> Table | None:
    """The noun as one flat table for a program, None if it is several.

    Raises:
        UnknownNameError: it has no column that the view asks for.
        TypeError: no module of tables/ is for it.
    """
    module = _module(type(noun))
    flat: Table | None = module.records(noun, view) if hasattr(module, "records") else None
    return with_columns([flat], view.columns)[0] if flat is not None and view.columns else flat


def _module(kind: type[object]) -> ModuleType:
    for module in modules_in(modules):
        if module.NOUN is kind:
            return module
    raise TypeError(f"no module of reports/tables has NOUN = {kind.__name__}")
