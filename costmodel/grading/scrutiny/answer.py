"""An answer from behind a wall, checked: a trace, or the notice that says why there is none; every text printable."""

from __future__ import annotations

import contextlib
import signal
from dataclasses import replace

from costmodel.errors import ForgedError, FormatError
from costmodel.files.quoting import safe_text, steady_text
from costmodel.grading.child.messages import Answer
from costmodel.grading.notice import OF_LIMIT, Notice, NoticeKind
from costmodel.grading.scrutiny.parse import parse
from costmodel.grading.scrutiny.validate import check
from costmodel.grading.walled_answer import WalledAnswer, WalledTrace
from costmodel.ir.analysis import Subject
from costmodel.ir.judged import Judged
from costmodel.sandbox.child_result import ChildResult, LimitReached
from costmodel.sandbox.resource_limits import Limits

_MAIN = "; what trains, downloads or plots belongs under if __name__ == '__main__'"


def checked(walled: WalledAnswer) -> WalledTrace:
    """The trace of an answer, if it can be one."""
    child, limits, places = walled.child, walled.limits, dict(walled.places)
    lines = steady_text(child.output.decode("utf-8", "replace"), places).splitlines()
    nothing = WalledTrace(
        training=None,
        inference=None,
        subject=None,
        notice=None,
        remarks=(),
        output="\n".join(map(safe_text, lines)),
        cpu_seconds=child.cpu_seconds,
        wall=walled.wall,
    )
    try:
        said = _answer(child, limits)
        if said.error is not None:
            return replace(nothing, notice=_printable_notice(said.error, places))
        remarks = check(said, walled.wanted)
    except _NoAnswerError as problem:
        return replace(nothing, notice=problem.notice)
    except ForgedError as problem:
        message = safe_text(f"the trace contradicts itself: {steady_text(str(problem), places)}")
        return replace(nothing, notice=Notice(kind=NoticeKind.FORGED, message=message))
    assert said.subject is not None  # checked
    return replace(
        nothing,
        training=said.training,
        inference=said.inference,
        subject=_printable(said.subject, walled.digest),
        remarks=tuple(replace(remark, message=safe_text(remark.message)) for remark in remarks),
    )


def _printable_notice(notice: Notice, places: dict[str, str]) -> Notice:
    """The child's words about its error, in one line; of the modules only what can be the name of one."""
    modules = tuple(name for name in notice.missing_modules if all(part.isidentifier() for part in name.split(".")))
    message = safe_text(steady_text(notice.message, places))
    return replace(notice, message=message, missing_modules=modules)


def _printable(subject: Subject, digest: str) -> Subject:
    """The submission's words about itself, one line each; the digest is ours."""
    options = {safe_text(name): safe_text(value) for name, value in subject.model_options.items()}
    return replace(
        subject,
        name=safe_text(subject.name),
        model_options=options,
        input=safe_text(subject.input),
        loss=safe_text(subject.loss),
        optimizer=safe_text(subject.optimizer),
        source_digest=digest,
        judged=None if subject.judged is None else _printable_judged(subject.judged),
    )


def _printable_judged(judged: Judged) -> Judged:
    return replace(
        judged,
        name=safe_text(judged.name),
        file=safe_text(judged.file),
        arguments=safe_text(judged.arguments),
        because=safe_text(judged.because),
    )


class _NoAnswerError(Exception):
    def __init__(self, kind: NoticeKind, message: str) -> None:
        super().__init__(message)
        self.notice = Notice(kind=kind, message=message)


def _answer(result: ChildResult, limits: Limits) -> Answer:
    if result.stopped and result.limit is not None:
        raise _NoAnswerError(OF_LIMIT[result.limit], _stopped(result, limits))
    if result.refused:
        return Answer(error=Notice(kind=NoticeKind.WALL, message=result.refused))
    try:
        return parse(result.answer)
    except FormatError as problem:
        if result.answer and result.status == 0:
            message = safe_text(f"something else than a trace came back: {problem}")
            raise _NoAnswerError(NoticeKind.FORGED, message) from None
        raise _NoAnswerError(*_end(result, limits)) from None


def _stopped(result: ChildResult, limits: Limits) -> str:
    texts = {
        LimitReached.WALL_TIME: f"it waited longer than {limits.wall_seconds:g} seconds{_MAIN}",
        LimitReached.CPU_TIME: f"it used more than {limits.cpu_seconds} seconds of CPU{_MAIN}",
        LimitReached.MEMORY: f"it used more than {limits.memory_bytes // 2**20} MiB of memory",
        LimitReached.FOLDER: f"it wrote more than {limits.folder_bytes // 2**20} MiB of files",
    }
    too_much = f"it printed more than {limits.output_bytes // 2**20} MiB, or its trace is too large"
    return texts.get(result.limit or LimitReached.OUTPUT, too_much)


def _end(result: ChildResult, limits: Limits) -> tuple[NoticeKind, str]:
    """Why there is no answer, from how the process ended."""
    if result.limit is LimitReached.CPU_TIME:
        return NoticeKind.CPU, f"it used more than {limits.cpu_seconds} seconds of CPU"
    if result.signal == signal.SIGKILL:
        return NoticeKind.KILLED, "it was killed before it answered, by itself or for want of memory"
    if result.signal:
        with contextlib.suppress(ValueError):
            return NoticeKind.CRASHED, f"it crashed ({signal.Signals(result.signal).name}) before it answered"
    return NoticeKind.EXITED, f"it ended itself with exit code {result.status} before it answered"
