"""One student again: whose a row is hangs on the whole class, and an extension is later than the deadline."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from costmodel.errors import UsageError
from costmodel.grading.classroom import ClassFiles, GradingPlan, grade_class
from costmodel.grading.intake.people import Student
from costmodel.grading.intake.roster import Roster
from costmodel.grading.order import Order, brought_files
from costmodel.grading.whose_facts import FactsRow
from costmodel.rules.judging.sheets import Sheet
from costmodel.rules.schema.rulebook import load_rulebook
from costmodel.rules.value import Fact
from tests.grading.small_class import BOOK

ROSTER = Roster((Student(name="Ann Lee", sid="1"), Student(name="Ann Lee", sid="2"), Student(name="Bo", sid="3")))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "class"
    folder.mkdir()
    for sid in "123":
        (folder / f"{sid}.py").write_text(f"x = {sid}\n", encoding="utf-8")
    return folder


def rows() -> tuple[FactsRow, ...]:
    def sheet(value: int) -> Sheet:
        return Sheet({"error_rate_percent": Fact(runs=(Decimal(value),))})

    return FactsRow(("Ann Lee",), sheet(20)), FactsRow(("Bo",), sheet(30))


@pytest.mark.parametrize("only", [(), ("1",), ("2",), ("1", "2")])
def test_a_row_that_fits_two_is_nobodys_whoever_is_graded(place: Path, only: tuple[str, ...]) -> None:
    plan = GradingPlan(wall="limits", version="1", only=only)
    known = grade_class(place, BOOK, ClassFiles(facts=rows(), roster=ROSTER), plan).submissions
    assert [one.students[0].sid for one in known] == sorted(only or "123")
    for one in known:
        measured = {name: int(fact.runs[0]) for name, fact in one.facts.measured.items()}
        if one.name == "Bo":
            assert measured == {"error_rate_percent": 30}
        else:
            assert measured == {}
            assert any("may be of 2 people" in finding.because for finding in one.findings)


def test_nobody_or_two_cannot_be_graded_again(place: Path) -> None:
    for word, said in (("Ann Lee", "it may be 2 people"), ("Bob", "and no submission has that name; did it mean 'Bo'")):
        plan = GradingPlan(wall="limits", version="1", only=(word,))
        with pytest.raises(UsageError, match=said):
            grade_class(place, BOOK, ClassFiles(roster=ROSTER), plan)


def test_an_extension_to_before_the_deadline_is_an_error(place: Path, tmp_path: Path) -> None:
    file = tmp_path / "extensions.csv"
    order = Order(place=place, rules="mit-lab2-2022", extensions=file)
    book = load_rulebook(order.rules)
    file.write_text("who,until,reason\nBo,2022-02-01 10:00,a typo\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"extensions\.csv:2: 2022-02-01 10:00 is before the deadline, 2022-02-28"):
        brought_files(order, book)
    file.write_text("who,until,reason\nBo,2022-03-01T10:00,ill\n", encoding="utf-8")
    (line,) = brought_files(order, book).extensions
    assert line.extension.until == "2022-03-01T10:00"
