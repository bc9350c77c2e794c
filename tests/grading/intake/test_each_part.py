"""Rosters, exports and archives part by part: names in every order, what is said of each file, bounds from both sides."""  # noqa: E501  # a table: one case, one line

from __future__ import annotations

import json
import zipfile
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from costmodel.errors import ArchiveError, UsageError
from costmodel.grading.intake import archives
from costmodel.grading.intake import prepare as prepared
from costmodel.grading.intake.archives import Caps, UnpackBudget, is_archive, unpack
from costmodel.grading.intake.platforms import Person, RawSubmission, read_folder
from costmodel.grading.intake.prepare import UnusableError, listed, prepare
from costmodel.grading.intake.roster import Roster, Student, read_people, read_roster
from costmodel.grading.intake.submissions import Submission, find_submissions
from costmodel.grading.notice import Notice, NoticeKind

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
        "a.n.a@x",
    ],
)
def test_a_name_in_any_order_without_case_and_accents(clue: str) -> None:
    roster = Roster((Student(name="Ben"), ANA))
    assert roster.find([clue]) == ANA
    assert roster.find(["nobody", clue, "Ben"]) == ANA
    assert roster.namesakes([clue]) == 0


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


def raw(name: str, *files: tuple[Path, str], **more: Any) -> RawSubmission:
    return RawSubmission(people=(Person(name=name, clues=(name,)),), files=files, **more)


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
        ("d", ("d.ipynb", "d"), True), ("e", ("e.pdf", "e"), False), ("f", ("f", "f"), False), ("g", ("g.zip", "g"), True),  # noqa: E501  # a table: one case, one line
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
    late = Notice(kind=NoticeKind.LATE, message="handed in late")
    one, two, other = read_folder(tmp_path)
    assert (one.people, one.notices) == ((Person(name="leeann", clues=("12", "leeann")),), (late,))
    # two versions side by side keep the names that Canvas gave them
    assert sorted(name for _, name in one.files) == ["a-1.py", "a.py", "b.tar.gz", "net.py"]
    assert (two.people[0].clues, [n for _, n in two.files], two.notices) == (("13", "leeann"), ["c.py"], ())
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
        "submission_2: {':submitters': [{':sid': 8}], ':created_at': soon}\nsubmission_3: {':submitters': [{':name': Eve}]}\n"  # noqa: E501  # a table: one case, one line
        "submission_4: {':submitters': []}\n",
        encoding="utf-8",
    )
    first, second, ninth, third = read_folder(tmp_path)
    assert first.people == (
        Person(name="Ann", clues=("7", "a@x", "Ann"), email="a@x", sid="7"), Person(name="b@x", clues=("b@x",), email="b@x"),  # noqa: E501  # a table: one case, one line
    )  # fmt: skip
    assert first.submitted == datetime(2022, 3, 1, 10, tzinfo=timezone.utc)
    assert [n.kind for n in first.notices] == [NoticeKind.LATE]
    assert (second.people[0].name, second.submitted, second.notices) == ("8", None, ())
    assert (third.people[0].name, third.files) == ("Eve", ())
    assert [n.message for n in ninth.notices] == ["submission_metadata.yml does not say whose submission_9 is"]
    (tmp_path / "submission_metadata.yml").write_text("- a\n", encoding="utf-8")
    assert [s.people[0].name for s in read_folder(tmp_path)] == ["submission_1", "submission_2", "submission_9"]


def prepare_in(tmp_path: Path, entry: RawSubmission) -> tuple[Path | None, list[tuple[NoticeKind, str]]]:
    notices: list[Notice] = []
    into = tmp_path.with_name(f"{tmp_path.name}-into")
    try:
        path = prepare(entry, into / str(len(list(into.iterdir())) if into.is_dir() else 0), notices)
    except UnusableError as problem:
        return None, [(n.kind, n.message) for n in (*notices, problem.notice)]
    return path, [(n.kind, n.message) for n in notices]


