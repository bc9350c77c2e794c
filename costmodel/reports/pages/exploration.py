"""The page of an exploration: every point in the first two figures of the front, with the front as a line."""

from __future__ import annotations

from costmodel.errors import UsageError
from costmodel.ir.exploration import Exploration, Point
from costmodel.reports.chart import Chart
from costmodel.reports.charts.scatter import Dot, scatter
from costmodel.reports.html.parts import Parts, tiles
from costmodel.reports.plot import Axis, decades, linear
from costmodel.reports.tables import exploration as tables_of
from costmodel.reports.view import View

NOUN = Exploration

_KINDS = ("on the front", "beaten by another point")
_WIDE = 30
"""The largest value over the smallest from which an axis is logarithmic."""


def parts(exploration: Exploration, view: View) -> Parts:
    """How many points there are, the front, the table of it."""
    shown = tables_of.tables(exploration, view)
    on = sum(point.on_front for point in exploration.points)
    failed = sum(bool(point.error) for point in exploration.points)
    lead = tiles(
        ("points", f"{len(exploration.points):,}", f"of a grid of {exploration.of:,}"),
        ("on the front", f"{on:,}", f"in {', '.join(exploration.front)}"),
        ("without figures", f"{failed:,}", ""),
    )
    pictures = [_front(exploration)] if len(exploration.front) > 1 else []
    return Parts(shown[0].title, lead, pictures, shown)


def _front(exploration: Exploration) -> Chart:
    if len(exploration.front) < 2:
        raise UsageError("a front of one figure is a point: name two figures with --front")
    x, y = exploration.front[:2]
    known = [point for point in exploration.points if x in point.figures and y in point.figures]
    dots = [Dot(float(p.figures[x]), float(p.figures[y]), _said(p, x, y), int(not p.on_front)) for p in known]
    line = sorted((dot.x, dot.y) for dot in dots if not dot.kind) if len(exploration.front) == 2 else []
    title = f"{y} against {x}: {'more' if y in exploration.most else 'less'} of {y} is better"
    return scatter(dots, title, _axis([d.x for d in dots], x), _axis([d.y for d in dots], y), kinds=_KINDS, line=line)


def _said(point: Point, x: str, y: str) -> str:
    chosen = ", ".join(f"{name}={value}" for name, value in point.settings.items())
    on = "on the front: " if point.on_front else ""
    return f"{on}{chosen}: {x} {point.figures[x]:,}, {y} {point.figures[y]:,}"


def _axis(values: list[float], name: str) -> Axis:
    if values and min(values) > 0 and max(values) / min(values) > _WIDE:
        return decades(values, name)
    return linear(values, name, zero=False)


PLOTS = {"front": _front}
