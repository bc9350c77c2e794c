"""Words for people: whom they mean, whom they do not, and who looks like them."""

from __future__ import annotations

from pathlib import Path

import pytest

from costmodel.errors import UsageError
from costmodel.grading.intake.people import Student, meant_by, nearest, same_name
from costmodel.grading.intake.roster import read_roster
from costmodel.grading.intake.submissions import find_submissions
from costmodel.grading.whose_facts import owners

MAX = Student(name="Bär, Max", sid="17", email="m.baer@uni.example", github="maxb", kaggle="bearmax")
LUKASZ = Student(name="Łukasz Żak", sid="18", aliases=("Luk", "the zak"))
ANA = Student(name="Ana Maria de la Cruz", sid="19")
EVERYONE = (MAX, LUKASZ, ANA)


@pytest.mark.parametrize(
    ("word", "student"),
    [
        ("Max Bär", MAX), ("Bär, Max", MAX), ("BAR MAX", MAX), ("Max Ba\u0308r", MAX), ("Max Baer", MAX),
        ("baermax", MAX), ("bearmax", MAX), ("M.BAER@uni.example", MAX), ("17", MAX), ("Lukasz Zak", LUKASZ),
        ("Z\u0307ak, \u0141ukasz", LUKASZ),
        ("luk", LUKASZ), ("The Zak", LUKASZ), ("de la Cruz, Ana Maria", ANA), ("ana-maria_de.la.cruz", ANA),
    ],
)  # fmt: skip
def test_whom_a_word_means(word: str, student: Student) -> None:
    assert meant_by(word, EVERYONE) == [student]


@pytest.mark.parametrize("word", ["", " ", "Max", "1", "mbaer@uni.example", "Cruz Ana Maria", "Bar"])
def test_a_part_of_a_name_or_another_address_is_nobody(word: str) -> None:
    assert meant_by(word, EVERYONE) == []


JUNIOR, SENIOR = Student(name="John Smith Jr.", sid="1"), Student(name="John Smith Sr.", sid="2")
MARIA = Student(name="María José García López", sid="3")
JAN = Student(name="Berg, Jan Willem van den", sid="4")


@pytest.mark.parametrize(
    ("word", "student"),
    [
        ("Smith, John, Jr.", JUNIOR), ("Smith Jr., John", JUNIOR), ("smithjrjohn", JUNIOR), ("Smith, John, Sr", SENIOR),
        ("García López, María José", MARIA), ("garcialopezmariajose", MARIA), ("Jan Willem van den Berg", JAN),
        ("van den Berg, Jan Willem", JAN), ("vandenbergjanwillem", JAN),
    ],
)  # fmt: skip
def test_last_names_of_several_words_and_what_follows_a_name(word: str, student: Student) -> None:
    assert meant_by(word, (JUNIOR, SENIOR, MARIA, JAN)) == [student]
    assert meant_by("Smith, John", (JUNIOR, SENIOR)) == []
    (backwards,) = (Student(name=word, sid="9"),)
    assert meant_by(student.name, (backwards,)) == [backwards]


def test_a_number_or_user_name_goes_before_a_name() -> None:
    other = Student(name="bearmax")
    assert meant_by("bearmax", (other, MAX)) == [MAX]
    assert meant_by("Ana Sol", (Student(name="Ana Sol", sid="1"), Student(name="Sol, Ana"))) != []


def test_who_looks_like_a_word() -> None:
    assert nearest("Max Baer", ["Max Bär", "Ana Sol", "Lukasz Zak"]) == ["Max Bär"]
    assert nearest("Lukas Zack", ["Max Bär", "Ana Sol", "Łukasz Żak"]) == ["Łukasz Żak"]
    assert nearest("quite another", ["Max Bär"]) == []
    assert same_name("MÜLLER", "Mueller")
    assert not same_name("Müller", "Miller")


def test_namesakes_of_canvas_are_told_apart_by_its_numbers(tmp_path: Path) -> None:
    place = tmp_path / "class"
    place.mkdir()
    for number in (50036, 50033):
        (place / f"schmidtanna_{number}_1_net.py").write_text(f"x = {number}\n", encoding="utf-8")
    found = find_submissions(place, tmp_path / "into").submissions
    assert [one.name for one in found] == ["schmidtanna (50033)", "schmidtanna (50036)"]
    for one, word in zip(found, ("50033", "50036"), strict=True):
        assert owners((word,), found) == (word, [one])


def test_the_line_of_points_in_a_canvas_gradebook_is_nobody(tmp_path: Path) -> None:
    file = tmp_path / "gradebook.csv"
    file.write_text("Student,ID,SIS User ID\n    Points Possible,,\nLee Ann,5,77\n", encoding="utf-8")
    assert [student.name for student in read_roster(file).students] == ["Lee Ann"]


def test_aliases_are_added_to_people_of_the_roster(tmp_path: Path) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_text("name,sid,kaggle\nAnn Lee,1,annl\nBo Ek,2,\n", encoding="utf-8")
    aliases = tmp_path / "aliases.csv"
    aliases.write_text("who,alias\nAnn Lee,Team Rocket\n1,Annie\n2,\n", encoding="utf-8")
    known = read_roster(roster, aliases)
    assert [s.aliases for s in known.students] == [("Team Rocket", "Annie"), ()]
    assert known.find(["team rocket"]) == known.find(["annl"]) == known.students[0]
    aliases.write_text("who,alias\nAda,x\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"aliases\.csv:2: Ada is nobody on the roster, or several"):
        read_roster(roster, aliases)
    aliases.write_text("who,other\nAnn Lee,x\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"aliases\.csv:1: no column alias"):
        read_roster(roster, aliases)
