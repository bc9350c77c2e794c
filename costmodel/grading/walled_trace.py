"""The one verb: trace a submission behind a wall, and believe nothing that was not checked."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from costmodel.errors import FormatError
from costmodel.files.quoting import safe_text, steady_text
from costmodel.grading.child.messages import REQUEST, Answer, Replay, Request, Wanted
from costmodel.grading.intake.digest import digest_of
from costmodel.grading.notice import Kind, Notice
from costmodel.grading.scrutiny.structure import ForgedError
from costmodel.grading.scrutiny.validate import check, parse
from costmodel.ir.analysis import Subject
from costmodel.ir.codec import dumps
from costmodel.ir.trace import Trace
from costmodel.ir.training import Training
from costmodel.sandbox import visible
from costmodel.sandbox.limits import Limits
from costmodel.sandbox.probe import best_wall
from costmodel.sandbox.supervisor import Ended, supervise
from costmodel.sandbox.wall import Inside, environment, wall_called

_MAIN = "; what trains, downloads or plots belongs under if __name__ == '__main__'"
_SIGNALLED = 128
"""A shell, and bubblewrap, say 128 + n of a program that signal n ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WalledTrace:
    """What became of a submission.

    Attributes:
        training, inference: the traces, checked; None if there is a notice.
        subject: what was traced, in the submission's own words; the digest is ours.
        notice: why there is no trace.
        remarks: what a person should look at.
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
        reference: the contract: ``FILE.py:NAME``, ``FILE.py``, ``:NAME``; None looks for the one that fits.
        settings: fields of the recipe that stand above the submission's own, as JSON has them.
        defaults: fields of the recipe that stand below it.
        inference: trace the forward pass of one sample too.
        limits: see there.
        wall: a name of :data:`costmodel.sandbox.wall.WALLS`; None is the best that works here.

    Raises:
        UnknownNameError: no such wall.
        SandboxError: no wall works here.
        OSError: the wall's program cannot be started.
    """
    file, _, name = (reference or "").partition(":")
    wanted = Wanted(
        file=file or None,
        name=name or None,
        settings=dict(settings or {}),
        defaults=dict(defaults or {}),
        inference=inference,
    )
    limits = limits or Limits()
    chosen = wall_called(wall or best_wall().wall)
    ended, inside = run_child(submission, lambda _: wanted, limits, chosen.name)
    seen = Path(inside.submission)
    folder = seen if submission.is_dir() else seen.parent
    places = {f"{folder}/": "", str(folder): ".", inside.confinement.scratch: "SCRATCH"}
    return _judged(ended, submission, wanted, limits, places, chosen.name)


def run_child(
    submission: Path,
    asked: Callable[[Inside], Wanted | Replay],
    limits: Limits,
    wall: str,
    *,
    beside: Path | None = None,
) -> tuple[Ended, Inside]:
    """One job for one child behind a wall: how it ended, and what it saw.

    Args:
        submission: a folder, or one Python file.
        asked: from where the child sees what, to what it is to do.
        limits: see there.
        wall: its name.
        beside: another file that it may read.

    Raises:
        OSError: the wall's program cannot be started.
    """
    with _scratch() as scratch:
        inside = wall_called(wall).build(submission, beside, scratch, limits)
        job = asked(inside)
        request = Request(
            submission=inside.submission,
            wanted=job if isinstance(job, Wanted) else None,
            replay=job if isinstance(job, Replay) else None,
            limits=limits,
            confinement=inside.confinement,
            paths=visible.import_paths(),
        )
        ended = supervise(
            inside.command,
            dumps(request, REQUEST).encode(),
            limits,
            environment=environment(str(scratch)),
            scratch=scratch,
        )
    return ended, inside


