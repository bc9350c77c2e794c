"""An answer from behind a wall: how the child ended, what came back, and every text of it in one printable line."""

from __future__ import annotations

import pickle
import signal
from dataclasses import replace
from typing import Any

import pytest

from costmodel.grading.child.messages import ANSWER, Answer, Wanted
from costmodel.grading.notice import Notice, NoticeKind
from costmodel.grading.scrutiny.answer import checked
from costmodel.grading.scrutiny.confirm_by_replay import named_for_replay, replay_files
from costmodel.grading.scrutiny.derive import derive
from costmodel.grading.traced_submission import DERIVED, Derived, ToDerive
from costmodel.grading.walled_answer import WalledAnswer
from costmodel.ir.codec import dumps, loads
from costmodel.ir.judged import Judged
from costmodel.passes.lower import lower
from costmodel.passes.work import count
from costmodel.sandbox.child_result import ChildResult, LimitReached
from costmodel.sandbox.resource_limits import Limits
from costmodel.tracing.description import describe
from costmodel.tracing.training import plan_training, trace_inference, trace_training
from tests.tracing.networks import Small

WANTED = Wanted(settings={"input": "3x8x8", "batch": 2, "samples": 5})
MIB = 2**20
LIMITS = Limits(
    wall_seconds=1.5, cpu_seconds=7, memory_bytes=3 * MIB, folder_bytes=5 * MIB, output_bytes=6 * MIB
)  # fmt: skip


def walled(answer: bytes = b"", **more: Any) -> WalledAnswer:
    given: dict[str, Any] = {
        "output": b"", "status": 0, "limit": None, "stopped": False, "cpu_seconds": 2.5, "held": (), "refused": "",
        "shown": (), "scratch": "/s",
    }  # fmt: skip
    child = ChildResult(answer=answer, **(given | more))
    return WalledAnswer(
        child=child, wanted=WANTED, limits=LIMITS, places={"/sub/": "", "/sub": "."}, wall="w", digest="d"
    )


def said(answer: bytes = b"", **more: Any) -> tuple[NoticeKind, str] | None:
    notice = checked(walled(answer, **more)).notice
    return None if notice is None else (notice.kind, notice.message)


UNDER_MAIN = "; what trains, downloads or plots belongs under if __name__ == '__main__'"


@pytest.mark.parametrize(
    ("limit", "kind", "message"),
    [
        (LimitReached.WALL_TIME, NoticeKind.TIMEOUT, f"it waited longer than 1.5 seconds{UNDER_MAIN}"),
        (LimitReached.CPU_TIME, NoticeKind.CPU, f"it used more than 7 seconds of CPU{UNDER_MAIN}"),
        (LimitReached.MEMORY, NoticeKind.MEMORY, "it used more than 3 MiB of memory"),
        (LimitReached.FOLDER, NoticeKind.DISK, "it wrote more than 5 MiB of files"),
        (LimitReached.OUTPUT, NoticeKind.OUTPUT, "it printed more than 6 MiB, or its trace is too large"),
    ],
)
def test_a_child_that_was_stopped(limit: LimitReached, kind: NoticeKind, message: str) -> None:
    assert said(stopped=True, limit=limit) == (kind, message)


@pytest.mark.parametrize(
    ("end", "kind", "message"),
    [
        ({"status": 3}, NoticeKind.EXITED, "it ended itself with exit code 3 before it answered"),
        ({"status": 0}, NoticeKind.EXITED, "it ended itself with exit code 0 before it answered"),
        ({"status": -signal.SIGSEGV}, NoticeKind.CRASHED, "it crashed (SIGSEGV) before it answered"),
        ({"status": 128 + signal.SIGABRT}, NoticeKind.CRASHED, "it crashed (SIGABRT) before it answered"),
        ({"status": 128 + 120}, NoticeKind.EXITED, "it ended itself with exit code 248 before it answered"),
        ({"status": -signal.SIGKILL}, NoticeKind.KILLED,
         "it was killed before it answered, by itself or for want of memory"),
        ({"status": -signal.SIGKILL, "limit": LimitReached.CPU_TIME}, NoticeKind.CPU, "it used more than 7 seconds of CPU"),  # noqa: E501
        ({"refused": "no wall"}, NoticeKind.WALL, "no wall"),
    ],
)  # fmt: skip
def test_a_child_that_ended_without_an_answer(end: dict[str, Any], kind: NoticeKind, message: str) -> None:
    assert said(**end) == (kind, message)


def test_what_is_no_answer() -> None:
    assert said(b"{}") == (
        NoticeKind.FORGED,
        "something else than a trace came back: not an answer of schema costmodel.answer/1",
    )
    assert said(b"{}", status=1) == (NoticeKind.EXITED, "it ended itself with exit code 1 before it answered")


def encoded(answer: Answer) -> bytes:
    return dumps(answer, ANSWER).encode()


