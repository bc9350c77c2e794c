"""Where cycles and energy of a network go on a machine, and which channel counts near the present ones cut them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod

from costmodel.advising.by_machine import ByMachine
from costmodel.ir.advice import Spot, Suggestion
from costmodel.ir.cost import LayerCost
from costmodel.ir.counts import Counts
from costmodel.ir.trace import Trace
from costmodel.ir.workload import LayerProblem, Place, Workload
from costmodel.passes.lower import layer_of, problem_of
from costmodel.passes.narrowing import nearby, widened
from costmodel.passes.summary import layer_name
from costmodel.passes.widths import Width, widths

Changed = dict[int, LayerProblem]
"""Call → its problem after the change."""


@dataclass(frozen=True)
class Mapped:
    """A network on a machine.

    Attributes:
        suggestions: the best first; ``tried`` channel counts were mapped.
    """

    macs: int
    cycles: int
    energy_pj: float
    spots: tuple[Spot, ...]
    suggestions: tuple[Suggestion, ...]
    tried: int
    complete: bool


def mapped(workload: Workload, counts: Counts, trace: Trace, aim: ByMachine) -> Mapped:
    """The layers of a network, and other channel counts for them, which only an inference has."""
    problems = {
        number: problem_of(row.work.nests[0][0])[0]
        for number, row in enumerate(counts.rows)
        if row.work is not None and len(row.work.nests) == 1
    }
    inference = aim.phase == "inference"
    changes = [
        (w, n, _changed(w, n, problems))
        for w in (widths(trace) if inference else ())
        for n in nearby(w.size, aim.lanes, w.multiple_of)
    ]
    asked = dict.fromkeys(p for _, _, change in changes for p in change.values())
    solved = _solve(workload, asked, aim)
    network = _Network(workload, solved, problems, trace, aim.machine.levels[-1].name)
    rank = aim.objective.rank
    suggestions = sorted(
        (network.suggestion(width, becomes, change) for width, becomes, change in changes),
        key=lambda s: (rank((s.cycles, s.energy_pj)), s.layers, s.becomes),
    )
    return Mapped(
        macs=network.macs,
        cycles=network.cycles,
        energy_pj=network.energy_pj,
        spots=network.spots(),
        suggestions=tuple(_worth_saying(suggestions, network)),
        tried=len(changes),
        complete=all(cost.valid for cost in solved.values()) and not workload.uncounted,
    )


def _changed(width: Width, becomes: int, problems: Mapping[int, LayerProblem]) -> Changed:
    changed: Changed = {}
    for use in width.uses:
        before = changed.get(use.call, problems[use.call])
        changed[use.call] = widened(before, use.dim, becomes * use.times)
    return changed


def _solve(workload: Workload, asked: Iterable[LayerProblem], aim: ByMachine) -> dict[LayerProblem, LayerCost]:
    known = {layer.problem: layer for layer in workload.layers}
    place = Place(part="forward", layer="(changed)", times=1)
    more = tuple(layer_of(problem, [place]) for problem in asked if problem not in known)
    whole = Workload(phase=aim.phase, layers=(*workload.layers, *more), not_mapped=(), operations=1, bytes_moved=0)
    return {cost.layer.problem: cost for cost in aim.costs(whole).layers}


class _Network:
    """The network as it is, and what one change makes of its totals."""

    def __init__(
        self,
        workload: Workload,
        solved: Mapping[LayerProblem, LayerCost],
        problems: Mapping[int, LayerProblem],
        trace: Trace,
        outermost: str,
    ) -> None:
        self.workload, self.solved, self.problems, self.trace = workload, solved, problems, trace
        self.outermost = outermost
        whole = [(self.solved[layer.problem], layer.repeats) for layer in workload.layers]
        self.macs = workload.macs
        self.cycles = sum(cost.cycles * times for cost, times in whole)
        self.energy_pj = sum(cost.energy_pj * times for cost, times in whole)

    def suggestion(self, width: Width, becomes: int, changed: Changed) -> Suggestion:
        macs, cycles, energy = self.macs, self.cycles, self.energy_pj
        for call, problem in changed.items():
            before, after = self.solved[self.problems[call]], self.solved[problem]
            macs += after.layer.macs - before.layer.macs
            cycles += after.cycles - before.cycles
            energy += after.energy_pj - before.energy_pj
        makers = [use.call for use in width.uses if use.dim == "M"]
        first = makers[0] if makers else width.uses[0].call
        return Suggestion(
            layers=self._names(makers),
            readers=self._names(use.call for use in width.uses if use.dim == "C"),
            channels=width.size,
            becomes=becomes,
            macs=macs,
            cycles=cycles,
            energy_pj=energy,
            busy_before=_busy(self.solved[self.problems[first]]),
            busy_after=_busy(self.solved[changed[first]]),
        )

    def _names(self, calls: Iterable[int]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(layer_name(self.trace.calls[call].scope) for call in calls))

    def spots(self) -> tuple[Spot, ...]:
        """Every place of every problem, the most cycles first."""
        found = [
            self._spot(place, self.solved[layer.problem]) for layer in self.workload.layers for place in layer.places
        ]
        return tuple(sorted(found, key=lambda spot: (-spot.cycles, -spot.energy_pj, spot.layer)))

    def _spot(self, place: Place, cost: LayerCost) -> Spot:
        words = sum(a.reads + a.updates for a in cost.accesses if a.level == self.outermost)
        return Spot(
            layer=place.layer,
            problem=" ".join(f"{dim}{bound}" for dim, bound in cost.layer.instance.items() if bound != 1) or "C1",
            cycles=cost.cycles * place.times,
            cycles_share=cost.cycles * place.times / self.cycles if self.cycles else 0.0,
            energy_pj=cost.energy_pj * place.times,
            energy_share=cost.energy_pj * place.times / self.energy_pj if self.energy_pj else 0.0,
            busy=_busy(cost),
            outermost_share=cost.energy_by_component[self.outermost] / cost.energy_pj if cost.valid else 0.0,
            macs_per_outer_word=cost.layer.macs / words if words else 0.0,
        )


def _busy(cost: LayerCost) -> int:
    """Units that a mapping uses: the product of its spatial loops."""
    return prod(loop.bound for level in cost.mapping for loop in level.loops if loop.spatial is not None)


def _worth_saying(suggestions: Iterable[Suggestion], network: _Network) -> Iterable[Suggestion]:
    """What saves cycles or energy, and saves more of one of them than of the work itself."""
    for s in suggestions:
        work = s.macs / network.macs
        cycles, energy = s.cycles / network.cycles, s.energy_pj / network.energy_pj
        if min(cycles, energy) < min(1.0, work) and max(cycles, energy) < max(1.0, work) + 1e-12:
            yield s
