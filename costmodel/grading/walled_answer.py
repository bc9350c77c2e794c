"""What a submission answers from behind a wall, and what becomes of it when it is checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from costmodel.files.references import split_model
from costmodel.grading.child.entry import answer
from costmodel.grading.child.messages import REQUEST, Request, Wanted
from costmodel.grading.intake.digest import digest_of
from costmodel.grading.notice import Notice
from costmodel.ir.analysis import Subject
from costmodel.ir.codec import dumps
from costmodel.ir.trace import Trace
from costmodel.ir.training import Training
from costmodel.sandbox.child_result import ChildResult
from costmodel.sandbox.probe import best_wall
from costmodel.sandbox.resource_limits import Limits
from costmodel.sandbox.run import run_child
from costmodel.sandbox.walls import wall_called


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


@dataclass(frozen=True, slots=True, kw_only=True)
class WalledAnswer:
    """What came from behind a wall, not yet looked at.

    Attributes:
        child: the end of the child, with its answer.
        wanted, limits, wall: what was asked, and how.
        places: folders as the child saw them, with the names that they get in texts.
        digest: of the submission.
    """

    child: ChildResult
    wanted: Wanted
    limits: Limits
    places: Mapping[str, str]
    wall: str
    digest: str


def answer_behind_wall(
    submission: Path,
    reference: str | None,
    settings: Mapping[str, Any] | None,
    defaults: Mapping[str, Any] | None,
    inference: bool,
    limits: Limits | None,
    wall: str | None,
) -> WalledAnswer:
    """The answer alone, not looked at; arguments and errors as of ``walled_trace.trace_behind_wall``."""
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
    digest = digest_of(submission)
    if Path(result.scratch).name.startswith("costmodel-"):
        # a name of ours that is another one each time: any text of the answer may have it, an assumption's too
        result = replace(result, answer=result.answer.replace(result.scratch.encode(), b"SCRATCH"))
    return WalledAnswer(child=result, wanted=wanted, limits=limits, places=places, wall=chosen, digest=digest)
