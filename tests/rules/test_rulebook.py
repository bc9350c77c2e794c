"""Rulebooks as data: what each may say, and what is impossible."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from costmodel.errors import RulebookError
from costmodel.rules.schema.points import PointTable
from costmodel.rules.schema.ranking_rule import BonusSpec, BracketSpec
from costmodel.rules.schema.rulebook import load_rulebook, rulebook_names
from costmodel.rules.telling.difference import difference
from costmodel.rules.telling.prose import describe

FOLDER = Path(__file__).parents[2] / "costmodel" / "rules" / "books"


def table(*cells: dict[str, object]) -> PointTable:
    return PointTable.model_validate({"table": "t", "metric": "m", "source": "s", "cells": cells})


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (({"below": 10, "points": 2}, {"at_least": 11, "below": 20, "points": 1}), "a gap between"),
        (({"below": 10, "points": 2}, {"above": 10, "below": 20, "points": 1}), "a gap between"),
        (({"at_most": 9, "points": 2}, {"at_least": 9, "below": 20, "points": 1}), "overlap"),
        (({"at_most": 9, "points": 2}, {"above": 8, "below": 20, "points": 1}), "overlap"),
        (({"below": 20, "points": 2}, {"below": 10, "points": 1}), "ascending"),
        (({"below": 20, "points": 2}, {"below": 20, "points": 1}), "ascending"),
        (({"points": 2},), "below or at at_most"),
        (({"below": 20, "at_most": 20, "points": 2},), "below or at at_most"),
    ],
)
def test_the_lint_finds_gaps_and_overlaps(cells: tuple[dict[str, object], ...], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        table(*cells)


def test_cells_that_meet_are_fine_and_bounds_fall_where_they_are_written() -> None:
    met = table(
        {"at_most": 9, "points": 3}, {"above": 9, "below": 20, "points": 2}, {"at_least": 20, "below": 30, "points": 1}
    )
    values = {"0": 3, "9": 3, "9.0001": 2, "19.999": 2, "20": 1, "29.9": 1, "30": 0}
    assert {v: met.points_of(Decimal(v))[0] for v in values} == values


@pytest.mark.parametrize(
    ("brackets", "said"),
    [
        ([{"bracket": "a", "at_least": 2}, {"bracket": "b", "at_least": 1}], "ascend"),
        ([{"bracket": "a", "at_least": 1, "below": 2}, {"bracket": "b", "at_least": 3}], "gap"),
        ([{"bracket": "a", "at_least": 1, "below": 4}, {"bracket": "b", "at_least": 3}], "overlap"),
        ([{"bracket": "a"}], "at_least or above"),
    ],
)
def test_brackets_ascend_without_gap(brackets: list[dict[str, object]], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        BracketSpec.model_validate({"metric": "m", "mode": "best_only", "source": "s", "brackets": brackets})


def test_bonus_ranks_do_not_overlap() -> None:
    rows = [{"first": 1, "last": 5, "points": 10}, {"first": 5, "last": 10, "points": 5}]
    with pytest.raises(ValueError, match="overlap"):
        BonusSpec.model_validate({"ranks": rows, "source": "s"})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('operator: "<"\n    value: 50', 'operator: "<"'), "limits.1: a limit has a value"),
        (("cells:\n      - {below: 5, points: 80}", "cells:\n      - {below: 6, points: 80}"), "points.0"),
        (("figure: energy\n", "figure: joules\n"), "unknown figure 'joules'"),
        (("readings: [starter-code]", "readings: [startercode]"), "'startercode' is not a reading"),
        (("      peak activation: {value: 1048576}", "      peak: {value: 1048576}"), "the limit 'peak'"),
        (("source: static\n", "source: statik\n"), "metrics.peak_activation_bytes.source"),
        (("  bonus:\n", "  bonuss:\n"), "ranking.bonuss: unknown key"),
    ],
)
def test_an_impossible_rulebook_names_file_line_and_field(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    text = (FOLDER / "mit-lab2-2022.yaml").read_text(encoding="utf-8")
    assert change[0] in text
    file = tmp_path / "mine.yaml"
    file.write_text(text.replace(*change, 1), encoding="utf-8")
    with pytest.raises(RulebookError, match=r"mine\.yaml:\d+: ") as caught:
        load_rulebook(str(file))
    assert said in str(caught.value)


@pytest.mark.parametrize("name", rulebook_names())
def test_every_rulebook_says_its_sources_and_works_under_every_reading(name: str) -> None:
    book = load_rulebook(name)
    text = describe(book)
    for limit in book.every_limit:
        assert limit.source
        assert limit.rule in text
    for reading in book.readings:
        assert book.under(reading).limits_of(None)
        assert reading in text
    for ambiguity in book.ambiguities:
        assert ambiguity.taken in text
    for rule in book.undecided:
        assert rule.because in text


def test_readings_belong_to_an_ambiguity() -> None:
    for name in rulebook_names():
        book = load_rulebook(name)
        explained = {reading for a in book.ambiguities for reading in a.readings}
        assert explained == set(book.readings), name


def test_the_difference_of_two_editions_is_what_changed() -> None:
    rows = difference(load_rulebook("mit-lab2-2022"), load_rulebook("mit-lab1-4-2023"))
    fields = {path: (a, b) for path, a, b in rows}
    assert fields["limits[epochs].value"] == ("", "30")
    assert fields["hardware.timeout"] == ("", "400")
    assert not difference(load_rulebook("haet-2021"), load_rulebook("haet-2021"))


def test_the_2023_lab_has_100_points() -> None:
    assert sum(t.maximum for t in load_rulebook("mit-lab1-4-2023").points) == 100
    assert sum(t.maximum for t in load_rulebook("mit-lab2-2022").points) == 120


def test_a_copy_of_a_book_has_readings_of_its_own() -> None:
    """A course's own deadline changes the contract: what was read before it must not come back."""
    book = load_rulebook("haet-2022")
    first = book.under("gibibytes")
    assert book.under("gibibytes") is first
    changed = book.model_copy(update={"contract": None})
    assert changed.under("gibibytes").contract is None
    assert first.contract is not None
