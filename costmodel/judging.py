"""The verb behind ``check``: what a rulebook needs of a subject, computed, and then judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from costmodel.ir.analysis import Analysis
from costmodel.ir.cost import CostReport
from costmodel.ir.verdict import AS_WRITTEN, Finding, Verdict
from costmodel.ir.workload import Workload
from costmodel.rules.figures import Computed
from costmodel.rules.judging.judge import judge
from costmodel.rules.schema.rulebook import HardwareRule, Rulebook
from costmodel.rules.value import FactSheet
from costmodel.verbs.analyze import analyze_subject
from costmodel.verbs.estimate import workload_of

Progress = Callable[[int, int], None]


def check_subject(
    model: Any,
    book: Rulebook,
    settings: Mapping[str, Any],
    facts: FactSheet,
    *,
    track: str | None = None,
    reading: str = AS_WRITTEN,
    contract: tuple[Finding, ...] = (),
    use_cache: bool = False,
    jobs: int = 1,
    progress: Progress | None = None,
) -> Verdict:
    """Analyse a subject with the rulebook's defaults, map it onto the rulebook's machine, and judge it."""
    settings = {**book.subject.settings, **settings}
    analysis = analyze_subject(
        model, settings, defaults=book.subject.defaults, random=book.convention.random, use_cache=use_cache
    )
    costs: dict[str, CostReport] = {}
    if book.hardware is not None:
        phase = book.hardware.phase
        workload = workload_of(model, settings, phase=phase, use_cache=use_cache, defaults=book.subject.defaults)
        costs = costs_of(workload, book.hardware, use_cache=use_cache, jobs=jobs, progress=progress)
    computed = computed_of(book, analysis, costs)
    return judge(computed, book, facts, subject=analysis.subject.name, track=track, reading=reading, contract=contract)


def costs_of(
    workload: Workload, rule: HardwareRule, *, use_cache: bool, jobs: int = 1, progress: Progress | None = None
) -> dict[str, CostReport]:
    """Energy and cycles on the rulebook's machine: the search that counts, and those beside it."""
    from costmodel.backends.analytical.estimate import estimate
    from costmodel.hardware.machines import load_hardware

    spec = rule.on(load_hardware(rule.machine))
    return {
        search: estimate(workload, spec, search=search, use_cache=use_cache, jobs=jobs, progress=progress)
        for search in (rule.search, *rule.beside)
    }


def computed_of(book: Rulebook, analysis: Analysis, costs: Mapping[str, CostReport]) -> Computed:
    """What the judge may look at; a cost report that the analysis itself holds counts where it is of the right kind."""
    rule = book.hardware
    if rule is None:
        return Computed(analysis)
    own = analysis.cost
    held = {**costs}
    if not held and own is not None and (own.hardware, own.phase) == (rule.machine, rule.phase):
        held[own.search] = own
    return Computed(analysis, costs=held, search=rule.search)
