"""Replay: the traced network, on the submitted weights and the grader's inputs, must give the submitted predictions.

It is the one check that a consistent trace of another, smaller network does not pass. The trace and the files are a
stranger's: they are run in a child behind the wall, though nothing of the submission's own program is.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from costmodel.errors import CostModelError, FormatError, UsageError
from costmodel.grading.child.entry import answer
from costmodel.grading.notice import OF_LIMIT, Notice, NoticeKind
from costmodel.grading.scrutiny.parse import parse
from costmodel.sandbox.resource_limits import Limits
from costmodel.sandbox.run import run_child

_WEIGHTS = (".pt", ".pth")
_PREDICTIONS = "predictions"
_LARGEST = 512 * 2**20
"""Bytes of a file of weights that is still read."""
_SECONDS = 600
"""For all inputs together: they are the grader's own, and as many as the grader likes."""


def named_for_replay(submission: Path) -> tuple[str, str] | Notice:
    """(weights, predictions) within a submission, or why there is nothing to replay.

    A submission brings its weights as the one ``.pt`` or ``.pth`` beside ``predictions.pt`` (scores of each sample, or
    class numbers, for the grader's inputs in their order), all written by ``torch.save``.
    """
    predictions, weights = replay_files(submission)
    if predictions is None or weights is None:
        return _open(f"there is no {'predictions.pt' if predictions is None else 'one file of weights (.pt or .pth)'}")
    return weights.relative_to(submission).as_posix(), predictions.relative_to(submission).as_posix()


def confirm_by_replay(submission: Path, inputs: Path, request: str, limits: Limits, wall: str) -> Notice:
    """The outcome of the replay that a request describes; whatever goes wrong leaves it open, and that is said too."""
    seconds = replace(limits, wall_seconds=_SECONDS, cpu_seconds=_SECONDS)
    result = run_child(answer, request.encode(), wall=wall, limits=seconds, shown=(submission, inputs))
    if result.stopped and result.limit is not None:
        return _open(f"the replay was stopped ({OF_LIMIT[result.limit].value})")
    try:
        said = parse(result.answer).error
    except FormatError:
        said = None
    known = said is not None and said.kind in (NoticeKind.CONFIRMED, NoticeKind.CONTRADICTED, NoticeKind.UNCONFIRMED)
    return said if said is not None and known else _open("the replay gave no answer")


def _open(because: str) -> Notice:
    return Notice(kind=NoticeKind.UNCONFIRMED, message=f"the trace is not confirmed: {because}")


def check_inputs(inputs: Path) -> None:
    """Refuse a file of the grader's that the replay cannot use.

    Raises:
        UsageError: it is not one tensor, written by ``torch.save``.
    """
    from costmodel.tracing.confirmation import read_tensors

    try:
        tensors = read_tensors(inputs)
    except CostModelError as problem:
        raise UsageError(f"{inputs}: {problem}; --inputs is a tensor, written by torch.save") from None
    if "" not in tensors:
        raise UsageError(f"{inputs}: does not hold a single tensor; --inputs is a tensor, written by torch.save")


def replay_files(submission: Path) -> tuple[Path | None, Path | None]:
    """(predictions, weights); None where there is none, or more than one."""
    if not submission.is_dir():
        return None, None
    files = [
        file
        for file in sorted(submission.rglob("*"))
        if file.suffix in _WEIGHTS and file.is_file() and not file.is_symlink() and file.stat().st_size <= _LARGEST
    ]
    predictions = [file for file in files if file.stem == _PREDICTIONS]
    weights = [file for file in files if file.stem != _PREDICTIONS]
    return predictions[0] if len(predictions) == 1 else None, weights[0] if len(weights) == 1 else None
