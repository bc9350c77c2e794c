"""The program on the other side of the wall: reads a request, walls itself in, traces, answers, and is gone.

Standard input holds the request; the answer goes to the file descriptor named in ``argv``. Whatever the submission
does in this process, all that it can do to the outside is to write a wrong answer there, and answers are checked.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

from costmodel.errors import CostModelError, RecipeError, SubjectError
from costmodel.grading.child.messages import ANSWER, REQUEST, Answer, Request, Wanted
from costmodel.grading.notice import Kind, Notice
from costmodel.ir.codec import dumps, loads
from costmodel.sandbox.inside.confine import confine


def main() -> None:
    """Answer one request; never returns."""
    channel = int(sys.argv[-1])
    request = loads(Request, sys.stdin.buffer.read().decode(), REQUEST)
    _forget_input()
    sys.path += [path for path in request.paths if path not in sys.path]
    try:
        held = confine(request.limits, request.confinement)
    except (CostModelError, OSError) as problem:
        _send(channel, Answer(error=Notice(kind=Kind.WALL, message=str(problem))))
    else:
        _send(channel, _answered(request, held))
    os._exit(0)  # threads that the submission left running do not keep us


def _answered(request: Request, held: tuple[str, ...]) -> Answer:
    if request.replay is not None:
        from costmodel.grading.child.replay import replaying

        return Answer(error=replaying(request.replay), held=held)
    if request.wanted is None:
        from costmodel.sandbox.inside.trials import resisted

        return Answer(held=resisted(request))
    try:
        return _traced(request.submission, request.wanted, held)
    except BaseException as error:  # a submission may raise anything, SystemExit and KeyboardInterrupt too
        return Answer(error=_notice(error), held=held)


def _traced(submission: str, wanted: Wanted, held: tuple[str, ...]) -> Answer:
    from costmodel.tracing.choice import Known, choose
    from costmodel.tracing.training import trace_inference, trace_training
    from costmodel.verbs.analyze import describe

    _same_dice()
    known = Known(file=wanted.file, name=wanted.name, settings=wanted.settings, defaults=wanted.defaults)
    plan = choose(Path(submission), known).plan
    training = trace_training(plan)
    inference = trace_inference(plan) if wanted.inference else None
    return Answer(training=training, inference=inference, subject=describe(plan, training), held=held)


def _same_dice() -> None:
    """A submission that draws its sizes at random draws the same ones each time."""
    import random

    random.seed(0)
    with contextlib.suppress(ImportError):
        import numpy as np

        np.random.seed(0)  # the generator that scripts use


def _notice(error: BaseException) -> Notice:
    from costmodel.tracing.choice import NoChoiceError

    # hints at options are for who has a command line
    message = error.message if isinstance(error, CostModelError) else str(error)
    if isinstance(error, NoChoiceError):
        return Notice(kind=Kind.SEVERAL_MODELS if error.several else Kind.NO_MODEL, message=message)
    if _is_out_of_memory(error):
        return Notice(kind=Kind.MEMORY, message=f"it asks for more memory than it may have: {message}")
    if isinstance(error, SubjectError):
        return Notice(kind=Kind.SUBJECT, message=message)
    if isinstance(error, RecipeError):
        return Notice(kind=Kind.RECIPE, message=message)
    if isinstance(error, CostModelError):
        return Notice(kind=Kind.TRACE, message=message)
    if isinstance(error, (SystemExit, KeyboardInterrupt)):
        return Notice(kind=Kind.EXITED, message=f"the submission ended the program: {type(error).__name__}")
    return Notice(kind=Kind.CRASHED, message=f"{type(error).__name__}: {message}")


def _is_out_of_memory(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, MemoryError) or "can't allocate memory" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _send(channel: int, answer: Answer) -> None:
    data = dumps(answer, ANSWER).encode("utf-8", "replace")
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    while data:
        data = data[os.write(channel, data) :]


def _forget_input() -> None:
    """Nothing is left to read on standard input."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
