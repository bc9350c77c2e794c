"""The files of a folder: what is listed, what is read, and what is not looked at, and said."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from costmodel.contracts.reading import submission_folder
from costmodel.contracts.reading.programs import read_programs
from costmodel.contracts.reading.submission_folder import SubmittedFile, matches, open_folder
from tests.contracts.conftest import Submit


def test_regular_files_in_the_order_of_their_paths(submit: Submit) -> None:
    root = submit(
        {"b.py": "12", "a/z.py": "1", "a.py": "", ".git/config": "x", ".hg/a": "", "sub/.svn/a": "", "B": "1"}
    )
    folder = open_folder(root)
    assert folder.files == tuple(SubmittedFile(p, n) for p, n in (("B", 1), ("a.py", 0), ("a/z.py", 1), ("b.py", 2)))
    assert folder.unseen == ()
    assert [entry.name for entry in folder.files] == ["B", "a.py", "z.py", "b.py"]
    assert [f.path for f in folder.matching(["*.PY", "b"])] == ["B", "a.py", "a/z.py", "b.py"]
    assert [f.path for f in folder.matching(["a/*"])] == ["a/z.py"]


@pytest.mark.parametrize(
    ("path", "glob", "meant"),
    [
        ("deep/a.py", "*.py", True), ("deep/A.PY", "a.py", True), ("a.py", "A.*", True), ("deep/a.py", "deep/*", True),
        ("deep/a.py", "/a.py", False), ("top/deep/a.py", "deep/a.py", False), ("a.pyc", "*.py", False),
    ],
)  # fmt: skip
def test_a_glob_without_a_slash_means_a_name_anywhere(path: str, glob: str, meant: bool) -> None:
    assert matches(SubmittedFile(path, 1), glob) is meant


def test_links_and_pipes_are_not_followed_and_what_comes_behind_them_is_still_listed(submit: Submit) -> None:
    root = submit({"c/x.py": "1", "d.py": "1"})
    (root / "a").symlink_to(root / "c")
    (root / "b.py").symlink_to(root / "d.py")
    os.mkfifo(root / "bb.py")
    folder = open_folder(root)
    assert [f.path for f in folder.files] == ["c/x.py", "d.py"]
    assert [(u.text, u.is_link) for u in folder.unseen] == [
        ("a is a link, which is not followed", True), ("b.py is a link, which is not followed", True),
    ]  # fmt: skip
    # what has become a link, or a pipe, since it was listed
    for name in ("b.py", "bb.py", "gone", "a\0b"):
        assert folder.read_bytes(SubmittedFile(name, 1), 10) is None


def test_a_file_is_read_up_to_its_bound(submit: Submit) -> None:
    folder = open_folder(submit({"a": "12345", "bom": b"\xef\xbb\xbfx", "bad": b"\xff"}))
    bad, bom, a = folder.files[1], folder.files[2], folder.files[0]
    assert (folder.read_bytes(a, 5), folder.read_bytes(a, 4)) == (b"12345", None)
    assert (folder.read_text(a, 5), folder.read_text(a, 4), folder.read_text(a)) == ("12345", None, "12345")
    assert (folder.read_text(bom), folder.read_text(bad)) == ("x", None)


def test_how_much_of_a_folder_is_looked_at(submit: Submit, monkeypatch: pytest.MonkeyPatch) -> None:
    assert submission_folder._MOST_FILES == 20_000
    assert submission_folder._MOST_DEPTH == 40
    assert submission_folder._LARGEST_TEXT == 4_194_304
    monkeypatch.setattr(submission_folder, "_MOST_DEPTH", 2)
    folder = open_folder(submit({"1/2/a.py": "", "1/2/3/b.py": "", "z.py": ""}))
    assert [f.path for f in folder.files] == ["1/2/a.py", "z.py"]
    assert [u.text for u in folder.unseen] == ["1/2/3 lies too deep"]
    monkeypatch.setattr(submission_folder, "_MOST_FILES", 2)
    assert open_folder(submit({"a": "", "b": ""})).unseen == ()
    many = open_folder(submit({"a/1": "", "a/2": "", "a/3": "", "b/1": "", "c/1": ""}))
    assert [u.text for u in many.unseen] == ["more than 2 files: the rest was not looked at"]


def test_a_folder_that_cannot_be_listed_is_said_and_the_others_are_read(
    submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = submit({"a/x.py": "", "b/y.py": "", "c/z.py": ""})
    listed = os.scandir

    def scandir(path: Path) -> object:
        if Path(path).name == "b":
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    folder = open_folder(root)
    assert [f.path for f in folder.files] == ["a/x.py", "c/z.py"]
    assert [u.text for u in folder.unseen] == ["b/ cannot be listed"]


def test_programs_are_parsed_file_by_file(submit: Submit) -> None:
    cells = [
        {"cell_type": "markdown", "source": "# a"},
        {"cell_type": "code", "source": ["%time x\n", "!ls\n", "y = 1"]},
        {"cell_type": "code", "source": "%%sh\nls -l"},
        {"cell_type": "code", "source": "f(:"},
        {"cell_type": "code"},
    ]
    files = {
        "a.py": "x = '\\d'\n",
        "n.ipynb": json.dumps({"cells": cells}),
        "b.PYW": "f(:",
        "t.txt": "f(:",
        "z/m.pyc": "",
        "z/n.so": "",
        "w.whl": "",
    }
    programs = read_programs(open_folder(submit(files)))
    assert [(p.path, p.cell, p.tree is None, p.shell) for p in programs.parts] == [
        ("a.py", None, False, ()), ("b.PYW", None, True, ()), ("n.ipynb", 1, False, ((2, "!ls"),)),
        ("n.ipynb", 2, False, ((1, "%%sh"), (2, "ls -l"))), ("n.ipynb", 3, True, ()), ("n.ipynb", 4, False, ()),
    ]  # fmt: skip
    assert programs.unreadable == (
        "w.whl is compiled, as are 2 more; delete what is not needed",
        "b.PYW:1 is not valid Python: invalid syntax",
        "n.ipynb cell 3, line 1 is not valid Python: invalid syntax",
    )
    assert [part.cell for part in programs.of("n.ipynb")] == [1, 2, 3, 4]
    assert programs.parts[2].place(7) == "n.ipynb cell 1, line 7"
    assert read_programs(open_folder(submit({"a.so": ""}))).unreadable == (
        "a.so is compiled; delete what is not needed",
    )
    assert read_programs(open_folder(submit({"a.py": b"\xff"}))).unreadable == (
        "a.py is too long, or not text in UTF-8",
    )
