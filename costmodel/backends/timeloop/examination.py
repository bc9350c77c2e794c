"""Timeloop's binaries on this machine, and what helps to run them, for ``doctor``."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator

from costmodel.backends.analytical.layers import estimate
from costmodel.backends.backend import Examination, Run, Search
from costmodel.backends.timeloop.layers import verify
from costmodel.backends.timeloop.run_settings import settings_of
from costmodel.backends.timeloop.tools import MAPPER, MODEL, Tool, find_tool
from costmodel.backends.trial import trial_machine, trial_workload
from costmodel.errors import UsageError

_SECONDS = 20
_BEHAVIOURS = ("D", "E")
"""The course's docker of 2022 (A and B differ from it in details that one layer does not show) and release 3.0.3."""


def examine(run: Run) -> Iterator[Examination]:
    """Both binaries, Docker and Accelergy."""
    place = settings_of(run).place
    for name in (MAPPER, MODEL):
        try:
            tool = find_tool(name, place)
        except UsageError as error:
            yield Examination(name=f"backend timeloop: {name}", works=False, seen="not found", advice=str(error))
            continue
        if name == MAPPER:
            yield Examination(name=f"backend timeloop: {name}", works=True, seen=_where(tool), advice="")
        else:
            yield _trial_of_model(run, tool)
    yield _docker()
    path = shutil.which("accelergy")
    advice = "not needed: exported folders bring their energy table (ERT.yaml)"
    yield Examination(name="accelergy", works=path is not None, seen=path or "not on the PATH", advice=advice)


def _where(tool: Tool) -> str:
    return f"{tool.path} ({tool.version})"


def _trial_of_model(run: Run, tool: Tool) -> Examination:
    """Timeloop says no version; which of the engine's behaviours it agrees with says more."""
    name = f"backend timeloop: {MODEL}"
    for behaviour in _BEHAVIOURS:
        machine = trial_machine().model_copy(update={"timeloop": behaviour})
        report = estimate(trial_workload(), machine, Search(), Run())
        with tempfile.TemporaryDirectory() as folder:
            options = {**run.options, "work": folder, "time_limit": _SECONDS}
            (check,) = verify(report, machine, Run(options=options))
        if check.energy_pj is None:
            seen = f"{_where(tool)}: {check.because}"
            return Examination(name=name, works=False, seen=seen, advice="build Timeloop again, or name another build")
        if check.agrees:
            seen = f"{_where(tool)}; agrees with behaviour {behaviour} on the trial layer"
            return Examination(name=name, works=True, seen=seen, advice="")
    theirs = f"{check.energy_pj:,.2f} pJ, {check.cycles} cycles on the trial layer: {check.because}"
    seen = f"{_where(tool)}; agrees with none of the analytical engine's behaviours: {theirs}"
    return Examination(name=name, works=True, seen=seen, advice="")


def _docker() -> Examination:
    if shutil.which("docker") is None:
        advice = "only for --docker IMAGE: install Docker"
        return Examination(name="docker", works=False, seen="no docker on the PATH", advice=advice)
    words = ["docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}"]
    advice = "only for --docker IMAGE: start Docker"
    try:
        result = subprocess.run(words, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Examination(name="docker", works=False, seen=str(error), advice=advice)
    if result.returncode != 0:
        said = (result.stderr.strip().splitlines() or ["no answer"])[-1]
        return Examination(name="docker", works=False, seen=said, advice=advice)
    images = [line for line in result.stdout.split() if "timeloop" in line]
    return Examination(
        name="docker", works=True, seen=f"images named timeloop: {', '.join(images) or 'none'}", advice=""
    )
