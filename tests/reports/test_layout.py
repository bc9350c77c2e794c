"""Tables fit the screen, words stay whole, numbers stand right, and nothing is lost."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.reports.formats.text import as_text
from costmodel.reports.human import human
from costmodel.reports.layout import Grid, display_width, laid_out
from costmodel.reports.table import Bytes, Table
from costmodel.reports.view import View

WORDS = st.text("abcdefgh", min_size=1, max_size=18)
SENTENCES = st.lists(WORDS, max_size=12).map(" ".join)


def _first(row: list[str]) -> list[str]:
    return row[:1]


def _others(row: list[str]) -> list[str]:
    return row[1:]


@given(
    rows=st.lists(
        st.tuples(SENTENCES, st.integers(0, 10**9), SENTENCES, st.integers(0, 10**12)), min_size=1, max_size=4
    ),
    width=st.integers(60, 200),
)
def test_every_word_is_there_and_no_line_is_too_long(rows: list[tuple[str, int, str, int]], width: int) -> None:
    cells = [[a, f"{n:,}", b, f"{m:,}"] for a, n, b, m in rows]
    shown = laid_out(Grid(("first", "number", "second", "big one"), cells, (False, True, False, True), 60), width)
    assert max(map(len, shown.splitlines())) <= width
    body = re.sub(r"-{3,}", "", shown).split()
    headers = {"first", "number", "second", "big", "one"}
    first, others = ([w for row in cells for cell in part(row) for w in cell.split()] for part in (_first, _others))
    shown_words, parts = Counter(w for w in body if w not in headers), body.count("first")
    # nothing is lost; the first column stands in front of every part, and others that tell its rows apart may do so
    assert Counter(first * parts + others) <= shown_words <= Counter((first + others) * parts)


def test_too_many_columns_go_on_below_with_what_tells_the_rows_apart() -> None:
    rows = [["relu", "forward", "1,000,000", "22", "3"], ["relu", "backward", "2", "33", "4"]]
    shown = laid_out(
        Grid(("op", "part", "operations", "bytes moved", "times"), rows, (False, False, True, True, True)), 32
    )
    assert shown == (
        "op    part        operations\n"
        "----  --------  ------------\n"
        "relu  forward      1,000,000\n"
        "relu  backward             2\n"
        "\n"
        "op    part          bytes  times\n"
        "                    moved\n"
        "----  --------  ---------  -----\n"
        "relu  forward          22      3\n"
        "relu  backward         33      4"
    )


def test_a_word_wider_than_the_screen_breaks_behind_a_sign_only() -> None:
    rows = [["aten._very_long_name_of_an_operation.default", "1"]]
    shown = laid_out(Grid(("op", "n"), rows, (False, True)), 40)
    assert max(map(len, shown.splitlines())) <= 40
    assert "".join(line.split()[0] for line in shown.splitlines()[2:]) == rows[0][0]


def test_wide_signs_take_two_columns() -> None:
    assert display_width("网络") == 4
    shown = laid_out(Grid(("name", "n"), [["网络", "1"], ["ab", "2"]], (False, True)), 60)
    assert [display_width(line) for line in shown.splitlines()[2:]] == [11, 11]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (Bytes(24_576), "24.6 kB"),
        (2_103_456_789, "2.1 G"),
        (-1500, "-1.5 k"),
        (0, "0"),
        (1.5e-5, "1.5e-05"),
        ("x", None),
    ],
)
def test_numbers_as_people_say_them(value: int, said: str | None) -> None:
    assert human(value) == said


def test_outcomes_alone_are_coloured() -> None:
    table = Table("t: PASS", ("rule", "outcome", "because"), [("a PASS", "PASS", "it does PASS"), ("b", "FAIL", "")])
    plain = as_text([table], View())
    coloured = as_text([table], View(colour=True))
    assert "\x1b" not in plain
    assert re.findall(r"\x1b\[3.m(\w+)\x1b\[0m", coloured) == ["PASS", "FAIL"]
    assert re.sub(r"\x1b\[\d*m", "", coloured) == plain
