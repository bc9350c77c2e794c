"""Bad archives, exports of the platforms, rosters: a notice for that student, and never a stop."""

from __future__ import annotations

import io
import json
import os
import struct
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from costmodel.errors import UsageError
from costmodel.files.notebook import script_of
from costmodel.grading.intake import prepare as prepared
from costmodel.grading.intake.people import Student
from costmodel.grading.intake.roster import Roster, read_roster
from costmodel.grading.intake.submissions import Submission, find_submissions
from costmodel.grading.notice import NoticeKind

MODEL = "import torch\n"


def zipped(file: Path, entries: Mapping[str, bytes | str], mode: int = 0) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = mode << 16
            archive.writestr(info, content)
    return file


def tarred(file: Path, *members: tarfile.TarInfo) -> Path:
    with tarfile.open(file, "w:gz") as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(b"#" * member.size))
    return file


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "", size: int = 0) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, target, size
    return info


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "class"
    folder.mkdir()
    (folder / "honest.py").write_text(MODEL, encoding="utf-8")
    return folder


@pytest.fixture
def found(place: Path, tmp_path: Path) -> Callable[..., dict[str, Submission]]:
    def look(roster: Roster | None = None) -> dict[str, Submission]:
        into = tmp_path / f"into{len(list(tmp_path.iterdir()))}"
        into.mkdir()
        result = {s.name: s for s in find_submissions(place, into, roster).submissions}
        outside = [p for p in tmp_path.rglob("*") if "outside" in p.name]
        assert not outside
        return result

    return look


Look = Callable[..., dict[str, Submission]]


def kinds(submission: Submission) -> list[NoticeKind]:
    """What is said of it by itself; that two have the same files has a test of its own."""
    return [notice.kind for notice in submission.notices if notice.kind is not NoticeKind.SAME]


def test_plain_things(place: Path, found: Look) -> None:
    zipped(place / "ann.zip", {"project/model.py": MODEL, "__MACOSX/x": "x"})
    (place / "bob").mkdir()
    (place / "bob" / "model.py").write_text(MODEL * 2, encoding="utf-8")
    tarred(place / "eve.tar.gz", member("model.py", size=5))
    submissions = found()
    assert list(submissions) == ["ann", "bob", "eve", "honest"]
    assert all(s.path is not None and s.digest and not kinds(s) for s in submissions.values())
    assert submissions["bob"].path == place / "bob"
    assert {s.key for s in submissions.values()} == {s.key for s in found().values()}


def bomb(file: Path) -> None:
    zipped(file, {f"{i}.py": bytes(40 << 20) for i in range(8)})


