"""The page of a GPU estimate: intervals of seconds, memory and joules, and where the step goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from costmodel.ir.gpu_estimate import GpuEnergy, GpuEstimate, GpuRun, GpuTime
from costmodel.ir.gpu_memory import GpuMemory
from costmodel.ir.interval import Interval
from costmodel.reports.chart import Chart
from costmodel.reports.charts.bar import Bar, bars, largest
from costmodel.reports.charts.interval import Span, intervals
from costmodel.reports.html.element import Html
from costmodel.reports.html.parts import Parts, tiles
from costmodel.reports.human import prefixed
from costmodel.reports.tables import gpu_estimate as tables_of
from costmodel.reports.view import View

NOUN = GpuEstimate

_BARS = 12
_FITS = {True: "fits in the card", False: "does not fit in the card", None: "it is not certain that it fits"}


def parts(found: GpuEstimate, view: View) -> Parts:
    """The step at a glance, charts, tables."""
    shown = tables_of.tables(found, view)
    pictures = [*charts(found.run, found.time, found.memory, found.energy), _layers(found)]
    return Parts(shown[0].title, glance(found.time, found.memory, found.energy), pictures, shown)


def _layers(found: GpuEstimate) -> Chart:
    whole = found.time.card_seconds or 1.0
    rows = [Bar(r.layer, (r.seconds,), f"{r.seconds:.3g} s, {r.share:.1%}, {r.kernels} kernels", f"{r.share:.1%}")
            for r in found.layers]  # fmt: skip
    title = "Seconds of the card by layer, without the optimizer"
    return bars(largest(rows, _BARS, lambda s: f"{s / whole:.1%}"), title)


def glance(time: GpuTime, memory: GpuMemory, energy: GpuEnergy) -> Html:
    """The figures that are asked for first."""
    return tiles(*tiles_of(time, memory, energy))


def tiles_of(time: GpuTime, memory: GpuMemory, energy: GpuEnergy) -> Iterator[tuple[str, Html | str, str]]:
    """Each as the median and the interval."""
    yield ("a step", *_said(time.step_seconds, "s"))
    if time.training_seconds is not None:
        yield ("the training", *_said(time.training_seconds, "s"))
    middle, more = _said(memory.card_bytes, "B")
    yield ("memory of the card", middle, f"{more}; {_FITS[memory.fits]}")
    yield ("energy of a step", *_said(energy.step_joules, "J"))


def charts(run: GpuRun, time: GpuTime, memory: GpuMemory, energy: GpuEnergy) -> Iterator[Chart | Html]:
    """Intervals; parts of the step; kinds of kernels; what the memory is."""
    yield intervals_of(run, time, memory, energy)
    for what, seconds in (("part of the step", time.parts), ("kind of kernel", time.kinds)):
        if any(s > 0 for s in seconds.values()):
            yield _shares(time, what, seconds)
    if any(part.nbytes.median > 0 for part in memory.parts):
        yield _pieces(memory)


def intervals_of(run: GpuRun, time: GpuTime, memory: GpuMemory, energy: GpuEnergy) -> Chart:
    """Every figure with its interval, and what the card has."""
    spans = [_span("a step", time.step_seconds, "s")]
    if time.training_seconds is not None:
        spans.append(_span("the training", time.training_seconds, "s"))
    spans.append(_span("memory of the card", memory.card_bytes, "B", float(memory.card_total_bytes)))
    spans.append(_span("power", energy.watts, "W", energy.power_limit_watts))
    spans.append(_span("energy of a step", energy.step_joules, "J"))
    return intervals(spans, f"On {run.hardware}: low, median, high; a dashed line is what the card has")


def _shares(time: GpuTime, what: str, seconds: Mapping[str, float]) -> Chart:
    whole = time.step_seconds.median or 1.0
    rows = [Bar(name, (s,), f"{s:.3g} s, {s / whole:.1%} of the step", f"{s / whole:.1%}")
            for name, s in seconds.items() if s > 0]  # fmt: skip
    return bars(rows, f"Where the step goes, by {what} (median seconds)")


def _pieces(memory: GpuMemory) -> Chart:
    rows = [Bar(p.name, (p.nbytes.median,), f"{p.nbytes.median:,.0f} bytes, from {p.basis}",
                f"{prefixed(p.nbytes.median)}B") for p in memory.parts if p.nbytes.median > 0]  # fmt: skip
    return bars(rows, "Memory of the card at the peak (bytes)")


def _span(name: str, found: Interval, unit: str, limit: float | None = None) -> Span:
    return Span(name, found.low, found.median, found.high, unit, limit)


def _said(found: Interval, unit: str) -> tuple[str, str]:
    return f"{prefixed(found.median)}{unit}", f"{prefixed(found.low)}{unit} to {prefixed(found.high)}{unit}"


PLOTS: Mapping[str, Callable[[GpuEstimate], Chart]] = {
    "intervals": lambda found: intervals_of(found.run, found.time, found.memory, found.energy),
    "layers": _layers,
    "parts": lambda found: _shares(found.time, "part of the step", found.time.parts),
    "kinds": lambda found: _shares(found.time, "kind of kernel", found.time.kinds),
    "memory": lambda found: _pieces(found.memory),
}
