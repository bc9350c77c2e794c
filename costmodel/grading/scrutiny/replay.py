"""Whether the traced network, on the submitted weights and the grader's inputs, gives the submitted predictions.

It is the one check that a consistent trace of another, smaller network does not pass. The trace and the files are a
stranger's: they are run in a child behind the wall, though nothing of the submission's own program is.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from costmodel.errors import CostModelError, FormatError, UsageError
from costmodel.grading.child.messages import Replay
from costmodel.grading.notice import Kind, Notice
from costmodel.grading.scrutiny.validate import parse
from costmodel.grading.walled_trace import run_child
from costmodel.ir.trace import Trace
from costmodel.sandbox.limits import Limits
from costmodel.sandbox.wall import Inside

_WEIGHTS = (".pt", ".pth")
_PREDICTIONS = "predictions"
_LARGEST = 512 * 2**20
"""Bytes of a file of weights that is still read."""
_SECONDS = 600
"""For all inputs together: they are the grader's own, and as many as the grader likes."""


def replayed(submission: Path, inputs: Path, inference: Trace, limits: Limits, wall: str) -> Notice:
    """What the replay says; files that are missing or unreadable leave it open, and that is said too.

    A submission brings its weights as the one ``.pt`` or ``.pth`` beside ``predictions.pt`` (scores of each sample, or
    class numbers, for the grader's inputs in their order), all written by ``torch.save``.
    """
    predictions, weights = replay_files(submission)
    if predictions is None or weights is None:
        return _open(f"there is no {'predictions.pt' if predictions is None else 'one file of weights (.pt or .pth)'}")
    names = [file.relative_to(submission).as_posix() for file in (weights, predictions)]
    seconds = replace(limits, wall_seconds=_SECONDS, cpu_seconds=_SECONDS)

    def asked(inside: Inside) -> Replay:
        files = [f"{inside.submission}/{name}" for name in names]
        return Replay(inference=inference, inputs=inside.beside, weights=files[0], predictions=files[1])

    ended, _ = run_child(submission, asked, seconds, wall, beside=inputs)
    if ended.stopped is not None:
        return _open(f"the replay was stopped ({ended.stopped.value})")
    try:
        said = parse(ended.answer).error
    except FormatError:
        said = None
    known = said is not None and said.kind in (Kind.CONFIRMED, Kind.CONTRADICTED, Kind.UNCONFIRMED)
    return said if said is not None and known else _open("the replay gave no answer")


def _open(because: str) -> Notice:
    return Notice(kind=Kind.UNCONFIRMED, message=f"the trace is not confirmed: {because}")


def check_inputs(inputs: Path) -> None:
    """Whether the grader's own file is what the replay needs.

    Raises:
        UsageError: it is not one tensor, written by ``torch.save``.
    """
    from costmodel.tracing.confirmation import read_tensors

    try:
        tensors = read_tensors(inputs)
    except CostModelError as problem:
        raise UsageError(f"{inputs}: {problem}; --inputs is a tensor, written by torch.save") from None
    if "" not in tensors:
        raise UsageError(f"{inputs}: holds no single tensor; --inputs is a tensor, written by torch.save")


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
