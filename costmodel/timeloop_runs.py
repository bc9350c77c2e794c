"""The verbs behind ``--backend timeloop`` and ``--verify``: layers through the real Timeloop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from costmodel.backends.timeloop import Settings, estimate, verify
from costmodel.backends.timeloop.syntax import syntax_named
from costmodel.backends.timeloop.tools import Place
from costmodel.errors import UnknownNameError, UsageError
from costmodel.hardware.machines import load_hardware
from costmodel.ir.cost import CostReport
from costmodel.verbs.estimate import PHASES, workload_of

BACKENDS = ("analytical", "timeloop")


def runs(
    *,
    timeloop_bin: str | None = None,
    docker: str | None = None,
    work: str | None = None,
    time_limit: float = 3600.0,
    jobs: int = 1,
    syntax: str = "v0.3",
) -> Settings:
    """How to run Timeloop, from words.

    Args:
        timeloop_bin: folder of the binaries; None is COSTMODEL_TIMELOOP_BIN, else the PATH.
        docker: an image that has them, instead.
        work: folder for one folder per layer; None is one in the cache folder.
        time_limit: seconds a layer.
        jobs: layers at a time.
        syntax: v0.3 or v0.4.

    Raises:
        UsageError: an unknown syntax, or a limit or number of jobs that is not positive.
    """
    if not time_limit > 0 or jobs < 1:
        raise UsageError(f"time limit {time_limit:g} s, {jobs} jobs: both must be above 0")
    folder = None if work is None else Path(work).resolve()
    return Settings(
        place=Place(timeloop_bin, docker), work=folder, time_limit=time_limit, jobs=jobs, syntax=syntax_named(syntax)
    )


def estimate_subject(
    model: Any,
    hardware: str,
    settings: Mapping[str, Any],
    *,
    phase: str = "inference",
    how: Settings | None = None,
    use_cache: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> CostReport:
    """Energy and cycles of a subject as ``timeloop-mapper`` finds them; see :func:`costmodel.estimate`.

    Raises:
        UsageError: no such binary, an unknown machine or phase, or a machine without mapper settings.
    """
    if phase not in PHASES:
        raise UnknownNameError("phase", phase, PHASES)
    spec = load_hardware(hardware)
    workload = workload_of(model, settings, phase=phase, use_cache=use_cache)
    return estimate(workload, spec, settings=how, progress=progress)


def verified(
    report: CostReport,
    hardware: str,
    *,
    how: Settings | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> CostReport:
    """The report with what ``timeloop-model`` says of each of its mappings.

    Raises:
        UsageError: no such binary, or an unknown machine.
    """
    return replace(report, checks=verify(report, load_hardware(hardware), settings=how, progress=progress))
