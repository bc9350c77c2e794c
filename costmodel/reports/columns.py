"""Tables with chosen columns alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from costmodel.errors import UnknownNameError
from costmodel.reports.table import Table


def with_columns(shown: Sequence[Table], names: Sequence[str]) -> list[Table]:
    """The tables that have any of the columns, with those alone, in the order that was asked for.

    Args:
        shown: tables of a noun.
        names: of columns, small letters or large.

    Raises:
        UnknownNameError: no table has such a column; lists those that there are.
    """
    wanted = [name.strip().lower() for name in names]
    known = dict.fromkeys(header for table in shown for header in table.headers if header)
    for name in wanted:
        if name not in map(str.lower, known):
            raise UnknownNameError("column", name, known)
    found = []
    for table in shown:
        headers = [header.lower() for header in table.headers]
        places = [headers.index(name) for name in wanted if name in headers]
        if places:
            rows = [[row[i] for i in places] for row in table.rows]
            found.append(replace(table, headers=[table.headers[i] for i in places], rows=rows))
    return found
