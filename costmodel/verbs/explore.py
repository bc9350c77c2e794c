"""Explore: one network in many sizes, each counted, mapped and judged, and the ones that no other beats."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from costmodel.advising.grid import KNOWN_ENDS, grid, on_front, parse_front, size_of
from costmodel.advising.layer_costs import LayerCosts
from costmodel.advising.runs import Measured, Runs, joined_runs
from costmodel.advising.standing import standing_of
from costmodel.backends.backend import Run, Search
from costmodel.backends.gpu.options import GpuOptions
from costmodel.errors import CostModelError, UsageError
from costmodel.files.progress import shown
from costmodel.files.workers import workers
from costmodel.hardware.gpu.cards import load_machine
from costmodel.hardware.machines import load_hardware
from costmodel.ir.analysis import Analysis
from costmodel.ir.exploration import Exploration, Point
from costmodel.ir.settings import Settings
from costmodel.ir.verdict import Verdict
from costmodel.rules.figures import Computed
from costmodel.rules.judging.given_facts import parse_facts
from costmodel.rules.judging.judge import judge
from costmodel.rules.schema.rulebook import Rulebook, load_rulebook
from costmodel.verbs.analyze import analysis_of
from costmodel.verbs.estimate import Progress, workload_of
from costmodel.verbs.gpu_estimate import estimate_on_gpu, names_gpu

if TYPE_CHECKING:
    from typing_extensions import Unpack

_BY_MACHINE = ("energy_mj", "cycles", "parameters")
_BY_COUNTING = ("parameters", "operations", "peak_activation_bytes")
_BY_GPU = ("parameters", "step_seconds", "card_bytes")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked of a network, whatever its arguments are; see :func:`explore`."""

    model: Any
    settings: Mapping[str, Any]
    rules: str | None
    hardware: str | None
    facts: Mapping[str, str]
    cache: bool

    def checked(self) -> None:
        """A wrong word is said before anything is computed.

        Raises:
            UsageError, UnknownNameError, RulebookError: it is one.
        """
        if self.rules is not None and self.hardware is not None:
            raise UsageError("give a rulebook, which has its machine, or a machine")
        if self.hardware is not None:
            load_machine(self.hardware)
        if self.rules is not None:
            parse_facts(self.facts, load_rulebook(self.rules))
        elif self.facts:
            raise UsageError("facts are for a rulebook: give one")

    def front(self, runs: Runs | None) -> tuple[str, ...]:
        """The figures of the front where none are named: what is computed, and what was measured of its success."""
        measured = () if runs is None else tuple(name for name in runs.names if name in KNOWN_ENDS)
        if self.hardware is not None and names_gpu(self.hardware):
            return (*_BY_GPU, *measured)
        return (*(_BY_MACHINE if self.has_machine else _BY_COUNTING), *measured)

    @property
    def has_machine(self) -> bool:
        """Whether there are energy and cycles."""
        return self.hardware is not None or (self.rules is not None and load_rulebook(self.rules).hardware is not None)


