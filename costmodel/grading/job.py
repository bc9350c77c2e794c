"""One submission, traced behind the wall and counted outside: a picklable piece of work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from costmodel.files.quoting import safe_text
from costmodel.grading.mappable import too_large
from costmodel.grading.notice import Notice, NoticeKind
from costmodel.grading.scrutiny.confirm_by_replay import confirm_by_replay
from costmodel.grading.walled_trace import WalledTrace, trace_behind_wall
from costmodel.ir.analysis import Analysis
from costmodel.ir.workload import Workload
from costmodel.sandbox.resource_limits import Limits

SCHEMA = "costmodel.traced/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One trace to make.

    Attributes:
        path: a folder or a Python file.
        reference: file and object that are the model; None looks for them.
        settings, defaults: recipe fields that overrule the submission's own, and that fill its gaps (the rulebook's).
        random: whether random numbers are operations.
        phase: what is mapped: inference or training; None maps nothing.
        wall: a wall's name.
        inputs: the grader's inputs, on which the traced network is replayed; None leaves it out.
    """

    path: Path
    reference: str | None
    settings: Mapping[str, Any]
    defaults: Mapping[str, Any]
    random: bool
    phase: str | None
    wall: str
    limits: Limits
    inputs: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedSubmission:
    """Figures of one submission, or why there are none.

    Attributes:
        analysis, workload: None if there is a notice; the workload also where nothing is mapped.
        notice: why there are no figures.
        remarks: matters for a person to look at.
        output: the end of what it printed.
    """

    analysis: Analysis | None
    workload: Workload | None
    notice: Notice | None
    remarks: tuple[Notice, ...]
    output: str


def trace(job: Job) -> TracedSubmission:
    """Trace behind the wall; count and lower out here, where the submission cannot reach."""
    walled = trace_behind_wall(
        job.path,
        job.reference,
        job.settings,
        job.defaults,
        inference=job.phase == "inference" or job.inputs is not None,
        limits=job.limits,
        wall=job.wall,
    )
    analysis, workload = _derived(walled, job)
    remarks = walled.remarks
    problem = "" if workload is None else too_large(workload)
    if problem:
        workload = None
        remarks = (*remarks, Notice(kind=NoticeKind.TOO_LARGE, message=safe_text(problem)))
    if job.inputs is not None and walled.inference is not None:
        remarks = (*remarks, confirm_by_replay(job.path, job.inputs, walled.inference, job.limits, job.wall))
    return TracedSubmission(
        analysis=analysis, workload=workload, notice=walled.notice, remarks=remarks, output=walled.output
    )


def _derived(walled: WalledTrace, job: Job) -> tuple[Analysis | None, Workload | None]:
    from costmodel.passes.lower import lower
    from costmodel.passes.summary import summarise
    from costmodel.passes.work import count

    if walled.training is None or walled.subject is None:
        return None, None
    analysis = summarise(walled.training, walled.subject, random=job.random)
    if job.phase is None:
        return analysis, None
    inference = walled.inference if job.phase == "inference" else walled.training.phases[0].trace
    return analysis, None if inference is None else lower(count(inference), job.phase)
