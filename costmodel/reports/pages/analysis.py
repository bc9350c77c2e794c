"""The page of an analysis: where operations, bytes and seconds go, memory over the step, and every layer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from costmodel.errors import UsageError
from costmodel.ir.analysis import Analysis, LayerRow, MemoryMoment, PeakMemory
from costmodel.ir.tensor import Role
from costmodel.ir.trace import LOSS_SCOPE, Trace
from costmodel.reports.assumptions import qualified
from costmodel.reports.chart import Chart
from costmodel.reports.charts.bar import Bar, bars, largest
from costmodel.reports.charts.lanes import lanes
from costmodel.reports.charts.line import stacked
from costmodel.reports.charts.treemap import Leaf, treemap
from costmodel.reports.graph.graph_picture import ASSETS, picture, title_of
from costmodel.reports.html.element import Html, el, join
from costmodel.reports.html.parts import Parts, tiles
from costmodel.reports.human import human
from costmodel.reports.pages import cost as cost_page
from costmodel.reports.pages import gpu_estimate as gpu_page
from costmodel.reports.roof import Roof, roofline
from costmodel.reports.table import Bytes, Table
from costmodel.reports.tables import analysis as analysis_tables
from costmodel.reports.view import View

NOUN = Analysis

_BARS = 14
"""Layers with a bar of their own; all of them stand in the table."""
_CALLS = 10_000
"""Calls up to which a page has the graph in it: about 500 bytes each."""


def parts(analysis: Analysis, view: View) -> Parts:
    """The step at a glance, charts, and the tables with every layer."""
    shown = analysis_tables.tables(analysis, replace(view, layers=False, top=None))
    pictures, every = [*_charts(analysis)], [*shown, _layers(analysis)]
    if view.timeline is not None:
        pictures.append(lanes(view.timeline, f"The step on its time: {view.timeline.title}"))
    if view.step is None:
        return Parts(shown[0].title, _glance(analysis), pictures, every)
    return Parts(shown[0].title, _glance(analysis), [*pictures, _graph(view.step)], every, ASSETS)


def _graph(step: Trace) -> Html:
    """The step as a graph, folded; of a step that no screen has room for, how it is to be had."""
    if len(step.calls) > _CALLS:
        return el("p", f"The step has {len(step.calls):,} calls: costmodel export --to graph draws it.", class_="wide")
    return el("details", el("summary", title_of(step)), picture(step), class_="wide")


def _glance(analysis: Analysis) -> Html:
    totals = analysis.totals
    peak, memory = totals.peak_activation_bytes, totals.peak_memory_bytes
    least = qualified(totals.complete, analysis.varies)
    step, most = totals.operations.step, peak.layer_io
    place = ", ".join(filter(None, (peak.layer_io_layer, peak.layer_io_where)))
    model = tiles(
        ("parameters", human(totals.parameters) or "", f"{totals.parameters:,} trainable"),
        ("operations of a step", f"{least}{human(step)}", f"{least}{step:,}"),
        ("largest activation of a sample", human(Bytes(most)) or "", f"{most:,} bytes, in {place}"),
        ("peak memory", human(Bytes(memory.total)) or "", f"{memory.total:,} bytes{_moment(memory)}"),
    )
    machine = [*_on_machine(analysis)]
    return join(model, tiles(*machine)) if machine else model


def _on_machine(analysis: Analysis) -> Iterator[tuple[str, Html | str, str]]:
    """What a machine spends on it, if it was asked for."""
    if analysis.gpu and analysis.time and analysis.memory and analysis.energy:
        yield from gpu_page.tiles_of(analysis.time, analysis.memory, analysis.energy)
    if analysis.cost is not None:
        yield from cost_page.tiles_of(analysis.cost)


def _moment(memory: PeakMemory) -> str:
    peak = max(memory.over_step, key=lambda moment: sum(moment.by_role.values()), default=None)
    return f", in {peak.phase}: {_layer(peak) or peak.op}" if peak is not None and peak.phase else ""


def _layer(moment: MemoryMoment) -> str:
    return (moment.layer or "").replace(LOSS_SCOPE, "(loss)")


def _charts(analysis: Analysis) -> Iterator[Chart | Html]:
    yield _operations(analysis)
    yield _tree(analysis)
    yield _activations(analysis)
    if analysis.totals.peak_memory_bytes.over_step:
        yield _memory(analysis)
    if analysis.gpu and analysis.time and analysis.memory and analysis.energy:
        yield from gpu_page.charts(analysis.gpu, analysis.time, analysis.memory, analysis.energy)
        if analysis.gpu.flops_per_second and analysis.gpu.bytes_per_second:
            run = analysis.gpu
            yield roofline(analysis, Roof(run.hardware, analysis.gpu.flops_per_second, analysis.gpu.bytes_per_second))
    if analysis.cost is not None:
        yield from cost_page.charts(analysis.cost)


def _named(row: LayerRow) -> str:
    return f"{row.layer} ({row.where})" if row.where else row.layer


def _operations(analysis: Analysis) -> Chart:
    rows = []
    for row in analysis.layers:
        ops = row.operations
        parts = (float(ops.step - ops.backward - ops.optimizer), float(ops.backward), float(ops.optimizer))
        rows.append(Bar(_named(row), parts, f"{ops.step:,} operations, {row.macs.step:,} MACs"))
    return bars(largest(rows, _BARS), "Operations of a step, by layer", parts=("forward", "backward", "optimizer"))


def _activations(analysis: Analysis) -> Chart:
    peak = analysis.totals.peak_activation_bytes
    rows = [
        Bar(_named(row), (float(row.input_bytes), float(row.output_bytes)),
            f"{row.input_bytes:,} bytes in, {row.output_bytes:,} bytes out",
            human(Bytes(row.input_bytes + row.output_bytes)) or "")
        for row in analysis.layers
    ]  # fmt: skip
    title = f"Activations in and out, by layer (bytes); the most of one sample is in {peak.layer_io_layer or 'none'}"
    return bars(sorted(rows, key=lambda row: -row.length)[:_BARS], title, parts=("in", "out"))


def _memory(analysis: Analysis) -> Chart:
    memory = analysis.totals.peak_memory_bytes
    moments = memory.over_step
    if not moments:
        raise UsageError("the analysis has no memory over the step: it is of an older version; analyze the model anew")
    roles = [role.value for role in Role if any(role.value in moment.by_role for moment in moments)]
    series = [(role, [float(moment.by_role.get(role, 0)) for moment in moments]) for role in roles]
    names = [f"{m.phase} {_layer(m)} {m.op}, bytes" if m.op else "before the step, bytes" for m in moments]
    totals = [sum(moment.by_role.values()) for moment in moments]
    at = totals.index(max(totals))
    peak = moments[at]
    where = ", ".join(filter(None, (peak.phase, _layer(peak), peak.op)))
    title = f"Memory over the step, by role; the peak of {memory.total:,} bytes is at {where or 'its start'}"
    return stacked(series, title, x="the step, call by call", y="live tensors, bytes", names=names, marked=at)


def _tree(analysis: Analysis) -> Chart:
    leaves = [Leaf(row.layer, float(row.operations.step), f"{row.operations.step:,} operations, {row.input_bytes:,} "
                   f"bytes in, {row.output_bytes:,} out, {row.parameters:,} parameters")
              for row in analysis.layers]  # fmt: skip
    return treemap(leaves, "The module tree by operations of a step")


def _layers(analysis: Analysis) -> Table:
    timed = any(row.seconds for row in analysis.layers)
    headers = (
        "layer", "type", "shapes", "where", "parameters", "operations of a step", "% of step", "MACs", "bytes in",
        "bytes out", *(("s",) if timed else ()),
    )  # fmt: skip
    whole = analysis.totals.operations.step or 1
    rows = [
        (
            r.layer, r.type, r.shapes, r.where, r.parameters, r.operations.step,
            round(100 * r.operations.step / whole, 1), r.macs.step, Bytes(r.input_bytes), Bytes(r.output_bytes),
            *((r.seconds and float(f"{r.seconds:.3g}"),) if timed else ()),
        )
        for r in analysis.layers
    ]  # fmt: skip
    return Table("Every layer", headers, rows)


PLOTS = {"layers": _operations, "tree": _tree, "activations": _activations, "memory": _memory}
"""By name; ``roofline`` needs a machine as well (:mod:`costmodel.reports.roof`)."""
