"""Files as they are handed in: what is traced of them, notebooks, archives in folders, bounds from both sides."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from costmodel.errors import ArchiveError
from costmodel.grading.intake import archives
from costmodel.grading.intake import prepare as prepared
from costmodel.grading.intake.archives import Caps, UnpackBudget, is_archive, unpack
from costmodel.grading.intake.platforms import Person, RawSubmission
from costmodel.grading.intake.prepare import UnusableError, listed, prepare
from costmodel.grading.notice import Notice, NoticeKind


def raw(name: str, *files: tuple[Path, str], **more: Any) -> RawSubmission:
    return RawSubmission(people=(Person(name=name, clues=(name,)),), files=files, **more)


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
    assert sorted(p.name for p in path.iterdir()) == ["helper.py", "net.ipynb"]
    notice = (NoticeKind.NOTEBOOK, "net.ipynb is read as a script of its 41 code cells, in order")
    assert said == ([notice] if read else [])


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