def test_what_is_traced_of_what_was_handed_in(tmp_path: Path) -> None:
    model = "import torch\nclass Net(torch.nn.Module):\n    def forward(self, x):\n        return x\n"
    (tmp_path / "net.py").write_text(model, encoding="utf-8")
    (tmp_path / "empty.py").touch()
    assert prepare_in(tmp_path, raw("a", (tmp_path / "net.py", "net.py"))) == (tmp_path / "net.py", [])
    assert prepare_in(tmp_path, raw("a", (tmp_path / "empty.py", "empty.py"))) == (
        None, [(NoticeKind.EMPTY, "the file is empty")],
    )  # fmt: skip
    renamed, _ = prepare_in(tmp_path, raw("a", (tmp_path / "net.py", "model.py")))
    assert renamed is not None
    assert [p.name for p in renamed.iterdir()] == ["model.py"]
    folder = tmp_path / "folder"
    (folder / ".git").mkdir(parents=True)
    (folder / ".git" / "config").touch()
    assert prepare_in(tmp_path, raw("a", (folder, "folder"))) == (None, [(NoticeKind.EMPTY, "it has no files")])
    for n in range(6):
        (folder / f"{n}.txt").touch()
    only = "there is no Python file in it, only 0.txt, 1.txt, 2.txt, 3.txt, 4.txt"
    assert prepare_in(tmp_path, raw("a", (folder, "folder"))) == (None, [(NoticeKind.NO_MODEL, only)])
    (folder / "9.RAR").touch()
    packed = f"{only}; a .rar or .7z cannot be opened here: hand in a .zip"
    assert prepare_in(tmp_path, raw("a", (folder, "folder"))) == (None, [(NoticeKind.NO_MODEL, packed)])
    (folder / "net.py").write_text(model, encoding="utf-8")
    assert prepare_in(tmp_path, raw("a", (folder, "folder"))) == (folder, [])


def notebook(*sources: str) -> str:
    return json.dumps({"cells": [{"cell_type": "code", "source": source} for source in sources]})


@pytest.mark.parametrize(
    ("script", "read"),
    [
        ("def helper(): ...\n", True), ("class A:\n    def forward(self): ...\n", True), ("class A(B): ...\n", True),
        ("class A(B):\n    def forward(self): ...\n", False), ("class A(nn.Module): ...\n", False),
        ("class A(pl.LightningModule): ...\n", False), ("def f(:\n", False), ("class A(Modules): ...\n", True),
    ],
)  # fmt: skip
def test_a_notebook_is_read_where_no_script_may_hold_the_model(tmp_path: Path, script: str, read: bool) -> None:
    (tmp_path / "helper.py").write_text(script, encoding="utf-8")
    (tmp_path / "net.ipynb").write_text(notebook(*["x = 1"] * 41), encoding="utf-8")
    path, said = prepare_in(tmp_path, raw("a", (tmp_path, "folder")))
    assert path is not None
    assert sorted(p.name for p in path.iterdir()) == ["helper.py", "net.py" if read else "net.ipynb"]
    if read:
        ((kind, message),) = said
        assert kind is NoticeKind.NOTEBOOK
        assert message.startswith(
            "the code cells of net.ipynb were read as the script net.py: cell 1 from line 1, cell 2 from "
        )
        assert message.endswith(", …")
        assert message.count("cell ") == 40
    else:
        assert said == []


def zipped(file: Path, **entries: str | bytes) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name.replace("__", "."), content)
    return file


