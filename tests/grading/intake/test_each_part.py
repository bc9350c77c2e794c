"""Rosters and exports part by part: names in every order, whose a file is, and what the source says of it."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest

from costmodel.errors import UsageError
from costmodel.grading.intake.people import Student
from costmodel.grading.intake.platforms import Person, read_folder
from costmodel.grading.intake.roster import Roster, read_people, read_roster
from costmodel.grading.intake.submissions import Submission, find_submissions

ANA = Student(name="Ana María Sol", sid="7", email="ana@x", github="anasol")


@pytest.mark.parametrize(
    "clue",
    [
        "Ana María Sol",
        "ANA MARIA SOL",
        "Sol, Ana María",
        "solanamaria",
        "maria-sol.ana",
        "7",
        "ana@x",
        "AnaSol",
        "Ana Mari\u0301a Sol",
        "Maria Sol Ana",
    ],
)
def test_a_name_in_any_order_without_case_and_accents(clue: str) -> None:
    roster = Roster((Student(name="Ben"), ANA))
    assert roster.find([clue]) == ANA
    assert roster.find(["nobody", clue, "Ben"]) == ANA
    assert roster.namesakes([clue]) == 0
    assert roster.find(["a.n.a@x"]) is None  # another address may be another person


def test_a_clue_that_fits_several_is_passed_over() -> None:
    roster = Roster(
        (Student(name="Ann Lee", sid="1"), Student(name="Lee, Ann", sid="2"), Student(name="Ann Lee", sid="3"), ANA)
    )
    assert roster.find(["Ann Lee"]) is None
    assert roster.find(["Ann Lee", "3"]) == roster.students[2]
    assert (roster.namesakes(["7", "Ann Lee"]), roster.namesakes(["7", "zoe"]), roster.namesakes([])) == (3, 0, 0)
    # nothing is no name
    assert Roster((Student(name="-"),)).find(["", "."]) is None


def test_a_clone_ends_in_a_github_name() -> None:
    roster = Roster((Student(name="A", github="b"), Student(name="B", github="A-b"), Student(name="C")))
    assert roster.find_clone("lab-a-b") == roster.students[1]
    assert roster.find_clone("lab-B") == roster.students[0]
    assert roster.find_clone("lab") is roster.find_clone("b") is None


def test_people_of_a_table(tmp_path: Path) -> None:
    def people(text: str) -> list[tuple[int, Student]]:
        (tmp_path / "r.csv").write_text(text, encoding="utf-8")
        return [(number, student) for number, student, _ in read_people(tmp_path / "r.csv")]

    also = "Student Name,E-Mail,Student ID,GitHub Username\nAnn, a@x ,7,ann\n"
    assert people(also) == [(2, Student(name="Ann", email="a@x", sid="7", github="ann"))]
    for heading in ("full name", "student", "identifier"):
        assert people(f"{heading}\nAnn\n") == [(2, Student(name="Ann"))]
    for heading in ("email address", "e-mail"):
        assert people(f"{heading}\na@x\n") == [(2, Student(name="a@x", email="a@x"))]
    for heading in ("id", "sis user id", "student number"):
        assert people(f"{heading}\n7\n") == [(2, Student(name="7", sid="7"))]
    assert people("github_username\nann\n") == [(2, Student(name="ann", github="ann"))]
    for first, last in (("First Name", "Surname"), ("given name", "family name"), ("first_name", "last_name")):
        assert people(f"{last},{first}\nLee,Ann\n,\n,Bo\n") == [(2, Student(name="Ann Lee")), (4, Student(name="Bo"))]
    # a name goes before its parts, and a number before a GitHub name
    assert people("name,first name\nAnn,Bo\n")[0][1].name == "Ann"
    assert people("email,sid,github\na@x,7,ann\n")[0][1].name == "7"
    assert people("email,github\na@x,ann\n")[0][1].name == "ann"
    (tmp_path / "r.csv").write_text("name,Model \nAnn, Net \n", encoding="utf-8")
    assert [words for _, _, words in read_people(tmp_path / "r.csv")] == [{"name": "Ann", "model": "Net"}]
    (tmp_path / "r.csv").write_bytes(b"\xff")
    with pytest.raises(UsageError, match=r"r\.csv: 'utf-8' codec can't decode"):
        read_roster(tmp_path / "r.csv")
    (tmp_path / "r.csv").write_text("name,email\nAnn,A@x\nBo,a@X\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"r\.csv:3: a@X is already in line 2$"):
        read_roster(tmp_path / "r.csv")


def test_plain_entries_of_a_folder(tmp_path: Path) -> None:
    for name in (
        "b.tar.gz",
        "c.PY",
        "d.ipynb",
        "e.pdf",
        "f",
        ".hidden",
        "__MACOSX",
        "Thumbs.db",
        "desktop.ini",
        "g.zip",
    ):
        (tmp_path / name).touch()
    (tmp_path / "a.zip").mkdir()
    (tmp_path / "h.txt").symlink_to(tmp_path / "f")
    found = [(s.people[0].name, s.people[0].clues, s.is_code) for s in read_folder(tmp_path)]
    assert found == [
        ("a.zip", ("a.zip", "a.zip"), True), ("b", ("b.tar.gz", "b"), True), ("c", ("c.PY", "c"), True),
        ("d", ("d.ipynb", "d"), True), ("e", ("e.pdf", "e"), False), ("f", ("f", "f"), False), ("g", ("g.zip", "g"), True),  # noqa: E501
        ("h", ("h.txt", "h"), True),
    ]  # fmt: skip
    assert read_folder(tmp_path / "a.zip") == ()


def test_canvas_puts_the_files_of_one_student_together(tmp_path: Path) -> None:
    names = (
        "leeann_12_1_net.py",
        "leeann_LATE_12_2_a-1.py",
        "leeann_12_3_a.py",
        "leeann_12_4_b-22.tar.gz",
        "leeann_13_5_c.py",
    )
    for name in (*names, "notes.txt"):
        (tmp_path / name).touch()
    one, two, other = read_folder(tmp_path)
    assert (one.people, one.marked_late) == ((Person(name="leeann", clues=("12", "leeann"), aliases=("12",)),), True)
    # two versions side by side keep the names that Canvas gave them
    assert sorted(name for _, name in one.files) == ["a-1.py", "a.py", "b.tar.gz", "net.py"]
    assert (two.people[0].clues, [n for _, n in two.files], two.marked_late) == (("13", "leeann"), ["c.py"], False)
    assert (other.people[0].name, other.is_code) == ("notes", False)
    # code of another name among them: these are no names of Canvas's
    (tmp_path / "zoe.py").touch()
    assert len(read_folder(tmp_path)) == 7


def test_clones_have_a_common_beginning(tmp_path: Path) -> None:
    for name in ("lab-2-ann", "lab-2-bo-b"):
        (tmp_path / name / ".git").mkdir(parents=True)
    assert [(s.people[0].name, s.clone) for s in read_folder(tmp_path)] == [
        ("ann", "lab-2-ann"),
        ("bo-b", "lab-2-bo-b"),
    ]
    (tmp_path / "lab-2-bo-b" / ".git").rmdir()
    assert [s.clone for s in read_folder(tmp_path)] == ["", ""]
    (tmp_path / "lab-2-bo-b").rmdir()
    assert [(s.people[0].name, s.clone) for s in read_folder(tmp_path)] == [("lab-2-ann", "lab-2-ann")]


def test_gradescope_says_who_and_when(tmp_path: Path) -> None:
    for name in ("submission_1", "submission_2", "submission_9"):
        (tmp_path / name).mkdir()
    people = '[{":name": Ann, ":email": a@x, ":sid": 7}, {":email": b@x}, 3]'
    (tmp_path / "submission_metadata.yml").write_text(
        f"submission_1: {{':submitters': {people}, ':late': true, ':created_at': '2022-03-01T10:00:00+00:00'}}\n"
        "submission_2: {':submitters': [{':sid': 8}], ':created_at': soon}\nsubmission_3: {':submitters': [{':name': Eve}]}\n"  # noqa: E501
        "submission_4: {':submitters': []}\n",
        encoding="utf-8",
    )
    first, second, ninth, third = read_folder(tmp_path)
    assert first.people == (
        Person(name="Ann", clues=("7", "a@x", "Ann"), email="a@x", sid="7"), Person(name="b@x", clues=("b@x",), email="b@x"),  # noqa: E501
    )  # fmt: skip
    assert first.submitted == datetime(2022, 3, 1, 10, tzinfo=timezone.utc)
    assert (first.marked_late, first.notices, second.marked_late) == (True, (), False)
    assert (second.people[0].name, second.submitted, second.notices) == ("8", None, ())
    assert (third.people[0].name, third.files) == ("Eve", ())
    assert [n.message for n in ninth.notices] == ["submission_metadata.yml does not say whose submission_9 is"]
    (tmp_path / "submission_metadata.yml").write_text("- a\n", encoding="utf-8")
    assert [s.people[0].name for s in read_folder(tmp_path)] == ["submission_1", "submission_2", "submission_9"]


def test_a_key_is_a_plain_file_name_and_another_for_another_name() -> None:
    def key(name: str) -> str:
        return Submission(name=name, path=None, digest="").key

    assert key("Ann Lee (7)").rpartition("-")[0] == "ann-lee-7"
    names = ("Cléo Dubois", "Cle\u0301o Dubois", "Cleo Dubois")
    assert {key(name).rpartition("-")[0] for name in names} == {"cleo-dubois"}
    assert len({key(name) for name in names}) == 3
    assert key("李 小龍").rpartition("-")[0] == "submission"
    assert key("x" * 70).rpartition("-")[0] == "x" * 60
    assert len(key("a").rpartition("-")[2]) == 16
    assert key("a b") != key("a-b")


def test_who_is_on_no_roster(tmp_path: Path) -> None:
    place, into = tmp_path / "class", tmp_path / "into"
    place.mkdir()
    into.mkdir()
    (place / "zoe.py").write_text("x = 1\n", encoding="utf-8")
    (place / "ann.py").write_text("x = 2\n", encoding="utf-8")
    roster = Roster((Student(name="Ann"), Student(name="Bo")))
    found = {s.name: [n.message for n in s.notices] for s in find_submissions(place, into, roster).submissions}
    assert found == {"Ann": [], "Bo": ["nothing was handed in"], "zoe": ["this name is not on the roster"]}
    alone = find_submissions(place / "zoe.py", into / "one")
    assert [(s.name, s.path) for s in alone.submissions] == [("zoe", place / "zoe.py")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_roster_of_any_spreadsheet(tmp_path: Path, delimiter: str) -> None:
    file = tmp_path / "roster.csv"
    rows = [("name", "email", "sid"), ("Zoë Brønd", "z@x.org", "1"), ("Max Bär", "m@x.org", "2")]
    file.write_text("\ufeff" + "".join(f"{delimiter.join(row)}\r\n" for row in rows), encoding="utf-8")
    assert [(s.name, s.email, s.sid) for s in read_roster(file).students] == rows[1:]