def _judged(
    ended: Ended, submission: Path, wanted: Wanted, limits: Limits, places: dict[str, str], wall: str
) -> WalledTrace:
    output = "\n".join(
        safe_text(line) for line in steady_text(ended.output.decode("utf-8", "replace"), places).splitlines()
    )
    result = WalledTrace(
        training=None,
        inference=None,
        subject=None,
        notice=None,
        remarks=(),
        output=output,
        cpu_seconds=ended.cpu_seconds,
        wall=wall,
    )
    try:
        answer = _answer(ended, limits)
        if answer.error is not None:
            error = replace(answer.error, message=safe_text(steady_text(answer.error.message, places)))
            return replace(result, notice=error)
        remarks = check(answer, wanted)
    except _NoAnswerError as problem:
        return replace(result, notice=problem.notice)
    except ForgedError as problem:
        message = safe_text(f"the trace contradicts itself: {steady_text(str(problem), places)}")
        return replace(result, notice=Notice(kind=Kind.FORGED, message=message))
    assert answer.subject is not None  # checked
    return replace(
        result,
        training=answer.training,
        inference=answer.inference,
        subject=_printable(answer.subject, digest_of(submission)),
        remarks=tuple(replace(remark, message=safe_text(remark.message)) for remark in remarks),
    )


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
    )


class _NoAnswerError(Exception):
    def __init__(self, kind: Kind, message: str) -> None:
        super().__init__(message)
        self.notice = Notice(kind=kind, message=message)


def _answer(ended: Ended, limits: Limits) -> Answer:
    if ended.stopped is not None:
        raise _NoAnswerError(ended.stopped, _stopped(ended, limits))
    try:
        return parse(ended.answer)
    except FormatError as problem:
        if ended.answer and ended.status == 0:
            message = safe_text(f"something else than a trace came back: {problem}")
            raise _NoAnswerError(Kind.FORGED, message) from None
        raise _NoAnswerError(*_end(ended, limits)) from None


def _stopped(ended: Ended, limits: Limits) -> str:
    texts = {
        Kind.TIMEOUT: f"it ran longer than {limits.wall_seconds:g} seconds{_MAIN}",
        Kind.CPU: f"it used more than {limits.cpu_seconds} seconds of CPU{_MAIN}",
        Kind.MEMORY: f"it used more than {limits.memory_bytes // 2**20} MiB of memory",
        Kind.DISK: f"it wrote more than {limits.folder_bytes // 2**20} MiB of files",
    }
    too_much = f"it printed more than {limits.output_bytes // 2**20} MiB, or its trace is too large"
    return texts.get(ended.stopped or Kind.OUTPUT, too_much)


def _end(ended: Ended, limits: Limits) -> tuple[Kind, str]:
    """Why there is no answer, from how the process ended."""
    status = ended.status
    number = -status if status < 0 else status - _SIGNALLED if status > _SIGNALLED else 0
    if number in (signal.SIGXCPU, signal.SIGKILL) and ended.cpu_seconds >= limits.cpu_seconds:
        return Kind.CPU, f"it used more than {limits.cpu_seconds} seconds of CPU"
    if number == signal.SIGKILL:
        return Kind.KILLED, "it was killed before it answered, by itself or for want of memory"
    if number:
        with contextlib.suppress(ValueError):
            return Kind.CRASHED, f"it crashed ({signal.Signals(number).name}) before it answered"
    return Kind.EXITED, f"it ended itself with exit code {status} before it answered"


@contextmanager
def _scratch() -> Iterator[Path]:
    """A private temporary folder, gone afterwards whatever was made of it."""
    folder = Path(tempfile.mkdtemp(prefix="costmodel-"))
    try:
        yield folder
    finally:
        _remove(folder)


def _remove(folder: Path) -> None:
    """Folders that were made unreadable get their permissions back first; links are not followed."""
    for place, names, _ in os.walk(folder):
        for name in names:
            inner = os.path.join(place, name)  # noqa: PTH118  # os.walk speaks in strings
            if not os.path.islink(inner):  # noqa: PTH114
                with contextlib.suppress(OSError):
                    os.chmod(inner, 0o700)  # noqa: PTH101
    shutil.rmtree(folder, ignore_errors=True)
