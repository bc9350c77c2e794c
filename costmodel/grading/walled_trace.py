"""Trace a submission behind a wall, and believe nothing that was not checked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from costmodel.grading.scrutiny.answer import checked
from costmodel.grading.walled_answer import WalledTrace, answer_behind_wall
from costmodel.sandbox.resource_limits import Limits

__all__ = ["WalledTrace", "trace_behind_wall"]


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
        reference: the contract: ``FILE.py:NAME``, ``FILE.py``, ``NAME``; None looks for the model that is presented.
        settings: fields of the recipe that overrule the submission's own, as JSON has them.
        defaults: fields of the recipe that fill its gaps.
        inference: trace the forward pass of one sample too.
        limits: see there.
        wall: a name of :mod:`costmodel.sandbox.walls`; None is the best that works here.

    Raises:
        UnknownNameError: no such wall.
        SandboxError: no wall works here.
        OSError: the wall's program cannot be started.
    """
    return checked(answer_behind_wall(submission, reference, settings, defaults, inference, limits, wall))
