"""The page of a run: how it ended and why, then memory, power and use over time with the limits, and the tables."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from costmodel.ir.run import Ending, Run, StageRun
from costmodel.reports.charts.timeline import timeline
from costmodel.reports.html.element import Html, el
from costmodel.reports.html.parts import Parts, tiles
from costmodel.reports.tables import run as tables_of
from costmodel.reports.view import View

NOUN = Run

Points = list[tuple[float, float]]

_TONES = {Ending.FINISHED: "PASS", Ending.ENDED: "PASS", Ending.BROKE: "FAIL", Ending.FAILED: "FAIL"}
_SMOOTHED_SECONDS = 1.0
"""Counters are looked at ten times a second and may move in larger steps: rates are means of a second at least."""


@dataclass(frozen=True)
class _Line:
    """A quantity over time: what it is called, its axis, its limit's name, and whether it is a counter's rate."""

    quantity: str
    title: str
    axis: str
    limit: str = ""
    is_rate: bool = False


_LINES = (
    _Line("host_memory_bytes", "Host memory of the whole tree", "bytes", "host_memory"),
    _Line("gpu_memory_bytes", "GPU memory of the whole tree", "bytes", "gpu_memory"),
    _Line("cpu_energy_joules", "Power of the processors", "watts", is_rate=True),
    _Line("gpu_energy_joules", "Power of the GPU", "watts", is_rate=True),
    _Line("dram_energy_joules", "Power of the memory", "watts", is_rate=True),
    _Line("cpu_seconds", "Cores in use", "cores", "cpus", is_rate=True),
    _Line("gpu_busy_percent", "The GPU's utilisation", "%"),
    _Line("processes", "Processes at once", "processes", "processes"),
    _Line("write_bytes", "Written, a second", "bytes", is_rate=True),
)
_QUANTITIES = frozenset(line.quantity for line in _LINES)


def parts(run: Run, view: View) -> Parts:
    """The ending at a glance, a time line for each quantity, tables."""
    shown = tables_of.tables(run, view)
    return Parts(shown[0].title, _glance(run), [*time_lines(run)], shown)


def _glance(run: Run) -> Html:
    shown: list[tuple[str, str | Html, str]] = [
        (stage.stage, el("span", stage.ending.value, class_=_TONES.get(stage.ending, "UNDECIDED")),
         stage.because or f"{stage.wall_seconds:.2f} s")
        for stage in run.stages
    ]  # fmt: skip
    if run.score is not None:
        score = run.score
        known = score.accuracy_percent is not None
        right = f"{score.right:,} of {score.total:,} right" if known else score.missing
        shown.append(("accuracy", f"{score.accuracy_percent:.2f} %" if known else "no score", right))
    readings = [(m.quantity, m) for stage in run.stages for m in stage.meters if m.value is not None]
    for name, what in (("cpu_energy_joules", "energy of the processors"), ("gpu_energy_joules", "energy of the GPU")):
        values = [m.value or 0.0 for quantity, m in readings if quantity == name]
        if any(values):
            shown.append((what, f"{sum(values):,.1f} J", "idle is not subtracted"))
    return tiles(*shown)


def time_lines(run: Run, quantities: Collection[str] = _QUANTITIES) -> Iterator[Html]:
    """What was measured over time, with its limits: a chart for each stage and quantity that was more than nothing."""
    limits = {limit.name: limit.value for limit in run.limits}
    for stage in run.stages:
        marked = _marked(stage, limits.get("time"))
        for line in _LINES:
            if line.quantity not in quantities:
                continue
            points = [(s.seconds, s.values[line.quantity]) for s in stage.samples if line.quantity in s.values]
            points = _rate(points) if line.is_rate else points
            if points and any(value for _, value in points):
                title = f"{line.title}: {stage.stage}"
                yield timeline(points, title, y=line.axis, limit=limits.get(line.limit), marked=marked)


def _marked(stage: StageRun, time: float | None) -> list[tuple[float, str]]:
    """The time limit, and the moments at which it was asked to end and was killed, if it was."""
    found = [] if time is None else [(time, "the time limit")]
    if stage.asked_seconds is not None:
        found.append((stage.asked_seconds, "asked to end"))
    if stage.ending in (Ending.ENDED, Ending.BROKE):
        found.append((stage.wall_seconds, f"over: {stage.because}" if stage.because else "over"))
    return found


def _rate(points: Sequence[tuple[float, float]]) -> Points:
    """What a counter rises by each second."""
    found: Points = []
    before = points[0] if points else (0.0, 0.0)
    for at, value in points[1:]:
        if at - before[0] >= _SMOOTHED_SECONDS or (at, value) == points[-1]:
            if at > before[0]:
                found.append((at, (value - before[1]) / (at - before[0])))
            before = at, value
    return found
