"""Chosen columns: in the order asked for, of every table that has any of them; a wrong name lists the right ones."""

from __future__ import annotations

import csv
import io

import pytest

from costmodel.errors import UnknownNameError
from costmodel.reports import View, render
from costmodel.reports.columns import with_columns
from costmodel.reports.table import Table
from tests.reports.nouns import analysis


def test_columns_stand_in_the_order_asked_for_and_other_tables_are_left_out() -> None:
    one = Table("one", ("Layer", "bytes in", "s"), [("a", 4, 0.5), ("b", 8, None)], ("a note",))
    other = Table("other", ("s", "what"), [(1.0, "x")])
    third = Table("third", ("what",), [("y",)])
    found = with_columns([one, other, third], ["S", "layer"])
    assert [(t.title, [*t.headers], [[*row] for row in t.rows]) for t in found] == [
        ("one", ["s", "Layer"], [[0.5, "a"], [None, "b"]]),
        ("other", ["s"], [[1.0]]),
    ]
    assert found[0].notes == ("a note",)
    with pytest.raises(UnknownNameError, match="did you mean 'bytes in'"):
        with_columns([one, other], ["bytes on"])


def test_a_report_has_them_in_text_and_in_the_programs_list() -> None:
    shown = render(analysis(), "text", View(columns=("part", "MACs")))
    assert shown.splitlines()[2].split() == ["part", "MACs"]
    assert "FLOPs" not in shown
    rows = list(csv.reader(io.StringIO(render(analysis(), "csv", View(layers=True, columns=("layer", "parameters"))))))
    assert rows[0] == ["layer", "parameters"]
    assert len(rows) > 1
