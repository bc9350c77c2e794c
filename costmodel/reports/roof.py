"""The roofline: every op of a step by its operations for each byte, under what a machine can do."""

from __future__ import annotations

from dataclasses import dataclass

from costmodel.ir.analysis import Analysis, OpRow
from costmodel.reports.chart import Chart
from costmodel.reports.charts.scatter import Dot, scatter
from costmodel.reports.human import prefixed
from costmodel.reports.plot import decades

_FLOPS_PER_MAC = 2


@dataclass(frozen=True)
class Roof:
    """The peaks of a machine: operations and bytes a second."""

    hardware: str
    flops_per_second: float
    bytes_per_second: float


def roofline(analysis: Analysis, roof: Roof) -> Chart:
    """Each op where its estimated seconds put it; where there are none, on the roof: faster it cannot be."""
    flops, bandwidth = roof.flops_per_second, roof.bytes_per_second
    timed = analysis.gpu is not None and analysis.gpu.hardware == roof.hardware
    dots = [dot for op in analysis.ops if (dot := _dot(op, roof, timed=timed)) is not None]
    ridge = flops / bandwidth
    x = decades([dot.x for dot in dots] + [ridge], "operations for each byte moved")
    y = decades([dot.y for dot in dots] + [flops], "operations a second")
    line = [(x.low, x.low * bandwidth), (ridge, flops), (x.high, flops)] if ridge < x.high else []
    title = f"Roofline of {roof.hardware}: {prefixed(flops)}FLOP/s, {prefixed(bandwidth)}B/s"
    if not timed:
        title += "; every op as fast as the card's peaks allow"
    return scatter(dots, title, x, y, kinds=("with multiply-accumulates", "others"), line=line)


def _dot(op: OpRow, roof: Roof, *, timed: bool) -> Dot | None:
    work = float(_FLOPS_PER_MAC * op.macs or op.operations)
    if not work or not op.bytes_moved or (timed and not op.seconds):
        return None
    least = max(work / roof.flops_per_second, op.bytes_moved / roof.bytes_per_second)
    seconds = op.seconds if timed and op.seconds else least
    said = f"{op.op} ({op.part}): {'' if timed else 'at least '}{seconds:.3g} s a step, {work / seconds:.3g} a second"
    return Dot(work / op.bytes_moved, work / seconds, said, 0 if op.macs else 1)
