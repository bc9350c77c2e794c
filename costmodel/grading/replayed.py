"""Whether the traced network, on the submitted weights and the grader's inputs, gives the submitted predictions.

It is the one check that a consistent trace of another, smaller network does not pass.
"""

from __future__ import annotations

from pathlib import Path

from costmodel.errors import CostModelError, UsageError
from costmodel.grading.notice import Kind, Notice
from costmodel.ir.trace import Trace
from costmodel.ops import lookup

_WEIGHTS = (".pt", ".pth")
_PREDICTIONS = "predictions"
_LARGEST = 512 * 2**20
"""Bytes of a file of weights that is still read."""


def replayed(submission: Path, inputs: Path, inference: Trace) -> Notice:
    """What the replay says; files that are missing or unreadable leave it open, and that is said too.

    A submission brings its weights as the one ``.pt`` or ``.pth`` beside ``predictions.pt`` (scores of each sample, or
    class numbers, for the grader's inputs in their order), all written by ``torch.save``.
    """
    from costmodel.tracing.confirmation import contradiction, read_tensors

    predictions, weights = replay_files(submission)
    if predictions is None or weights is None:
        missing = "predictions.pt" if predictions is None else "one file of weights (.pt or .pth)"
        return Notice(kind=Kind.UNCONFIRMED, message=f"the trace is not confirmed: there is no {missing}")
    try:
        given = read_tensors(inputs)[""]
        due = read_tensors(predictions)[""]
        said = contradiction(inference, read_tensors(weights), given, due, _is_known)
    except KeyError:
        return Notice(
            kind=Kind.UNCONFIRMED, message="the trace is not confirmed: predictions.pt holds no single tensor"
        )
    except CostModelError as error:
        return Notice(kind=Kind.UNCONFIRMED, message=f"the trace is not confirmed: {error}")
    except Exception as error:  # torch raises whatever its kernels raise, on weights that a stranger wrote
        first = (str(error).splitlines() or [type(error).__name__])[0][:200]
        return Notice(kind=Kind.UNCONFIRMED, message=f"the trace is not confirmed: it does not run: {first}")
    if said is not None:
        return Notice(kind=Kind.CONTRADICTED, message=said)
    return Notice(kind=Kind.CONFIRMED, message=f"the traced network gives the predictions of all {len(due)} inputs")


def _is_known(packet: str) -> bool:
    """Only ops with a formula are run out here."""
    return lookup(packet) is not None


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
