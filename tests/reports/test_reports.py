"""Every format shows every noun, escapes what others could run, and says UNCOUNTED and UNDECIDED aloud."""

from __future__ import annotations

import json

import pytest

import costmodel
from costmodel.errors import UnknownNameError
from costmodel.hardware.hierarchy import hierarchy_of
from costmodel.hardware.machines import load_hardware
from costmodel.ir.analysis import UncountedRow
from costmodel.ir.crosscheck import Crosscheck, CrosscheckRow
from costmodel.ir.grades import Graded, Grades
from costmodel.reports import View, format_names, render
from costmodel.reports.html.html_table import section
from costmodel.reports.table import Table
from costmodel.reports.view import Noun
from tests.reports.nouns import entry, ranking
from tests.rules.conftest import Make
from tests.rules.conftest import analysis as analysis  # the fixture

EVIL = "=cmd|' /C calc'!A0<script>|"


def nouns(make: Make) -> list[Noun]:
    from dataclasses import replace

    uncounted = UncountedRow(op=EVIL, layer=EVIL, phase="forward", times=2, message="no formula")
    whole = make(uncounted=("aten._fft_r2c.default",))
    whole = replace(whole, uncounted=(uncounted,), subject=replace(whole.subject, name=EVIL))
    row = CrosscheckRow(layer=EVIL, part="forward", ours=3, fvcore=None, flop_counter=2, reason=EVIL)
    verdict = costmodel.judge(whole, "haet-2021")
    graded = Graded(
        name=EVIL, key="evil", digest="", findings=(), verdict=replace(verdict, subject=EVIL), entry=None, output=EVIL
    )
    grades = Grades(rulebook="haet-2021", title="t", submissions=(graded,), ranking=None, notes=(EVIL,), provenance={})
    machine = replace(hierarchy_of(load_hardware("eyeriss_like")), name=EVIL)
    order = ranking(entry(EVIL, 1, metric=2.5))
    return [whole, verdict, Crosscheck(subject=EVIL, rows=(row,)), graded, grades, machine, order]


@pytest.mark.parametrize("format", format_names())
def test_every_format_renders_every_noun(analysis: Make, format: str) -> None:
    able = [noun for noun in nouns(analysis) if format in format_names(type(noun))]
    assert able
    for noun in able:
        text = render(noun, format, View(layers=True, by="op", top=3))
        assert text.endswith("\n")
        assert len(text) > 40


@pytest.mark.parametrize("format", format_names(costmodel.Analysis))
def test_what_is_not_counted_is_in_every_report(analysis: Make, format: str) -> None:
    text = render(nouns(analysis)[0], format)
    assert "uncounted" in text.lower()


def test_html_escapes_and_csv_runs_no_formula(analysis: Make) -> None:
    for noun in nouns(analysis):
        assert render(noun, "html").count("<script") == 1  # ours
        for line in render(noun, "csv").splitlines():
            assert not [cell for cell in line.split(",") if cell.strip('"').startswith("=")]


def test_markdown_cells_do_not_break_the_table(analysis: Make) -> None:
    text = render(nouns(analysis)[2], "md")
    header, rule, row = [line for line in text.splitlines() if line.startswith("|")][:3]
    unescaped = row.replace("\\|", "")
    assert unescaped.count("|") == header.count("|") == rule.count("|")


def test_json_is_canonical(analysis: Make) -> None:
    text = render(analysis(), "json")
    data = json.loads(text)
    assert text == json.dumps(data, sort_keys=True, indent=2, ensure_ascii=False) + "\n"


def test_unknown_format_lists_the_known_ones(analysis: Make) -> None:
    with pytest.raises(UnknownNameError, match="csv, html, json, md, text"):
        render(analysis(), "pdf")


def test_a_notebook_shows_the_table(analysis: Make) -> None:
    table = analysis()._repr_html_()
    assert table is not None
    assert table.startswith('<div class="costmodel"><style>')
    assert "<table" in table
    assert "<script" not in table


def test_a_phone_stacks_a_table_of_sentences_and_scrolls_a_wide_one() -> None:
    sentence = "a sentence that says what a person is to do about it"
    few = section(Table("few", ("who", "points at stake", "what to do"), [["Ada", 3, sentence]]))
    assert '<table class="stacked">' in few
    assert f'<td class="long" data-h="what to do">{sentence}</td>' in few
    many = section(Table("many", [f"a_column_of_many_{i}" for i in range(8)], [[sentence] * 8]))
    short = section(Table("short", ("layer", "MACs"), [["conv1", 3]]))
    assert "stacked" not in many + short
    assert "data-h" not in many + short
    assert (
        '<th scope="col">a_<wbr>column_<wbr>of_<wbr>many_<wbr>0</th>' in many
    )  # a name may be broken there, and nowhere inside a word


def test_what_came_late_is_not_shown_as_what_passed() -> None:
    shown = section(Table("t", ("name", "outcome"), [["Ada", "LATE"], ["Bo", "MISSING"], ["Cy", "PASS"]]))
    assert all(f'<td class="{word}">{word}</td>' in shown for word in ("LATE", "MISSING", "PASS"))
