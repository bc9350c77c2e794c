"""Trace a submission behind a wall, and believe nothing that was not checked."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from costmodel.errors import ForgedError, FormatError
from costmodel.files.quoting import safe_text, steady_text
from costmodel.files.references import split_model
from costmodel.grading.child.entry import answer
from costmodel.grading.child.messages import REQUEST, Answer, Request, Wanted
from costmodel.grading.intake.digest import digest_of
from costmodel.grading.notice import OF_LIMIT, Notice, NoticeKind
from costmodel.grading.scrutiny.validate import check, parse
from costmodel.ir.analysis import Subject
from costmodel.ir.codec import dumps
from costmodel.ir.judged import Judged
from costmodel.ir.trace import Trace
from costmodel.ir.training import Training
from costmodel.sandbox.child_result import ChildResult, LimitReached
from costmodel.sandbox.probe import best_wall
from costmodel.sandbox.resource_limits import Limits
from costmodel.sandbox.run import run_child
from costmodel.sandbox.walls import wall_called

_MAIN = "; what trains, downloads or plots belongs under if __name__ == '__main__'"


@dataclass(frozen=True, slots=True, kw_only=True)
class WalledTrace:
    """The outcome of tracing a submission.

    Attributes:
        training, inference: the traces, checked; None if there is a notice.
        subject: what was traced, in the submission's own words; the digest is ours.
        notice: why there is no trace.
        remarks: matters for a person to look at.
        output: the end of what the submission printed (the beginning, if it was stopped), as printable lines.
        cpu_seconds: of the whole process tree; different each time.
        wall: name of the wall.
    """

    training: Training | None
    inference: Trace | None
    subject: Subject | None
    notice: Notice | None
    remarks: tuple[Notice, ...]
    output: str
    cpu_seconds: float
    wall: str


def trace_behind_wall(
    submission: Path,
    reference: str | None = None,
    settings: Mapping[str, Any] | None = None,
    defaults: Mapping[str, Any] | None = None,
    *,
    inference: bool = True,
    limits: Limits | None = None,
    wall: str | None = None,
) -> WalledTrace:
    """Trace a submission's training step, and its inference, in a process of its own.

    Texts and traces are the same each time for the same submission and wall; only ``cpu_seconds`` is not.

    Args:
        submission: a folder, or one Python file.
        reference: the contract: ``FILE.py:NAME``, ``FILE.py``, ``NAME``; None looks for the model that is presented.
        settings: fields of the recipe that overrule the submission's own, as JSON has them.
        defaults: fields of the recipe that fill its gaps.
        inference: trace the forward pass of one sample too.
        limits: see there.
        wall: a name of :mod:`costmodel.sandbox.walls`; None is the best that works here.

    Raises:
        UnknownNameError: no such wall.
        SandboxError: no wall works here.
        OSError: the wall's program cannot be started.
    """
    file, name = split_model(reference or "")
    wanted = Wanted(
        file=file,
        name=name,
        settings=dict(settings or {}),
        defaults=dict(defaults or {}),
        inference=inference,
    )
    limits = limits or Limits()
    chosen = wall_called(wall or best_wall().wall).name
    request = dumps(Request(wanted=wanted), REQUEST).encode()
    result = run_child(answer, request, wall=chosen, limits=limits, shown=(submission,))
    seen = Path(result.shown[0])
    folder = seen if submission.is_dir() else seen.parent
    places = {f"{folder}/": "", str(folder): ".", result.scratch: "SCRATCH"}
    return _checked(result, submission, wanted, limits, places, chosen)


def _checked(
    child: ChildResult, submission: Path, wanted: Wanted, limits: Limits, places: dict[str, str], wall: str
) -> WalledTrace:
    lines = steady_text(child.output.decode("utf-8", "replace"), places).splitlines()
    nothing = WalledTrace(
        training=None,
        inference=None,
        subject=None,
        notice=None,
        remarks=(),
        output="\n".join(map(safe_text, lines)),
        cpu_seconds=child.cpu_seconds,
        wall=wall,
    )
    try:
        said = _answer(child, limits)
        if said.error is not None:
            return replace(nothing, notice=_printable_notice(said.error, places))
        remarks = check(said, wanted)
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
        subject=_printable(said.subject, digest_of(submission)),
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
        LimitReached.WALL_TIME: f"it ran longer than {limits.wall_seconds:g} seconds{_MAIN}",
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
