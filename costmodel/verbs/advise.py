"""Advise: map the network, then map it again with other channel counts, and compare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Any, overload

from costmodel import backends
from costmodel.advising.candidates import Candidates
from costmodel.advising.search import search
from costmodel.backends.backend import Run, Search
from costmodel.errors import UsageError
from costmodel.hardware.machines import load_hardware
from costmodel.hardware.spec import HardwareSpec
from costmodel.ir.advice import Advice, Spot, Suggestion
from costmodel.ir.cost import LayerCost
from costmodel.ir.tips import Tips
from costmodel.ir.trace import Trace
from costmodel.ir.workload import LayerProblem, Place, Workload
from costmodel.passes.lower import layer_of, lower, problem_of
from costmodel.passes.narrowing import nearby, widened
from costmodel.passes.summary import layer_name
from costmodel.passes.widths import Width, widths
from costmodel.passes.work import count
from costmodel.rules.judging.given_facts import parse_facts
from costmodel.rules.schema.rulebook import load_rulebook
from costmodel.tracing.training import plan_training, trace_inference
from costmodel.verbs.estimate import Progress, named

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from costmodel.ir.settings import Settings


Changed = dict[int, LayerProblem]
"""Call → its problem after the change."""


@overload
def advise(
    model: Any,
    hardware: str,
    *,
    cache: bool = False,
    jobs: int = 1,
    progress: Progress | None = None,
    **settings: Unpack[Settings],
) -> Advice: ...


@overload
def advise(
    model: Any,
    *,
    rules: str,
    facts: Mapping[str, Any] | None = None,
    cache: bool = False,
    jobs: int = 1,
    progress: Progress | None = None,
    **settings: Unpack[Settings],
) -> Tips: ...


def advise(
    model: Any,
    hardware: str | None = None,
    *,
    rules: str | None = None,
    facts: Mapping[str, Any] | None = None,
    cache: bool = False,
    jobs: int = 1,
    progress: Progress | None = None,
    **settings: Unpack[Settings],
) -> Advice | Tips:
    """What to change in a network: for points under a rulebook, or for cycles and picojoules on a machine.

    Under a rulebook each change is made in the built network, which is then traced, mapped and judged as a whole, as
    :func:`costmodel.check` does it: what is promised is what comes out. Changes are those that people make: channel
    counts, strides, kernels, separable and grouped forms, bottlenecks, folded or smaller images, a smaller classifier,
    a layer or a block less. For a machine alone: where the cycles and energy of one inference go, and which channel
    counts would cut them.

    Args:
        model: see :func:`costmodel.trace`; its layers are modules.
        hardware: a machine's name, or the path of a hardware YAML or of a course's own Timeloop folder.
        rules: a rulebook's name, or the path of a rulebook YAML; instead of a machine.
        facts: with ``rules``: values measured elsewhere, see :func:`costmodel.judge`; they are taken to stay.
        cache: take solved layers from the user's cache folder and put new ones there.
        jobs: worker processes; 0 is one per core.
        progress: told how far the work is.
        settings: see :class:`costmodel.Settings`.

    Raises:
        SubjectError, RecipeError, TraceError, UsageError, RulebookError: what, where, what to do.
    """
    if rules is not None and hardware is None:
        return _tips(model, rules, facts or {}, Run(cache=cache, jobs=jobs), progress, settings)
    if hardware is None or rules is not None:
        raise UsageError("advise needs a rulebook (rules), or a machine (hardware)")
    if facts:
        raise UsageError("facts are for a rulebook: a machine asks for none")
    return _on_machine(model, hardware, Run(cache=cache, jobs=jobs), progress, settings)


def _tips(
    model: Any, rules: str, facts: Mapping[str, Any], run: Run, progress: Progress | None, settings: Mapping[str, Any]
) -> Tips:
    book = load_rulebook(rules)
    known = parse_facts({name: str(value) for name, value in facts.items()}, book)
    plan = plan_training(model, {**book.subject.settings, **settings}, book.subject.defaults)
    return search(Candidates(plan, book, known, run), named(progress, "computing changes"))


def _on_machine(model: Any, hardware: str, run: Run, progress: Progress | None, settings: Mapping[str, Any]) -> Advice:
    run = replace(run, progress=named(progress, "mapping layers"))
    spec = load_hardware(hardware)
    plan = plan_training(model, settings)
    trace = trace_inference(plan)
    counts = count(trace)
    problems = {
        number: problem_of(row.work.nests[0][0])[0]
        for number, row in enumerate(counts.rows)
        if row.work is not None and len(row.work.nests) == 1
    }
    workload = lower(counts, "inference")
    changes = [
        (w, n, _changed(w, n, problems)) for w in widths(trace) for n in nearby(w.size, _lanes(spec), w.multiple_of)
    ]
    asked = dict.fromkeys(p for _, _, change in changes for p in change.values())
    solved = _solve(workload, asked, spec, run)
    network = _Network(workload, solved, problems, trace, spec.levels[-1].name)
    suggestions = sorted(
        (network.suggestion(width, becomes, change) for width, becomes, change in changes),
        key=lambda s: (s.cycles, s.energy_pj, s.layers, s.becomes),
    )
    return Advice(
        subject=plan.subject.name.replace("\\", "/").rpartition("/")[2],
        hardware=spec.name,
        units=int(spec.compute.units.value),
        level=spec.levels[-1].name,
        macs=network.macs,
        cycles=network.cycles,
        energy_pj=network.energy_pj,
        spots=network.spots(),
        suggestions=tuple(_worth_saying(suggestions, network)),
        tried=len(changes),
        complete=all(cost.valid for cost in solved.values()) and not workload.uncounted,
    )


def _lanes(spec: HardwareSpec) -> int:
    """The widest row of the array: what a channel count should fill."""
    fans = [q for level in spec.levels for q in (level.fanout_x, level.fanout_y) if q is not None]
    return max((int(q.value) for q in fans), default=1)


def _changed(width: Width, becomes: int, problems: Mapping[int, LayerProblem]) -> Changed:
    changed: Changed = {}
    for use in width.uses:
        before = changed.get(use.call, problems[use.call])
        changed[use.call] = widened(before, use.dim, becomes * use.times)
    return changed


def _solve(
    workload: Workload, asked: Iterable[LayerProblem], spec: HardwareSpec, run: Run
) -> dict[LayerProblem, LayerCost]:
    known = {layer.problem: layer for layer in workload.layers}
    place = Place(part="forward", layer="(changed)", times=1)
    more = tuple(layer_of(problem, [place]) for problem in asked if problem not in known)
    whole = Workload(phase="inference", layers=(*workload.layers, *more), not_mapped=(), operations=1, bytes_moved=0)
    report = backends.load().estimate(whole, spec, Search(), run)
    return {cost.layer.problem: cost for cost in report.layers}


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
