"""Advise: make changes in the network, analyse each changed network as a whole, and compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar, overload

from costmodel.advising.by_machine import ByMachine
from costmodel.advising.by_rules import ByRules
from costmodel.advising.candidates import Candidates
from costmodel.advising.search import search
from costmodel.advising.spots import mapped
from costmodel.advising.standing import worth_of
from costmodel.backends.backend import Run
from costmodel.errors import FormatError, UnknownNameError, UsageError
from costmodel.files import cache as store
from costmodel.files.fingerprint import fingerprint
from costmodel.files.progress import shown
from costmodel.hardware.machines import load_hardware
from costmodel.ir.advice import Advice
from costmodel.ir.codec import dumps, loads
from costmodel.ir.tips import Tips
from costmodel.mapping.objective import LATENCY, OBJECTIVES
from costmodel.passes.lower import lower
from costmodel.passes.work import count
from costmodel.rules.judging.given_facts import parse_facts
from costmodel.rules.schema.rulebook import Rulebook, load_rulebook
from costmodel.rules.value import FactSheet
from costmodel.tracing.training import Plan, plan_training, trace_inference, trace_training
from costmodel.verbs.estimate import PHASES, Progress, named
from costmodel.verbs.gpu_advice import advise_on_gpu
from costmodel.verbs.gpu_estimate import names_gpu

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from costmodel.ir.settings import Settings


@overload
def advise(
    model: Any,
    hardware: str,
    *,
    phase: str | None = None,
    objective: str = LATENCY.name,
    cache: bool = False,
    jobs: int = 1,
    progress: Progress | bool | None = None,
    **settings: Unpack[Settings],
) -> Any: ...


@overload
def advise(
    model: Any,
    *,
    rules: str,
    facts: Mapping[str, Any] | None = None,
    cache: bool = False,
    jobs: int = 1,
    progress: Progress | bool | None = None,
    **settings: Unpack[Settings],
) -> Tips: ...


def advise(
    model: Any,
    hardware: str | None = None,
    *,
    rules: str | None = None,
    facts: Mapping[str, Any] | None = None,
    phase: str | None = None,
    objective: str = LATENCY.name,
    cache: bool = False,
    jobs: int = 1,
    progress: Progress | bool | None = None,
    **settings: Unpack[Settings],
) -> Any:
    """What to change in a network: for points under a rulebook, or for cycles and picojoules on a machine.

    Each change is made in the built network, which is then traced, mapped and judged as a whole, as
    :func:`costmodel.check` and :func:`costmodel.estimate` do it: what is promised is what comes out. Changes are those
    that people make: channel counts, strides, kernels, separable and grouped forms, bottlenecks, folded or smaller
    images, a smaller classifier, a layer or a block less; and, where a rulebook counts the training, batch, epochs,
    optimizer, frozen layers, smaller images at first, and rarer evaluation. For a machine also: where the cycles and
    the energy go. Ctrl-C ends the search with what it has found.

    Args:
        model: see :func:`costmodel.trace`; its layers are modules.
        hardware: a machine's name, or the path of a hardware YAML or of a course's own Timeloop folder.
        rules: a rulebook's name, or the path of a rulebook YAML; instead of a machine.
        facts: with ``rules``: values measured elsewhere, see :func:`costmodel.judge`; they are taken to stay.
        phase: on a machine: ``inference`` (of one sample, on an accelerator), or a ``training`` step; None is
            inference on an accelerator and training on a GPU.
        objective: on a machine: what mappings and changes are compared by, ``latency``, ``energy`` or ``edp``.
        cache: take solved layers from the user's cache folder and put new ones there.
        jobs: worker processes; 0 is one per core.
        progress: told how far the work is; without it a line on stderr says so after a second, if that is a terminal or
            a notebook, and False says nothing.
        settings: see :class:`costmodel.Settings`.

    Returns:
        :class:`costmodel.Tips` under a rulebook, :class:`costmodel.Advice` on an accelerator, and on a GPU
        :class:`costmodel.GpuAdvice`: what the seconds go to, and other ways to run the same training.

    Raises:
        SubjectError, RecipeError, TraceError, UsageError, RulebookError: what, where, what to do.
    """
    run = Run(cache=cache, jobs=jobs)
    if rules is not None and hardware is None:
        if (phase, objective) != (None, LATENCY.name):
            raise UsageError("phase and objective are for a machine: a rulebook says its own")
        with shown(progress, "advising") as told:
            return _tips(model, rules, facts or {}, run, told, settings)
    if hardware is None or rules is not None:
        raise UsageError("advise needs a rulebook (rules), or a machine (hardware)")
    if facts:
        raise UsageError("facts are for a rulebook: a machine asks for none")
    if phase is not None and phase not in PHASES:
        raise UnknownNameError("phase", phase, PHASES)
    if objective not in OBJECTIVES:
        raise UnknownNameError("objective", objective, OBJECTIVES)
    if names_gpu(hardware):
        if objective != LATENCY.name:
            raise UsageError(f"objective {objective} is for accelerators; on a GPU seconds are compared")
        with shown(progress, "advising"):
            return advise_on_gpu(model, settings, hardware, phase=phase)
    machine = load_hardware(hardware)
    with shown(progress, "advising") as told:
        aim = ByMachine(machine, objective, phase or PHASES[0], replace(run, progress=named(told, "mapping layers")))
        return _on_machine(model, aim, run, told, settings)


def _tips(
    model: Any, rules: str, facts: Mapping[str, Any], run: Run, progress: Progress | None, settings: Mapping[str, Any]
) -> Tips:
    book = load_rulebook(rules)
    known = parse_facts({name: str(value) for name, value in facts.items()}, book)
    given, defaults = {**book.subject.settings, **settings}, book.subject.defaults
    machine = None if book.hardware is None else load_hardware(book.hardware.machine).digest
    words = {
        "settings": given,
        "defaults": defaults,
        "book": book.model_dump_json(),
        "machine": machine,
        "facts": facts,
    }
    key = _key(model, words, run)
    found = _known(Tips, key)
    if found is not None:
        return found
    plan = plan_training(model, given, defaults)
    return _kept(key, plan, _computed_tips(plan, book, known, run, progress))


def _computed_tips(plan: Plan, book: Rulebook, facts: FactSheet, run: Run, progress: Progress | None) -> Tips:
    found = search(Candidates(plan, ByRules(book, facts, run)), named(progress, "computing changes"))
    verdict = found.start.verdict
    assert verdict is not None  # a rulebook gives one
    return Tips(
        verdict=verdict,
        now=found.start.standing,
        order="ascending" if book.ranking is None else book.ranking.order,
        worth=worth_of(verdict, book),
        single=found.single,
        sequence=found.sequence,
        tried=found.tried,
        unfit=found.unfit,
        receptive=found.start.receptive,
        stopped=found.stopped,
    )


def _on_machine(model: Any, aim: ByMachine, run: Run, progress: Progress | None, settings: Mapping[str, Any]) -> Advice:
    words = {"settings": settings, "machine": aim.machine.digest, "phase": aim.phase, "objective": aim.objective.name}
    key = _key(model, words, run)
    found = _known(Advice, key)
    if found is not None:
        return found
    plan = plan_training(model, settings)
    return _kept(key, plan, _computed_advice(plan, aim, progress))


def _computed_advice(plan: Plan, aim: ByMachine, progress: Progress | None) -> Advice:
    trace = trace_inference(plan) if aim.phase == PHASES[0] else trace_training(plan).phases[0].trace
    counts = count(trace)
    network = mapped(lower(counts, aim.phase), counts, trace, aim)
    found = search(Candidates(plan, aim), named(progress, "computing changes"))
    return Advice(
        subject=plan.subject.name.replace("\\", "/").rpartition("/")[2],
        hardware=aim.machine.name,
        units=int(aim.machine.compute.units.value),
        level=aim.machine.levels[-1].name,
        macs=network.macs,
        cycles=network.cycles,
        energy_pj=network.energy_pj,
        spots=network.spots,
        suggestions=network.suggestions,
        tried=network.tried,
        complete=network.complete,
        phase=aim.phase,
        objective=aim.objective.name,
        now=found.start.standing,
        changes=found.single,
        sequence=found.sequence,
        changes_tried=found.tried,
        unfit=found.unfit,
        receptive=found.start.receptive,
        stopped=found.stopped,
    )


def _key(model: Any, words: Mapping[str, Any], run: Run) -> str | None:
    """Of an answer in the user's cache folder; None where it is not looked for, or hangs on more than files."""
    return fingerprint(model, {**words, "advice": True}) if run.cache and isinstance(model, str) else None


_Answer = TypeVar("_Answer", Advice, Tips)


def _known(kind: type[_Answer], key: str | None) -> _Answer | None:
    text = None if key is None else store.load(_STORE, key)
    try:
        return None if text is None else loads(kind, text, kind.SCHEMA)
    except FormatError:
        return None  # damaged, or of another version: made again


def _kept(key: str | None, plan: Plan, answer: _Answer) -> _Answer:
    """What was cut off, or hangs on what is installed here, is not kept."""
    if key is not None and not answer.stopped and not plan.mode.is_partial:
        store.store(_STORE, key, dumps(answer, answer.SCHEMA))
    return answer


_STORE = "advice"