def test_one_archive_in_a_folder_is_opened_and_none_inside_it(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", net__py="x = 1\n")
    outer = tmp_path / "outer"
    outer.mkdir()
    (outer / "notes.txt").touch()
    inner.rename(outer / "inner.zip")
    path, said = prepare_in(tmp_path, raw("a", (outer, "outer")))
    assert path is not None
    assert ([p.name for p in path.iterdir()], said) == (["net.py"], [])
    twice = tmp_path / "twice"
    twice.mkdir()
    zipped(twice / "outer.zip", inner__zip=(outer / "inner.zip").read_bytes())
    path, said = prepare_in(tmp_path, raw("a", (twice, "twice")))
    assert (path, said) == (None, [(NoticeKind.NO_MODEL, "there is no Python file in it, only inner.zip")])
    zipped(twice / "second.zip", net__py="x = 1\n")
    assert prepare_in(tmp_path, raw("a", (twice, "twice")))[0] is None


def test_names_are_listed_up_to_five() -> None:
    assert listed(["a", "b", "c", "d", "e"]) == "a, b, c, d, e"
    assert listed(["a", "b", "c", "d", "e", "f", "g"]) == "a, b, c, d, e and 2 more"
    assert (prepared._MOST_BYTES, prepared._MOST_FILES, prepared._MOST_DEPTH) == (1_073_741_824, 100_000, 100)


def test_what_an_archive_is_and_how_much_it_may_hold(tmp_path: Path) -> None:
    names = ("a.zip", "a.ZIP", "a.tar", "a.tar.gz", "a.tgz", "a.tar.bz2", "a.tar.xz", "a.gz", "a.rar", "zip")
    assert [is_archive(Path(name)) for name in names] == [True] * 7 + [False] * 3
    assert Caps() == Caps(entries=4000, total_bytes=268_435_456, ratio=200, depth=24, name=200)
    assert (archives._SMALL, archives._HEADERS, archives._LISTED) == (10_485_760, 8192, 1024)

    def unpacked(caps: Caps, **entries: str | bytes) -> str:
        into = tmp_path / f"into{len(list(tmp_path.iterdir()))}"
        into.mkdir()
        try:
            unpack(zipped(tmp_path / "a.zip", **entries), into, UnpackBudget(caps))
        except ArchiveError as problem:
            return str(problem)
        return ""

    two = {"a__py": "1", "b__py": "2"}
    assert unpacked(Caps(entries=2), **two) == ""
    assert unpacked(Caps(entries=1), **two) == "a.zip: more than 1 entries"
    assert unpacked(Caps(total_bytes=2), **two) == ""
    assert unpacked(Caps(total_bytes=2), a__py="123").startswith("a.zip: it unpacks to more than 0 MiB")
    assert unpacked(Caps(depth=2), **{"a/b__py": ""}) == ""
    assert unpacked(Caps(depth=1), **{"a/b__py": ""}) == "a.zip: 'a/b.py': a name that is too long"
    assert unpacked(Caps(name=4), ab__p="") == ""
    assert unpacked(Caps(name=3), ab__p="") == "a.zip: 'ab.p': a name that is too long"
    assert unpacked(Caps(name=4), **{"ä__py": ""}).endswith("too long")
    # a file of zeros is no bomb below ten MiB; above it, the ratio counts
    zeros = {"a__bin": bytes(10 * 2**20)}
    assert unpacked(Caps(ratio=1), **zeros) == ""
    assert unpacked(Caps(ratio=1), a__bin=bytes(10 * 2**20 + 1)) == "a.zip: it unpacks to more than 10 MiB"
    assert unpacked(Caps(ratio=2000), a__bin=bytes(10 * 2**20 + 1)) == ""


def test_what_is_in_an_archive_by_its_name(tmp_path: Path) -> None:
    junk = ("__MACOSX/a", "a/.git/b", "x/__pycache__/c", ".DS_Store", "Thumbs.db")
    entries = {**dict.fromkeys(junk, ""), "./n//m.py": "x", "n/": "", "d/": ""}
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    into = tmp_path / "into"
    into.mkdir()
    assert unpack(tmp_path / "a.zip", into) == ()
    assert sorted(p.relative_to(into).as_posix() for p in into.rglob("*")) == ["d", "n", "n/m.py"]


def test_a_key_is_a_plain_file_name_and_another_for_another_name() -> None:
    def key(name: str) -> str:
        return Submission(name=name, path=None, digest="").key

    assert key("Ann Lee (7)").rpartition("-")[0] == "ann-lee-7"
    assert key("É").rpartition("-")[0] == "submission"
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
