"""Finished traces of an interrupted run: the same work and no other has the same key."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from costmodel.grading.intake.digest import contents_of, digest_of
from costmodel.grading.job import Job, TracedSubmission
from costmodel.grading.notice import Notice, NoticeKind
from costmodel.grading.resume import ResumeStore, trace_key
from costmodel.sandbox.resource_limits import Limits


def test_a_key_depends_on_all_that_a_trace_depends_on(tmp_path: Path) -> None:
    (tmp_path / "a.pt").write_text("1", encoding="utf-8")
    (tmp_path / "b.pt").write_text("2", encoding="utf-8")
    job = Job(
        path=Path("here/a"), reference="net.py:Net", settings={"batch": 2, "input": "3"}, defaults={"loss": "mse"},
        random=True, phase="inference", wall="limits", limits=Limits(), inputs=tmp_path / "a.pt",
    )  # fmt: skip
    key = trace_key(job, "digest", "1")
    assert len(key) == 64
    assert trace_key(replace(job, path=Path("there/a")), "digest", "1") == key
    assert trace_key(replace(job, settings={"input": "3", "batch": 2}), "digest", "1") == key
    changes: tuple[dict[str, Any], ...] = (
        {"path": Path("here/b")}, {"reference": None}, {"settings": {}}, {"defaults": {}}, {"random": False},
        {"phase": None}, {"wall": "bwrap"}, {"limits": Limits(cpu_seconds=1)},
        {"inputs": None}, {"inputs": tmp_path / "b.pt"},
    )  # fmt: skip
    keys = {trace_key(replace(job, **change), "digest", "1") for change in changes}
    keys |= {trace_key(job, "other", "1"), trace_key(job, "digest", "2"), key}
    assert len(keys) == len(changes) + 3


def test_what_is_stored_is_loaded_and_what_is_damaged_is_not(tmp_path: Path) -> None:
    traced = TracedSubmission(
        analysis=None, workload=None, notice=Notice(kind=NoticeKind.TRACE, message="why"), remarks=(), output="x"
    )
    store = ResumeStore(tmp_path / "traces")
    assert store.load("k") is None
    store.folder.mkdir()
    store.store("k", traced)
    assert store.load("k") == traced
    for damaged in (b"{", b"\xff", b'{"schema": "costmodel.traced/1"}'):
        (store.folder / "k.json").write_bytes(damaged)
        assert store.load("k") is None
    (store.folder / "kept.txt").touch()
    assert store.emptied() == store
    assert [file.name for file in store.folder.iterdir()] == ["kept.txt"]


def test_digests_of_names_and_contents(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder, names in ((one, ("a.py", "sub/b.py")), (two, ("a.py", "c.py"))):
        for number, name in enumerate(names):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(str(number), encoding="utf-8")
    assert digest_of(one) != digest_of(two)
    assert contents_of(one) == contents_of(two)
    # a single file is known by its content, whatever it is called
    assert digest_of(one / "a.py") == digest_of(two / "a.py") != digest_of(two / "c.py")
    (one / "link.py").symlink_to(two / "a.py")
    before = digest_of(one), contents_of(one)
    (one / "link.py").unlink()
    assert (digest_of(one), contents_of(one)) == before
    large = tmp_path / "large.bin"
    large.write_bytes(bytes(3 * 2**20 + 1))
    assert contents_of(large) != contents_of(two)
