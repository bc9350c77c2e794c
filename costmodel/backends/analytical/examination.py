"""The engine on a trial layer, for ``doctor``."""

from __future__ import annotations

from collections.abc import Iterator

from costmodel.backends.analytical.layers import estimate
from costmodel.backends.backend import Examination, Run, Search
from costmodel.backends.trial import trial_machine, trial_workload


def examine(run: Run) -> Iterator[Examination]:
    """Whether the engine solves a layer."""
    report = estimate(trial_workload(), trial_machine(), Search(), run)
    (solved,) = report.layers
    yield Examination(
        name="backend analytical",
        works=solved.valid,
        seen=f"engine {report.backend_version}: {solved.energy_pj:,.2f} pJ, {solved.cycles} cycles on a trial layer",
        advice="report it: the engine solves no layer",
    )