def explore(
    model: Any,
    space: Mapping[str, Sequence[Any]],
    *,
    rules: str | None = None,
    hardware: str | None = None,
    facts: Mapping[str, Any] | None = None,
    front: Sequence[str] = (),
    runs: str | Path | None = None,
    budget: int | None = None,
    seed: int = 0,
    cache: bool = False,
    jobs: int = 1,
    progress: Progress | bool | None = None,
    **settings: Unpack[Settings],
) -> Exploration:
    """Every combination of a network's arguments, with its figures, and the Pareto front of some of them.

    Args:
        model: see :func:`costmodel.trace`; a class or a function that takes the arguments.
        space: values by argument; one that is a setting (``batch``, ``input``, ``epochs``) is that.
        rules: also judge by this rulebook, with energy and cycles on its machine.
        hardware: also energy and cycles of an inference on this accelerator, or (medians of) seconds, memory and joules
            of a training step on this GPU.
        facts: with ``rules``: values measured elsewhere, the same for every point.
        front: figures of the front, ``f1:most`` where more of one is better; without them energy, cycles and parameters
            where there is a machine, else parameters, operations and peak activation; and the accuracy or error rate
            that ``runs`` has.
        runs: a CSV of measured runs, with a column for each argument that varies and one for each figure (accuracy);
            what the rulebook asks for of it is judged, point by point.
        budget: at most so many points, a sample of the grid by ``seed``.
        seed: of the sample.
        cache: take what is known from the user's cache folder, so that an interrupted exploration goes on.
        jobs: worker processes; 0 is one per core.
        progress: told how far the work is; without it a line on stderr says so after a second, if that is a terminal or
            a notebook, and False says nothing.
        settings: see :class:`costmodel.Settings`; the same for every point.

    Raises:
        UsageError, UnknownNameError, RulebookError: what is asked for, before anything is computed. A point that cannot
            be built or traced is there with its error.
    """
    given = {name: str(value) for name, value in (facts or {}).items()}
    asked = Asked(model=model, settings=settings, rules=rules, hardware=hardware, facts=given, cache=cache)
    asked.checked()
    chosen = grid(space, budget, seed)
    book = None if rules is None else load_rulebook(rules)
    measured = None if runs is None else joined_runs(runs, space, chosen, book, given)
    names, most = parse_front(tuple(front) or asked.front(measured), () if measured is None else measured.names)
    points: dict[int, Point] = {}
    stopped = False
    try:
        with shown(progress, "exploring") as told, workers(jobs if isinstance(model, str) else 1) as executor:
            for number, point in _computed(asked, chosen, measured, executor, told):
                points[number] = point
    except KeyboardInterrupt:
        if not points:
            raise
        stopped = True
    ordered = [points[number] for number in sorted(points)]
    unknown = [name for name in names if ordered and not any(name in point.figures for point in ordered)]
    if unknown and any(not point.error for point in ordered):
        known = ", ".join(dict.fromkeys(name for point in ordered for name in point.figures))
        raise UsageError(f"no point has the figure {unknown[0]}; known: {known}")
    best = on_front(ordered, names, most)
    return Exploration(
        subject=model if isinstance(model, str) else getattr(model, "__name__", type(model).__name__),
        axes={name: tuple(map(str, values)) for name, values in space.items()},
        front=names,
        points=tuple(replace(point, on_front=is_best) for point, is_best in zip(ordered, best, strict=True)),
        of=size_of(space),
        under=rules or hardware or "",
        most=most,
        notes=() if measured is None else measured.notes,
        stopped=stopped,
    )


def _computed(
    asked: Asked,
    chosen: Sequence[Mapping[str, Any]],
    runs: Runs | None,
    executor: Executor | None,
    progress: Progress | None,
) -> Iterator[tuple[int, Point]]:
    measured = [None if runs is None else runs.of(values) for values in chosen]
    if executor is None:
        for number, values in enumerate(chosen):
            yield number, _point(asked, values, measured[number])
            _tell(progress, number + 1, len(chosen))
        return
    futures = {executor.submit(_point, asked, values, measured[n]): n for n, values in enumerate(chosen)}
    try:
        for done, future in enumerate(as_completed(futures), 1):
            yield futures[future], future.result()
            _tell(progress, done, len(chosen))
    finally:  # after Ctrl-C nobody waits for what has not begun
        for future in futures:
            future.cancel()


def _tell(progress: Progress | None, done: int, total: int) -> None:
    if progress is not None:
        progress("computing points", done, total)


def _point(asked: Asked, values: Mapping[str, Any], measured: Measured | None = None) -> Point:
    """One point, with what was measured of it; one that does not run says why."""
    if measured is not None and measured.facts:
        asked = replace(asked, facts={**asked.facts, **measured.facts})
    own = {name: value for name, value in values.items() if name in Settings.__annotations__}
    options = {name: value for name, value in values.items() if name not in own}
    settings = {**asked.settings, **own}
    if options:
        settings["model_options"] = {**settings.get("model_options", {}), **options}
    shown = {name: str(value) for name, value in values.items()}
    try:
        figures, verdict = figures_of(asked, settings)
    except CostModelError as error:
        return Point(settings=shown, figures={}, error=str(error))
    outcome = "" if verdict is None else verdict.outcome.value
    return Point(settings=shown, figures={**figures, **(measured.figures if measured else {})}, outcome=outcome)


