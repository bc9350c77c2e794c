"""One submission, traced behind the wall and counted in a limited child: a picklable piece of work."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from costmodel.files.quoting import safe_text
from costmodel.grading.notice import Notice, NoticeKind
from costmodel.grading.scrutiny.confirm_by_replay import confirm_by_replay, named_for_replay
from costmodel.grading.traced_submission import DERIVED, Derived, ToDerive
from costmodel.grading.traced_submission import SCHEMA as SCHEMA
from costmodel.grading.traced_submission import TracedSubmission as TracedSubmission
from costmodel.grading.walled_answer import answer_behind_wall
from costmodel.ir.analysis import TRAINING
from costmodel.ir.codec import loads
from costmodel.sandbox.child_result import LimitReached
from costmodel.sandbox.resource_limits import Limits
from costmodel.sandbox.warm import WarmResult, run_warm


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
        cards: GPUs that the rules' seconds, memory and joules are estimated on, for a training or an inference
            (``card_phase``).
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
    cards: tuple[str, ...] = ()
    card_phase: str = TRAINING


def trace(job: Job) -> TracedSubmission:
    """Trace behind the wall; check, count and lower in a child that the submission cannot reach."""
    wants_inference = job.phase == "inference" or job.inputs is not None
    walled = answer_behind_wall(
        job.path, job.reference, job.settings, job.defaults, wants_inference, job.limits, job.wall
    )
    named = named_for_replay(job.path) if job.inputs is not None else None
    replayed = named if isinstance(named, tuple) else None
    to_derive = ToDerive(
        walled=walled, random=job.random, phase=job.phase, replayed=replayed, cards=job.cards, card_phase=job.card_phase
    )
    derived = _derived(to_derive, job.limits)
    traced = derived.traced
    if job.inputs is None or traced.analysis is None:
        return traced
    said = (
        named
        if isinstance(named, Notice)
        else confirm_by_replay(job.path, job.inputs, derived.replay, job.limits, job.wall)
    )
    return replace(traced, remarks=(*traced.remarks, said))


def _derived(job: ToDerive, limits: Limits) -> Derived:
    result = run_warm("costmodel.grading.scrutiny.derive:derive", pickle.dumps(job), limits)
    if result.answer:
        return loads(Derived, result.answer.decode(), DERIVED)
    return Derived(
        traced=TracedSubmission(analysis=None, workload=None, notice=_unchecked(result, limits), remarks=(), output="")
    )


def _unchecked(result: WarmResult, limits: Limits) -> Notice:
    """Why there are no figures though there is an answer."""
    if result.limit is None:
        message = f"its trace could not be checked: {safe_text(result.failed)}"
        return Notice(kind=NoticeKind.CRASHED, message=message)
    most = {
        LimitReached.WALL_TIME: f"{limits.wall_seconds:g} seconds",
        LimitReached.CPU_TIME: f"{limits.cpu_seconds} seconds of CPU",
        LimitReached.MEMORY: f"{limits.memory_bytes // 2**20} MiB of memory",
    }.get(result.limit, f"{limits.answer_bytes // 2**20} MiB of figures")
    message = f"its trace is too large: to check and count it takes more than {most}"
    return Notice(kind=NoticeKind.TOO_LARGE, message=message)
