"""The grader's table of models: whose model is which, and what is wrong with a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from costmodel.errors import UsageError
from costmodel.grading.intake.named_models import NamedModel, assign_models, read_models
from costmodel.grading.intake.people import Student
from costmodel.grading.intake.submissions import Submission

ANA = Student(name="Ana Sol", sid="7", email="ana@uni.edu")
OTHER_ANA = Student(name="Ana Sol", sid="8")
BEN = Student(name="Ben")


def handed_in(*students: Student, name: str = "") -> Submission:
    return Submission(name=name or ", ".join(s.name for s in students), path=None, digest="", students=students)


def table(folder: Path, text: str) -> Path:
    file = folder / "models.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_line_names_the_model_of_a_person_by_any_identifier(tmp_path: Path) -> None:
    models = read_models(table(tmp_path, "Name,SID,Model\nBen,,net.py:Net\n,7, Big \nCy,,\n"))
    assert [(m.whose, m.reference) for m in models] == [(("Ben",), "net.py:Net"), (("7", "7"), "Big")]
    submissions = [handed_in(ANA, name="Ana Sol (7)"), handed_in(OTHER_ANA, name="Ana Sol (8)"), handed_in(BEN)]
    given = assign_models(models, submissions)
    assert given.references == {submissions[2].key: "net.py:Net", submissions[0].key: "Big"}
    assert given.notes == ()


def test_a_group_has_the_model_that_one_of_it_is_given() -> None:
    group = handed_in(ANA, BEN)
    assert assign_models([NamedModel(("Ben",), "Net", "m:2")], [group]).references == {group.key: "Net"}


def test_a_line_of_nobody_is_a_note() -> None:
    given = assign_models([NamedModel(("zoe",), "Net", "m:2")], [handed_in(BEN)])
    assert given.references == {}
    assert given.notes == ("a model is named for 'zoe', and no submission has that name",)


def test_what_is_not_clear_is_refused_with_its_line(tmp_path: Path) -> None:
    two = [handed_in(ANA, name="Ana Sol (7)"), handed_in(OTHER_ANA, name="Ana Sol (8)")]
    with pytest.raises(UsageError, match=r"^m:2: 'Ana Sol' may be 2 people: write a number or an e-mail in its place$"):
        assign_models([NamedModel(("Ana Sol",), "Net", "m:2")], two)
    with pytest.raises(UsageError, match=r"^m:3: the model of 'Ben' is Net in an earlier line$"):
        assign_models([NamedModel(("Ben",), "Net", "m:2"), NamedModel(("Ben",), "Big", "m:3")], [handed_in(BEN)])
    with pytest.raises(UsageError, match=r"models\.csv:1: no column model"):
        read_models(table(tmp_path, "name\nBen\n"))
    with pytest.raises(UsageError, match="no column among name, email, sid, github"):
        read_models(table(tmp_path, "model\nNet\n"))
    with pytest.raises(UsageError, match=r"gone\.csv: No such file"):
        read_models(tmp_path / "gone.csv")