def figures_of(asked: Asked, settings: Mapping[str, Any]) -> tuple[dict[str, int | float], Verdict | None]:
    """Everything that is known of one network, and the verdict by the rulebook; None without one.

    Raises:
        CostModelError: it cannot be built or traced.
    """
    if asked.rules is not None:
        return _judged(asked, load_rulebook(asked.rules), settings)
    if asked.hardware is not None and names_gpu(asked.hardware):
        return _on_gpu(asked, asked.hardware, settings), None
    analysis = analysis_of(asked.model, settings, use_cache=asked.cache)
    figures = _counted(analysis)
    if asked.hardware is not None:
        workload = workload_of(asked.model, settings, phase="inference", use_cache=asked.cache)
        cost = _costs(asked.hardware, "", asked.cache).report(workload, Search())
        if cost.complete:
            figures |= {"energy_mj": cost.energy_mj, "cycles": cost.cycles}
    return figures, None


def _on_gpu(asked: Asked, card: str, settings: Mapping[str, Any]) -> dict[str, int | float]:
    """Medians of a training step on a GPU, beside what is counted."""
    analysis, found = estimate_on_gpu(asked.model, settings, card, GpuOptions(), phase=None)
    figures = _counted(analysis)
    if not found.complete:
        return figures
    figures |= {
        "step_seconds": found.time.step_seconds.median,
        "card_bytes": found.memory.card_bytes.median,
        "step_joules": found.energy.step_joules.median,
    }
    if found.time.training_seconds is not None:
        figures["training_seconds"] = found.time.training_seconds.median
    return figures


def _judged(asked: Asked, book: Rulebook, settings: Mapping[str, Any]) -> tuple[dict[str, int | float], Verdict]:
    whole, defaults = {**book.subject.settings, **settings}, book.subject.defaults
    analysis = analysis_of(asked.model, whole, defaults=defaults, random=book.convention.random, use_cache=asked.cache)
    computed = Computed(analysis)
    if book.hardware is not None:
        phase = book.hardware.phase
        workload = workload_of(asked.model, whole, phase=phase, use_cache=asked.cache, defaults=defaults)
        search = Search(search=book.hardware.search)
        costs = {search.search: _costs(book.hardware.machine, book.name, asked.cache).report(workload, search)}
        computed = Computed(analysis, costs=costs, search=search.search)
    verdict = judge(computed, book, parse_facts(asked.facts, book), subject="")
    standing = standing_of(verdict, book)
    figures = {**_counted(analysis), **standing.figures}
    if verdict.points is not None:
        figures["points"] = standing.points
    if standing.metric is not None:
        figures["metric"] = standing.metric
    return figures, verdict


def _counted(analysis: Analysis) -> dict[str, int | float]:
    totals = analysis.totals
    operations = totals.operations.step if totals.operations.training is None else totals.operations.training
    figures: dict[str, int | float] = {
        "parameters": totals.parameters,
        "peak_activation_bytes": totals.peak_activation_bytes.layer_io,
        "peak_memory_bytes": totals.peak_memory_bytes.total,
    }
    # a lower bound is no figure to compare
    return {**figures, "operations": operations, "macs": totals.macs.forward} if totals.complete else figures


@cache
def _costs(machine: str, rules: str, use_cache: bool) -> LayerCosts:
    """One for each process: equal layers of its points are mapped once."""
    spec = load_hardware(machine)
    rule = load_rulebook(rules).hardware if rules else None
    return LayerCosts(spec if rule is None else rule.on(spec), Run(cache=use_cache))