def encrypted(file: Path) -> None:
    zipped(file, {"model.py": MODEL})
    data = bytearray(file.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(signature) + offset
        data[at : at + 2] = struct.pack("<H", 1)
    file.write_bytes(data)


def wrong_sizes(file: Path) -> None:
    """Headers that lie: the size of the content is counted, not believed."""
    zipped(file, {"model.py": bytes(1 << 20)})
    data = bytearray(file.read_bytes())
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = struct.pack("<I", 1)
    file.write_bytes(data)


BAD: dict[str, Callable[[Path], object]] = {
    "bomb": bomb,
    "entries": lambda f: zipped(f, {f"{i}.py": "" for i in range(5000)}),
    "traversal": lambda f: zipped(f, {"../outside.py": MODEL}),
    "inner traversal": lambda f: zipped(f, {"a/../../outside.py": MODEL}),
    "backslashes": lambda f: zipped(f, {"..\\outside.py": MODEL}),
    "absolute": lambda f: zipped(f, {"/tmp/outside.py": MODEL}),
    "drive": lambda f: zipped(f, {"C:\\outside.py": MODEL}),
    "control characters": lambda f: zipped(f, {"mo\x1b[2Jdel.py": MODEL}),
    "right to left": lambda f: zipped(f, {"\u202eyp.ledom": MODEL}),
    "case": lambda f: zipped(f, {"Model.py": MODEL, "model.py": MODEL}),
    "unicode forms": lambda f: zipped(f, {"caf\u00e9.py": MODEL, "cafe\u0301.py": MODEL}),
    "file and folder": lambda f: zipped(f, {"a": MODEL, "a/model.py": MODEL}),
    "long name": lambda f: zipped(f, {"a" * 250 + ".py": MODEL}),
    "deep": lambda f: zipped(f, {"a/" * 40 + "model.py": MODEL}),
    "encrypted": encrypted,
    "wrong sizes": wrong_sizes,
    "no archive": lambda f: f.write_bytes(b"this is no archive"),
    "cut off": lambda f: f.write_bytes(zipped(f, {"model.py": MODEL * 999}).read_bytes()[:-30]),
    "nothing": lambda f: f.write_bytes(b""),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_archives_are_refused(name: str, place: Path, found: Look) -> None:
    BAD[name](place / "bad.zip")
    submissions = found()
    assert submissions["bad"].path is None
    assert kinds(submissions["bad"]) == [NoticeKind.ARCHIVE]
    assert submissions["bad"].notices[0].message.isprintable()
    assert submissions["honest"].path is not None


def test_links_are_left_out(place: Path, found: Look) -> None:
    secret = place.parent / "solution.py"
    secret.write_text("SECRET", encoding="utf-8")
    entries = [member("model.py", size=3), member("stolen.py", tarfile.SYMTYPE, str(secret))]
    entries += [member("hard.py", tarfile.LNKTYPE, "/etc/passwd"), member("dev", tarfile.CHRTYPE)]
    tarred(place / "tar.tar.gz", *entries)
    zipped(place / "zip.zip", {"stolen.py": str(secret)}, mode=0o120777)
    (place / "folder").mkdir()
    (place / "folder" / "stolen.py").symlink_to(secret)
    (place / "folder" / "model.py").write_text(MODEL, encoding="utf-8")
    (place / "link.py").symlink_to(secret)
    submissions = found()
    for name in ("tar", "folder"):
        path = submissions[name].path
        assert path is not None
        assert kinds(submissions[name]) == [NoticeKind.LINK]
        assert [p.name for p in path.rglob("*")] == ["model.py"]
    assert NoticeKind.EMPTY in kinds(submissions["zip"])
    assert submissions["link"].path is None
    assert kinds(submissions["link"]) == [NoticeKind.LINK]


def test_what_is_empty_or_no_program(place: Path, found: Look) -> None:
    (place / "empty").mkdir()
    (place / "blank.py").write_bytes(b"")
    (place / "essay.docx").write_bytes(b"words")
    submissions = found()
    assert kinds(submissions["empty"]) == [NoticeKind.EMPTY]
    assert kinds(submissions["blank"]) == [NoticeKind.EMPTY]
    assert kinds(submissions["essay"]) == [NoticeKind.NO_MODEL]


def test_an_archive_in_a_folder_is_opened_once(place: Path, found: Look) -> None:
    (place / "ann").mkdir()
    zipped(place / "ann" / "project.zip", {"model.py": MODEL})
    assert found()["ann"].path is not None


def test_archives_in_archives(place: Path, found: Look) -> None:
    innermost = zipped(place.parent / "x.zip", {"model.py": MODEL}).read_bytes()
    inner = zipped(place.parent / "y.zip", {"x.zip": innermost}).read_bytes()
    zipped(place / "ann.zip", {"x.zip": innermost})
    zipped(place / "bob.zip", {"y.zip": inner})
    submissions = found()
    assert submissions["ann"].path is not None
    assert [n.message for n in submissions["bob"].notices] == ["there is no Python file in it, only x.zip"]


def test_archives_of_one_submission_share_their_room(place: Path, found: Look) -> None:
    (place / "honest.py").unlink()
    for part in (1, 2):
        zipped(place / f"smithann_12_{part}_part{part}.zip", {f"{part}/{n}.py": "" for n in range(2500)})
    submission = found()["smithann"]
    assert submission.path is None
    assert [n.message for n in submission.notices] == ["smithann_12_2_part2.zip: more than 4000 entries"]


def test_what_is_too_much_to_read(place: Path, found: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("large", "deep", "many"):
        (place / name).mkdir()
        (place / name / "model.py").write_text(MODEL, encoding="utf-8")
    for file in (place / "large" / "data.bin", place / "alone.py"):
        with file.open("wb") as sparse:
            sparse.truncate(2**30 + 1)
    (place / "deep" / "/".join("d" * 120)).mkdir(parents=True)
    for number in range(300):
        (place / "many" / f"{number}.txt").touch()
    monkeypatch.setattr(prepared, "_MOST_FILES", 200)
    submissions = found()
    said = {name: [n.message for n in s.notices] for name, s in submissions.items() if s.path is None}
    assert said == {
        "large": [f"its files have {2**30 + 1 + len(MODEL)} bytes, more than {2**30}"],
        "alone": [f"its files have {2**30 + 1} bytes, more than {2**30}"],
        "deep": ["it has folders in folders, more than 100 deep"],
        "many": ["it has more than 200 files"],
    }
    assert all(kinds(submissions[name]) == [NoticeKind.UNREADABLE] for name in said)


def test_pipes_are_not_opened(place: Path, found: Look) -> None:
    (place / "folder").mkdir()
    (place / "folder" / "model.py").write_text(MODEL, encoding="utf-8")
    for pipe in (place / "folder" / "pipe.py", place / "alone.py", place / "archive.zip"):
        os.mkfifo(pipe)
    submissions = found()
    path = submissions["folder"].path
    assert path is not None
    assert [p.name for p in path.iterdir()] == ["model.py"]
    assert [n.message for n in submissions["folder"].notices if n.kind is NoticeKind.LINK] == [
        "left out, being links or devices: pipe.py"
    ]
    assert kinds(submissions["alone"]) == [NoticeKind.EMPTY]
    assert kinds(submissions["archive"]) == [NoticeKind.LINK, NoticeKind.EMPTY]


def test_a_notebook_is_read(place: Path, found: Look) -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# title"]},
        {"cell_type": "code", "source": ["%matplotlib inline\n", "import torch\n", "!pip install x\n", "x = 1"]},
        {"cell_type": "code", "source": "%%bash\nrm -rf x"},
    ]
    (place / "ann.ipynb").write_text(json.dumps({"cells": cells}), encoding="utf-8")
    (place / "bob.ipynb").write_text("{", encoding="utf-8")
    (place / "eve.ipynb").write_text("[" * 100_000, encoding="utf-8")
    submissions = found()
    assert submissions["ann"].path == place / "ann.ipynb"
    (said,) = (n.message for n in submissions["ann"].notices)
    assert said == "ann.ipynb is read as a script of its 2 code cells, in order"
    for name in ("bob", "eve"):
        assert submissions[name].path is None
        assert kinds(submissions[name]) == [NoticeKind.NOTEBOOK]
        assert "nbconvert" in submissions[name].notices[0].message


def test_names_are_made_harmless(place: Path, found: Look) -> None:
    (place / "=cmd\x1b[31m\n.py").write_text(MODEL, encoding="utf-8")
    (place / os.fsdecode(b"\xff.py")).write_text(MODEL, encoding="utf-8")
    for submission in found().values():
        assert submission.name.isprintable()
        assert submission.name.encode()
        assert submission.key.replace("-", "").isalnum()
    assert sum(NoticeKind.NAME in kinds(s) for s in found().values()) == 2


def test_canvas(place: Path, found: Look) -> None:
    (place / "honest.py").unlink()
    for name in ("smithann_12_34_model-2.py", "smithann_12_35_extra.py", "millerbob_LATE_13_36_net.py"):
        (place / name).write_text(MODEL, encoding="utf-8")
    roster = Roster((Student(name="Ann Smith"), Student(name="Miller, Bob"), Student(name="Eve Absent")))
    submissions = found(roster)
    path = submissions["Ann Smith"].path
    assert path is not None
    assert sorted(p.name for p in path.iterdir()) == ["extra.py", "model.py"]
    assert [submissions[name].marked_late for name in ("Miller, Bob", "Ann Smith")] == [True, False]
    (place / "smithann_12_37_model-3.py").write_text(MODEL, encoding="utf-8")
    path = found(roster)["Ann Smith"].path
    assert path is not None
    assert sorted(p.name for p in path.iterdir()) == ["extra.py", "model-2.py", "model-3.py"]
    assert kinds(submissions["Eve Absent"]) == [NoticeKind.MISSING]


def test_gradescope(place: Path, found: Look) -> None:
    (place / "honest.py").unlink()
    export = place / "assignment_7_export"
    for number in (1, 2):
        (export / f"submission_{number}").mkdir(parents=True)
        (export / f"submission_{number}" / "model.py").write_text(MODEL * number, encoding="utf-8")
    (export / "submission_metadata.yml").write_text(
        'submission_1:\n  :submitters:\n  - :name: Ann Smith\n    :sid: "77"\n    :email: a@x.edu\n', encoding="utf-8"
    )
    submissions = found(Roster((Student(name="Smith, Ann", sid="77"),)))
    assert submissions["Smith, Ann"].path == export / "submission_1"
    assert kinds(submissions["submission_2"]) == [NoticeKind.STRANGER, NoticeKind.STRANGER]


def test_a_group_and_a_submission_without_files(place: Path, found: Look) -> None:
    (place / "honest.py").unlink()
    (place / "submission_1").mkdir()
    (place / "submission_1" / "model.py").write_text(MODEL, encoding="utf-8")
    people = '  - {":name": Ann Smith, ":sid": "77"}\n  - {":name": Bob, ":email": b@x.edu}\n'
    (place / "submission_metadata.yml").write_text(
        f"submission_1:\n  :created_at: 2022-03-01 10:00:00.5 -05:00\n  :submitters:\n{people}"
        'submission_2:\n  :submitters:\n  - {":name": Ghost Writer}\n',
        encoding="utf-8",
    )
    submissions = found()
    assert list(submissions) == ["Ann Smith, Bob", "Ghost Writer"]
    both = submissions["Ann Smith, Bob"]
    assert [(s.name, s.sid, s.email) for s in both.students] == [("Ann Smith", "77", ""), ("Bob", "", "b@x.edu")]
    assert both.submitted is not None
    assert both.submitted.isoformat() == "2022-03-01T10:00:00.500000-05:00"
    assert [n.message for n in submissions["Ghost Writer"].notices] == [
        "the export names this submission and brings no files of it"
    ]
    roster = Roster((Student(name="Smith, Ann", sid="77"), Student(name="B.", email="B@x.edu"), Student(name="Eve")))
    submissions = found(roster)
    assert list(submissions) == ["Eve", "Ghost Writer", "Smith, Ann, B."]
    assert kinds(submissions["Eve"]) == [NoticeKind.MISSING]
    assert kinds(submissions["Ghost Writer"]) == [NoticeKind.STRANGER, NoticeKind.EMPTY]


def test_metadata_of_other_kinds(place: Path, found: Look) -> None:
    (place / "honest.py").unlink()
    metadata = place / "submission_metadata.yml"
    metadata.write_text('17:\n  :submitters:\n  - {":name": Ghost Writer}\n', encoding="utf-8")
    assert list(found()) == ["Ghost Writer"]
    metadata.write_text("submission_1:\n  :created_at: 2022-13-45\n", encoding="utf-8")
    assert found() == {}


def test_people_of_one_name_are_told_apart(place: Path, found: Look) -> None:
    (place / "smithjohn_22_34_model.py").write_text(MODEL * 2, encoding="utf-8")
    (place / "smithjohn_66_35_model.py").write_text(MODEL * 3, encoding="utf-8")
    (place / "honest.py").unlink()
    roster = Roster((Student(name="John Smith", sid="22"), Student(name="John Smith", sid="66")))
    submissions = found(roster)
    assert list(submissions) == ["John Smith (22)", "John Smith (66)"]
    assert not any(kinds(s) for s in submissions.values())
    (place / "smithjohn_66_35_model.py").rename(place / "John Smith.py")
    (place / "smithjohn_22_34_model.py").unlink()
    submissions = found(roster)
    assert list(submissions) == ["John Smith", "John Smith (22)", "John Smith (66)"]
    assert [n.message for n in submissions["John Smith"].notices] == [
        "2 people on the roster are called John Smith: hand it in under a number or an e-mail"
    ]
    assert kinds(submissions["John Smith (22)"]) == [NoticeKind.MISSING]


def test_what_is_nobodys_is_left_out_and_said(place: Path, tmp_path: Path) -> None:
    for name in ("README.txt", "grades.csv", "zoe.pdf", "max.rar"):
        (place / name).write_bytes(b"words")
    students = (Student(name="honest"), Student(name="Zoe"), Student(name="max"))
    by_roster = {
        None: ["grades.csv", "README.txt"],
        Roster(students): ["grades.csv", "README.txt"],
        Roster(students[:1]): ["grades.csv", "max.rar", "README.txt", "zoe.pdf"],
    }
    for number, (roster, left_out) in enumerate(by_roster.items()):
        into = tmp_path / str(number)
        into.mkdir()
        class_ = find_submissions(place, into, roster)
        assert sorted(class_.notes, key=str.casefold) == [f"not a submission, left out: {name}" for name in left_out]
        assert len(class_.submissions) == 5 - len(left_out)
        messages = {s.name.lower(): [n.message for n in s.notices] for s in class_.submissions}
        assert messages.get("zoe", ["there is no Python file in it, only zoe.pdf"])[0].endswith("only zoe.pdf")
        assert messages.get("max", ["a .zip"])[0].endswith(".zip")


def test_a_roster_that_fits_nobody_is_said(place: Path, tmp_path: Path) -> None:
    (tmp_path / "into").mkdir()
    notes = find_submissions(place, tmp_path / "into", Roster((Student(name="1"), Student(name="2")))).notes
    assert notes == ("no submission has a name that is on the roster; do its columns hold names or numbers?",)


def test_clones(place: Path, found: Look) -> None:
    (place / "honest.py").unlink()
    for name in ("lab1-ann", "lab1-b-ann"):
        (place / name / ".git").mkdir(parents=True)
        (place / name / "model.py").write_text(MODEL + name, encoding="utf-8")
    assert list(found()) == ["ann", "b-ann"]
    roster = Roster((Student(name="Ann", github="ann"), Student(name="Bea", github="b-ann")))
    submissions = found(roster)
    assert submissions["Ann"].path == place / "lab1-ann"
    assert submissions["Bea"].path == place / "lab1-b-ann"


def test_twice_the_same_student_and_the_same_files(place: Path, found: Look, tmp_path: Path) -> None:
    (place / "Ann Smith.py").write_text(MODEL * 3, encoding="utf-8")
    zipped(place / "smith ann.zip", {"model.py": MODEL})
    (place / "copycat.py").write_text(MODEL, encoding="utf-8")
    into = tmp_path / "in"
    into.mkdir()
    everything = find_submissions(place, into, Roster((Student(name="Ann Smith"),))).submissions
    twice = [s for s in everything if s.name.startswith("Ann Smith")]
    assert [(s.name, NoticeKind.DUPLICATE in kinds(s)) for s in twice] == [("Ann Smith", True), ("Ann Smith (2)", True)]
    assert len({s.key for s in twice}) == 2
    copy = next(s for s in everything if s.name == "copycat")
    assert [n.message for n in copy.notices if n.kind is NoticeKind.SAME] == ["the same files as Ann Smith, honest"]


def test_a_number_takes_nobodys_name(place: Path, tmp_path: Path) -> None:
    (place / "bob").mkdir()
    for number, name in enumerate(("bob/model.py", "bob.py", "bob (2).py"), 1):
        (place / name).write_text(MODEL * number, encoding="utf-8")
    everything = find_submissions(place, tmp_path / "into", None).submissions
    assert sorted(s.name for s in everything) == ["bob", "bob (2)", "bob (3)", "honest"]
    assert len({s.key for s in everything}) == 4
    assert next(s.path for s in everything if s.name == "bob (2)") == place / "bob (2).py"


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="give a folder"):
        find_submissions(tmp_path / "nowhere", tmp_path)
    (tmp_path / "void").mkdir()
    assert find_submissions(tmp_path / "void", tmp_path / "into").submissions == ()


def test_roster(tmp_path: Path) -> None:
    file = tmp_path / "roster.csv"
    file.write_text("\ufeffEmail,Name,SID,extra\na@x,=Ann,1,z\n\n,,,\nb@x,Bob,2,z\n", encoding="utf-8")
    assert [s.name for s in read_roster(file).students] == ["=Ann", "Bob"]
    file.write_text("name,sid\nAnn,1\nBob,1\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"roster.csv:3: 1 is already in line 2"):
        read_roster(file)
    file.write_text("First Name,Last Name,SID\nAnn,Smith,1\n", encoding="utf-8")
    assert read_roster(file).students == (Student(name="Ann Smith", sid="1"),)
    file.write_text("name\nAnn\nAnn\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"roster.csv:3: Ann is there twice; tell them apart by sid or email"):
        read_roster(file)
    file.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(UsageError, match="no column among"):
        read_roster(file)


CELL = """%matplotlib inline
x = (10
     % 3)
y = 10 \\
% 3
text = '''
%s, and
!really
''' % 4
t = "it's (" # (
%timeit f()
files = !ls (
table = {10
%(b)
}
x?
if x:
    %timeit 3
    y = 4"""


def test_a_percent_sign_inside_an_expression_is_no_magic(place: Path, found: Look) -> None:
    (place / "ann.ipynb").write_text(json.dumps({"cells": [{"cell_type": "code", "source": CELL}]}), encoding="utf-8")
    path = found()["ann"].path
    assert path is not None
    text = script_of(path).text.splitlines()
    magics = dict.fromkeys(("%matplotlib inline", "%timeit f()", "files = !ls (", "x?"), "# ")
    magics["    %timeit 3"] = "    pass  # "  # a block has to have a statement
    assert text == [f"{magics.get(line, '')}{line}" for line in CELL.splitlines()]
