"""The page of a cost report: energy by component and layer, cycles, utilisation, and each mapping as its loop nest."""

from __future__ import annotations

from collections.abc import Iterator

from costmodel.ir.cost import CostReport, LayerCost
from costmodel.ir.whole import WholeCost
from costmodel.reports.charts.bar import Bar, bars, largest
from costmodel.reports.drawing import draw
from costmodel.reports.element import Html, el
from costmodel.reports.human import human
from costmodel.reports.parts import Parts, tiles
from costmodel.reports.tables import cost as tables_of
from costmodel.reports.view import View

NOUN = CostReport

_BARS = 12
_PER_MJ = 1e-9


def parts(cost: CostReport, view: View) -> Parts:
    """Totals at a glance, charts, tables."""
    shown = tables_of.tables(cost, view)
    least = "" if cost.complete else "at least "
    glance = tiles(
        ("energy", f"{least}{cost.energy_mj:.4g} mJ", f"{cost.energy_mj:.10g} mJ"),
        ("cycles", f"{least}{human(cost.cycles)}", f"{cost.cycles:,}"),
        ("utilisation", f"{cost.utilisation:.1%}", f"of {cost.units} multiply-accumulate units"),
        ("layer problems", f"{len(cost.layers)}", f"search {cost.search}"),
        *_whole_tiles(cost),
    )
    return Parts(shown[0].title, glance, [*charts(cost)], shown)


def _whole_tiles(cost: CostReport) -> Iterator[tuple[str, str, str]]:
    """Seconds where there is a clock, the whole network's energy where it was asked for."""
    whole = cost.whole
    clocked = cost.clocked if whole is None else whole.clocked
    if clocked is not None:
        yield ("seconds", f"{clocked.seconds:.4g} s", f"{clocked.watts:.4g} W at {clocked.clock_hz * 1e-6:,.6g} MHz")
    if whole is not None:
        mj = (cost.energy_pj + whole.energy_pj) * _PER_MJ
        least = "" if cost.complete and not whole.unpriced else "at least "
        yield ("whole network", f"{least}{mj:.4g} mJ", f"{whole.energy_pj * _PER_MJ:.10g} mJ beside the layers")


def charts(cost: CostReport) -> Iterator[Html]:
    """Energy by component; cycles, energy and utilisation by layer; the loop nests."""
    whole = cost.energy_pj or 1.0
    parts = [Bar(name, (pj,), f"{pj * _PER_MJ:.10g} mJ", f"{pj / whole:.1%}")
             for name, pj in cost.energy_by_component.items()]  # fmt: skip
    yield bars(sorted(parts, key=lambda bar: -bar.length), f"Energy on {cost.hardware}, by component")
    if cost.whole is not None:
        yield _beside(cost.whole)
    solved = [layer for layer in cost.layers if layer.valid]
    cycles = [Bar(_name(s), (float(s.cycles * s.layer.repeats),), f"{s.cycles:,} cycles × {s.layer.repeats}")
              for s in solved]  # fmt: skip
    yield bars(largest(cycles, _BARS), "Cycles, by layer problem")
    yield _energy(solved, list(cost.energy_by_component))
    use = [Bar(_name(s), (s.utilisation,), f"{s.utilisation:.6g}", f"{s.utilisation:.1%}") for s in solved]
    yield bars(use[:_BARS], "Utilisation of the multiply-accumulate units, by layer problem", limit=1.0)
    yield _nests(solved)


def _energy(solved: list[LayerCost], components: list[str]) -> Html:
    rows = []
    for s in solved:
        each = tuple(s.energy_by_component.get(name, 0.0) * s.layer.repeats * _PER_MJ for name in components)
        rows.append(Bar(_name(s), each, f"{sum(each):.10g} mJ", f"{sum(each):.3g} mJ"))
    return bars(largest(rows, _BARS), "Energy, by layer problem and component (mJ)", parts=components)


def _beside(whole: WholeCost) -> Html:
    """Energy of the work beside the layers, by layer and part of the step."""
    energies: dict[str, float] = {}
    for row in whole.rows:
        name = f"{row.part}:{row.layer}"
        energies[name] = energies.get(name, 0.0) + row.energy_pj * _PER_MJ
    rows = [Bar(name, (mj,), f"{mj:.10g} mJ", f"{mj:.3g} mJ") for name, mj in energies.items()]
    return bars(largest(rows, _BARS), "Energy of the work beside the layers (mJ)")


def _nests(solved: list[LayerCost]) -> Html:
    """Every mapping, folded."""
    folded = [el("details", el("summary", _name(s)), el("div", el("pre", draw(_name(s), s)), class_="scroll"))
              for s in solved]  # fmt: skip
    return el("section", el("h2", "Mappings, outermost level first"), *folded)


def _name(solved: LayerCost) -> str:
    names = solved.layer.names
    return names[0] + (f" and {len(names) - 1} more" if len(names) > 1 else "")
