"""Replay, in the child: run a checked trace on a stranger's weights."""

from __future__ import annotations

from pathlib import Path

from costmodel.errors import CostModelError
from costmodel.files.quoting import safe_text
from costmodel.grading.child.messages import Replay
from costmodel.grading.notice import Notice, NoticeKind
from costmodel.ops import lookup


def run_replay(replay: Replay, submission: Path, inputs: Path) -> Notice:
    """Run the trace on every input; whatever goes wrong leaves it open."""
    from costmodel.tracing.confirmation import contradiction, read_tensors

    try:
        given = read_tensors(inputs)[""]
        due = read_tensors(submission / replay.predictions).get("")
        if due is None:
            return _open("predictions.pt does not hold a single tensor")
        said = contradiction(replay.inference, read_tensors(submission / replay.weights), given, due, _is_known)
    except CostModelError as error:
        return _open(error.message)
    except Exception as error:  # torch raises whatever its kernels raise, on weights that a stranger wrote
        return _open(f"it does not run: {(str(error).splitlines() or [type(error).__name__])[0][:200]}")
    if said is not None:
        return Notice(kind=NoticeKind.CONTRADICTED, message=safe_text(said))
    return Notice(
        kind=NoticeKind.CONFIRMED, message=f"the traced network gives the predictions of all {len(due)} inputs"
    )


def _open(because: str) -> Notice:
    return Notice(kind=NoticeKind.UNCONFIRMED, message=f"the trace is not confirmed: {safe_text(because)}")


def _is_known(packet: str) -> bool:
    """Only ops with a formula are run."""
    return lookup(packet) is not None