def test_the_childs_own_words_are_one_line_without_places() -> None:
    notice = Notice(
        kind=NoticeKind.TRACE,
        message="in /sub/net.py\n<f at 0x7f0123456789>\x1b[31m",
        missing_modules=("a.b", "c d", "é", "1"),
    )
    found = checked(walled(encoded(Answer(error=notice)), output=b"one /sub/x\ntwo\x07\xff"))
    assert found.notice == Notice(kind=NoticeKind.TRACE, message="in net.py <f at 0x…>", missing_modules=("a.b", "é"))
    assert (found.output, found.cpu_seconds, found.wall) == ("one x\ntwo\ufffd\ufffd", 2.5, "w")
    assert (found.training, found.inference, found.subject, found.remarks) == (None, None, None, ())


@pytest.fixture(scope="module")
def answer() -> Answer:
    plan = plan_training(Small, WANTED.settings)
    training = trace_training(plan)
    return Answer(training=training, inference=trace_inference(plan), subject=describe(plan, training))


def test_an_honest_answer(answer: Answer) -> None:
    assert answer.subject is not None
    judged = Judged(name="N\n", file="f\n", line=1, arguments="a\n", because="b\n")
    words = replace(
        answer.subject,
        name="n\n",
        loss="l\n",
        optimizer="o\n",
        model_options={"k\n": "v\n"},
        judged=judged,
        source_digest="x",
    )
    found = checked(walled(encoded(replace(answer, subject=words))))
    assert (found.training, found.inference, found.notice) == (answer.training, answer.inference, None)
    assert found.subject == replace(
        words, name="n", loss="l", optimizer="o", model_options={"k": "v"}, source_digest="d",
        judged=Judged(name="N", file="f", line=1, arguments="a", because="b"),
    )  # fmt: skip
    forged = replace(answer, subject=replace(answer.subject, batch=3))
    assert said(encoded(forged)) == (
        NoticeKind.FORGED, "the trace contradicts itself: the subject's batch is not that of its first phase",
    )  # fmt: skip


def derived(answer: Answer, **more: Any) -> Derived:
    given: dict[str, Any] = {"walled": walled(encoded(answer)), "random": True, "phase": "inference", **more}
    return loads(Derived, derive(pickle.dumps(ToDerive(**given))).decode(), DERIVED)


def test_what_is_computed_of_an_answer(answer: Answer) -> None:
    whole = derived(answer)
    assert whole.replay == ""
    assert whole.traced.analysis is not None
    assert whole.traced.workload is not None
    inference = whole.traced.workload
    assert inference.phase == "inference"
    training = derived(answer, phase="training", replayed=("w.pt", "p.pt"))
    assert training.traced.workload is not None
    assert training.traced.workload.phase == "training"
    # a step of two samples, forward and backward
    assert training.traced.workload.macs > 2 * inference.macs
    assert '"weights":"w.pt"' in training.replay.replace(" ", "")
    nothing = derived(answer, phase=None)
    assert (nothing.traced.workload, nothing.traced.analysis) == (None, whole.traced.analysis)
    broken = derived(Answer(error=Notice(kind=NoticeKind.TRACE, message="why")), replayed=("w", "p"))
    assert (broken.traced.analysis, broken.traced.workload, broken.replay) == (None, None, "")
    assert broken.traced.notice == Notice(kind=NoticeKind.TRACE, message="why")


def test_the_first_phase_is_what_is_mapped() -> None:
    phases = [{"name": "a", "batch": 2, "steps": 1}, {"name": "b", "batch": 3, "steps": 1}]
    plan = plan_training(Small, {"input": "3x8x8", "batch": 2, "phases": phases})
    training = trace_training(plan)
    both = Answer(training=training, inference=trace_inference(plan), subject=describe(plan, training))
    wanted = replace(walled(encoded(both)), wanted=Wanted(settings={"input": "3x8x8"}))
    found = derived(both, walled=wanted, phase="training").traced
    assert found.workload is not None
    assert found.workload.macs == lower(count(training.phases[0].trace), "training").macs


def test_files_of_a_replay(tmp_path: Any) -> None:
    assert replay_files(tmp_path / "net.py") == (None, None)
    missing = named_for_replay(tmp_path)
    assert missing == Notice(
        kind=NoticeKind.UNCONFIRMED, message="the trace is not confirmed: there is no predictions.pt"
    )
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "predictions.pth").touch()
    weights = "there is no one file of weights (.pt or .pth)"
    assert named_for_replay(tmp_path) == Notice(
        kind=NoticeKind.UNCONFIRMED, message=f"the trace is not confirmed: {weights}"
    )
    (tmp_path / "w.pt").touch()
    (tmp_path / "w.bin").touch()
    (tmp_path / "link.pt").symlink_to(tmp_path / "w.pt")
    with (tmp_path / "large.pt").open("wb") as sparse:
        sparse.truncate(512 * MIB + 1)
    assert named_for_replay(tmp_path) == ("w.pt", "sub/predictions.pth")
    with (tmp_path / "large.pt").open("wb") as sparse:
        sparse.truncate(512 * MIB)
    assert replay_files(tmp_path) == (tmp_path / "sub" / "predictions.pth", None)
    (tmp_path / "predictions.pt").touch()
    assert replay_files(tmp_path)[0] is None
