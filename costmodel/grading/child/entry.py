"""The entry of the child (:func:`costmodel.sandbox.run.run_child`): trace one submission and answer with data.

Whatever the submission does in this process, all that it can do to the outside is to send a wrong answer, and answers
are checked (:mod:`costmodel.grading.scrutiny.validate`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from costmodel.errors import CostModelError, RecipeError, SubjectError
from costmodel.grading.child.messages import ANSWER, REQUEST, Answer, Request, Wanted
from costmodel.grading.notice import Notice, NoticeKind
from costmodel.ir.codec import dumps, loads


def warm() -> None:
    """What the first trace of a process would load is loaded before it."""
    from costmodel.tracing.first_trace import first_trace

    first_trace()


def answer(request: bytes, shown: tuple[str, ...]) -> bytes:
    """Answer one request; ``shown`` is the submission, and for a replay the grader's inputs."""
    job = loads(Request, request.decode(), REQUEST)
    # what a submission says may hold lone surrogates, which no file can
    return dumps(_answer(job, shown), ANSWER).encode("utf-8", "replace")


def _answer(job: Request, shown: tuple[str, ...]) -> Answer:
    if job.replay is not None:
        from costmodel.grading.child.run_replay import run_replay

        submission, inputs = map(Path, shown)
        return Answer(error=run_replay(job.replay, submission, inputs))
    assert job.wanted is not None  # one of the two
    try:
        return trace(Path(shown[0]), job.wanted)
    except BaseException as error:  # a submission may raise anything, SystemExit and KeyboardInterrupt too
        return Answer(error=_notice(error, Path(shown[0])))


def trace(submission: Path, wanted: Wanted) -> Answer:
    """Choose the model, and trace its training and its inference."""
    from costmodel.tracing.description import describe
    from costmodel.tracing.finding.choice import Known, choose
    from costmodel.tracing.training import trace_inference, trace_training

    _same_dice()
    known = Known(file=wanted.file, name=wanted.name, settings=wanted.settings, defaults=wanted.defaults)
    plan = choose(submission, known).plan
    training = trace_training(plan)
    inference = trace_inference(plan) if wanted.inference else None
    return Answer(training=training, inference=inference, subject=describe(plan, training))


def _same_dice() -> None:
    """A submission that draws its sizes at random draws the same ones each time."""
    import random

    random.seed(0)
    with contextlib.suppress(ImportError):
        import numpy as np

        np.random.seed(0)  # the generator that scripts use


def _notice(error: BaseException, submission: Path) -> Notice:
    from costmodel.errors import NoChoiceError

    # hints name options, which only the command line has: the message alone goes to the student
    message = error.message if isinstance(error, CostModelError) else str(error)
    missing = tuple(name for name in dict.fromkeys(_missing_modules(error)) if not _is_own(name, submission))
    if isinstance(error, NoChoiceError):
        kind = NoticeKind.SEVERAL_MODELS if error.several else NoticeKind.NO_MODEL
        return Notice(kind=kind, message=message, missing_modules=missing)
    if _is_out_of_memory(error):
        return Notice(kind=NoticeKind.MEMORY, message=f"it asks for more memory than it may have: {message}")
    if isinstance(error, SubjectError):
        return Notice(kind=NoticeKind.SUBJECT, message=message, missing_modules=missing)
    if isinstance(error, RecipeError):
        return Notice(kind=NoticeKind.RECIPE, message=message, missing_modules=missing)
    if isinstance(error, CostModelError):
        return Notice(kind=NoticeKind.TRACE, message=message, missing_modules=missing)
    if isinstance(error, (SystemExit, KeyboardInterrupt)):
        return Notice(kind=NoticeKind.EXITED, message=f"the submission ended the program: {type(error).__name__}")
    crash = f"{type(error).__name__}: {message}"
    return Notice(kind=NoticeKind.CRASHED, message=crash, missing_modules=missing)


def _missing_modules(error: BaseException | None) -> Iterator[str]:
    """Names of modules that an import did not find, by the errors that led to this one."""
    while error is not None:
        if isinstance(error, ModuleNotFoundError) and error.name:
            yield error.name
        for other in getattr(error, "problems", ()):  # of each file that was looked at
            yield from _missing_modules(other)
        error = error.__cause__


def _is_own(module: str, submission: Path) -> bool:
    """True for a folder or file of the submission: that its import fails is nothing that an installation mends."""
    top = module.partition(".")[0]
    folder = submission if submission.is_dir() else submission.parent
    return any(True for name in (top, f"{top}.py") for _ in folder.rglob(name))


def _is_out_of_memory(error: BaseException | None) -> bool:
    while error is not None:
        # torch's allocator raises a bare RuntimeError: its words are all that tells it apart
        if isinstance(error, MemoryError) or "can't allocate memory" in str(error):  # their text: torch
            return True
        error = error.__cause__ or error.__context__
    return False
