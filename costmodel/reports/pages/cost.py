"""The page of a cost report: energy by component and layer, cycles, utilisation, and each mapping as its loop nest."""

from __future__ import annotations

from collections.abc import Iterator

from costmodel.errors import UsageError
from costmodel.ir.cost import CostReport, LayerCost
from costmodel.ir.whole import WholeCost
from costmodel.reports.assumptions import qualified
from costmodel.reports.chart import Chart
from costmodel.reports.charts.array import Used, arrays
from costmodel.reports.charts.bar import Bar, bars, largest
from costmodel.reports.drawing import draw
from costmodel.reports.html.element import Html, el
from costmodel.reports.html.parts import Parts, tiles
from costmodel.reports.human import human
from costmodel.reports.tables import cost as tables_of
from costmodel.reports.view import View

NOUN = CostReport

_BARS = 12
_ARRAYS = 4
_PER_MJ = 1e-9


def parts(cost: CostReport, view: View) -> Parts:
    """Totals at a glance, charts, tables."""
    shown = tables_of.tables(cost, view)
    return Parts(shown[0].title, tiles(*tiles_of(cost)), [*charts(cost)], shown)


def tiles_of(cost: CostReport) -> Iterator[tuple[str, str, str]]:
    """The totals."""
    least = qualified(cost.complete, cost.varies)
    yield ("energy", f"{least}{cost.energy_mj:.4g} mJ", f"{cost.energy_mj:.10g} mJ")
    yield ("cycles", f"{least}{human(cost.cycles)}", f"{cost.cycles:,}")
    yield ("utilisation", f"{cost.utilisation:.1%}", f"of {cost.units} multiply-accumulate units")
    yield ("layer problems", f"{len(cost.layers)}", f"search {cost.search}")
    yield from _whole_tiles(cost)


def _whole_tiles(cost: CostReport) -> Iterator[tuple[str, str, str]]:
    """Seconds where there is a clock, the whole network's energy where it was asked for."""
    whole = cost.whole
    clocked = cost.clocked if whole is None else whole.clocked
    if clocked is not None:
        yield ("seconds", f"{clocked.seconds:.4g} s", f"{clocked.watts:.4g} W at {clocked.clock_hz * 1e-6:,.6g} MHz")
    if whole is not None:
        mj = (cost.energy_pj + whole.energy_pj) * _PER_MJ
        least = qualified(cost.complete and not whole.unpriced, cost.varies)
        yield ("whole network", f"{least}{mj:.4g} mJ", f"{whole.energy_pj * _PER_MJ:.10g} mJ beside the layers")


def charts(cost: CostReport) -> Iterator[Chart | Html]:
    """Energy by component; cycles, energy and utilisation by layer; the loop nests."""
    yield _components(cost)
    if cost.whole is not None:
        yield _beside(cost.whole)
    yield _cycles(cost)
    yield _energy(cost)
    yield _utilisation(cost)
    if cost.columns and cost.rows and _solved(cost):
        yield _arrays(cost)
    yield _nests(_solved(cost))


def _solved(cost: CostReport) -> list[LayerCost]:
    return [layer for layer in cost.layers if layer.valid]


def _components(cost: CostReport) -> Chart:
    whole = cost.energy_pj or 1.0
    rows = [Bar(name, (pj,), f"{pj * _PER_MJ:.10g} mJ", f"{pj / whole:.1%}")
            for name, pj in cost.energy_by_component.items()]  # fmt: skip
    return bars(sorted(rows, key=lambda bar: -bar.length), f"Energy on {cost.hardware}, by component")


def _cycles(cost: CostReport) -> Chart:
    rows = [Bar(_name(s), (float(s.cycles * s.layer.repeats),), f"{s.cycles:,} cycles × {s.layer.repeats}")
            for s in _solved(cost)]  # fmt: skip
    return bars(largest(rows, _BARS), "Cycles, by layer problem")


def _utilisation(cost: CostReport) -> Chart:
    rows = [Bar(_name(s), (s.utilisation,), f"{s.utilisation:.6g}", f"{s.utilisation:.1%}") for s in _solved(cost)]
    return bars(rows[:_BARS], "Utilisation of the multiply-accumulate units, by layer problem", limit=1.0)


def _energy(cost: CostReport) -> Chart:
    rows, components = [], list(cost.energy_by_component)
    for s in _solved(cost):
        each = tuple(s.energy_by_component.get(name, 0.0) * s.layer.repeats * _PER_MJ for name in components)
        rows.append(Bar(_name(s), each, f"{sum(each):.10g} mJ", f"{sum(each):.3g} mJ"))
    return bars(largest(rows, _BARS), "Energy, by layer problem and component (mJ)", parts=components)


def _beside(whole: WholeCost) -> Chart:
    """Energy of the work beside the layers, by layer and part of the step."""
    energies: dict[str, float] = {}
    for row in whole.rows:
        name = f"{row.part}:{row.layer}"
        energies[name] = energies.get(name, 0.0) + row.energy_pj * _PER_MJ
    rows = [Bar(name, (mj,), f"{mj:.10g} mJ", f"{mj:.3g} mJ") for name, mj in energies.items()]
    return bars(largest(rows, _BARS), "Energy of the work beside the layers (mJ)")


def _arrays(cost: CostReport) -> Chart:
    """The layers that take the most cycles."""
    if not cost.columns or not cost.rows:
        raise UsageError("the report does not say how the units stand: it is of an older version; estimate it anew")
    costliest = sorted(_solved(cost), key=lambda s: -s.cycles * s.layer.repeats)[:_ARRAYS]
    used = [
        Used(_name(s), _spread(s, "X"), _spread(s, "Y"),
             f"{s.cycles * s.layer.repeats:,} cycles, utilisation {s.utilisation:.1%}")
        for s in costliest
    ]  # fmt: skip
    title = f"What is spread over the array of {cost.columns} × {cost.rows} units, in the layers with the most cycles"
    return arrays(used, title, cost.columns, cost.rows)


def _spread(solved: LayerCost, axis: str) -> tuple[tuple[str, int], ...]:
    """The loops along an axis of the array."""
    return tuple((o.dim, o.bound) for level in solved.mapping for o in level.loops if o.spatial == axis)


def _nests(solved: list[LayerCost]) -> Html:
    """Every mapping, folded."""
    folded = [el("details", el("summary", _name(s)), el("div", el("pre", draw(_name(s), s)), class_="scroll"))
              for s in solved]  # fmt: skip
    return el("section", el("h2", "Mappings, outermost level first"), *folded)


def _name(solved: LayerCost) -> str:
    names = solved.layer.names
    return names[0] + (f" and {len(names) - 1} more" if len(names) > 1 else "")


PLOTS = {
    "components": _components,
    "layers": _energy,
    "cycles": _cycles,
    "utilisation": _utilisation,
    "arrays": _arrays,
}
