"""Trace a whole training: every phase of the recipe, and the last partial batch where there is one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from costmodel.errors import RecipeError, TraceError, joined
from costmodel.ir.trace import Trace
from costmodel.ir.training import TracedPhase, Training
from costmodel.tracing import compat
from costmodel.tracing.fake import FakeMode
from costmodel.tracing.finding.choice import Known, choose
from costmodel.tracing.finding.importing import Session
from costmodel.tracing.finding.plan import Plan as Plan
from costmodel.tracing.finding.plan import plan_named, plan_object, plan_recipe_file
from costmodel.tracing.finding.subject import split_reference
from costmodel.tracing.inference import trace_inference as trace_inference
from costmodel.tracing.inputs import OWN_BATCH_WORD, from_example, is_example, own_batch_size, sizes_of
from costmodel.tracing.reading.text import PYTHON
from costmodel.tracing.recipe import PhaseSpec, schedule
from costmodel.tracing.step import build_step
from costmodel.tracing.tracer import trace_step


def plan_training(model: Any, settings: Mapping[str, Any], defaults: Mapping[str, Any] | None = None) -> Plan:
    """Find the subject and its recipe.

    Args:
        model: ``FILE.py[:NAME]``, ``package.module:NAME``, a ``recipe.yaml``, or a class, instance or function; a file
            without a name gives the model that its own code presents. A plan is given back as it is.
        settings: fields of :class:`Recipe` that were given explicitly; they override the file's own recipe.
        defaults: fields of :class:`Recipe` for a subject that brings no recipe; everything overrides them.

    Raises:
        SubjectError, RecipeError: see there.
    """
    if isinstance(model, Plan):
        return model
    if is_example(settings.get("input")):
        shapes = {name: value for name, value in settings.items() if name != "input"}
        plan = plan_training(model, shapes, defaults)
        own = {**plan.subject.source, OWN_BATCH_WORD: from_example(settings["input"])}
        return replace(plan, subject=replace(plan.subject, source=own), example=sizes_of(settings["input"]))
    given = {**(defaults or {}), **settings}
    if not isinstance(model, (str, Path)):
        return plan_object(model, given)
    reference = str(model)
    if reference.endswith((".yaml", ".yml")):
        return plan_recipe_file(reference, settings)
    file, name = split_reference(reference)
    if not file.endswith(PYTHON) or not Path(file).is_file():
        return plan_named(reference, given, Session(FakeMode()))
    known = Known(file=Path(file).name if name else None, name=name, settings=settings, defaults=defaults or {})
    return choose(Path(file), known).plan


def _last(traced: Callable[[PhaseSpec, int], Trace], phase: PhaseSpec, rest: int) -> Trace:
    """The trace of an epoch's last partial batch; what fails on it alone is said with its size."""
    try:
        return traced(phase, rest)
    except TraceError as error:
        hint = joined(error.hint, "--drop-last leaves it out")
        raise TraceError(f"the last partial batch of {rest}: {error.message}", hint=hint) from error


_SCHEDULE = ("samples", "epochs", "steps", "drop_last", "batch")
"""Fields of a phase that do not change its steps."""


def _with_own_batch(plan: Plan, phase: PhaseSpec) -> PhaseSpec:
    """The phase with the batch size of a file that brings a whole batch."""
    with plan.mode:
        size = own_batch_size(plan.subject.source)
    if size is None:
        return phase
    own = phase.model_copy(update={"batch": size})
    rest = schedule(own)[1]
    if rest:
        raise RecipeError(
            f"{plan.subject.name}: each epoch ends with a batch of {rest}, but example_batch() always has {size}; "
            "let it take the number of samples, example_batch(n), or set drop_last"
        )
    return own


def trace_training(plan: Plan) -> Training:
    """Trace every phase of a plan; equal steps are traced once.

    Raises:
        TraceError: a step does not run on fake tensors.
        RecipeError: a step cannot be put together.
    """
    traces: list[tuple[PhaseSpec, int, Trace]] = []

    def traced(phase: PhaseSpec, batch: int) -> Trace:
        what = phase.model_copy(update=dict.fromkeys(_SCHEDULE) | {"name": ""})
        for known, size, trace in traces:
            if (known, size) == (what, batch):
                return trace
        with plan.mode, compat.quiet():
            trace = trace_step(build_step(plan.subject, plan.recipe, phase, batch))
        traces.append((what, batch, trace))
        return trace

    phases = []
    for number, stretch in enumerate(plan.recipe.stretches()):
        phase = _with_own_batch(plan, stretch)
        steps, rest = schedule(phase)
        if rest and (phase.cycle or 1) > 1:
            raise RecipeError(
                f"phase {phase.name!r}: the last batch of each epoch, of {rest}, comes at another place of the cycle "
                "each time; set drop_last, or choose a batch that divides the samples"
            )
        batch = phase.batch or 1
        if steps == 0 and not rest:
            raise RecipeError(
                f"phase {phase.name!r} has no step: {phase.samples} samples make no full batch of {batch}, "
                "and the last partial batch is dropped"
            )
        phases.append(
            TracedPhase(
                name=phase.name,
                batch=batch,
                steps=steps,
                trace=traced(phase, batch),
                makes_state=number == 0 or phase.optimizer is not None,
                last_batch=rest,
                last_steps=(phase.epochs or 1) if rest else 0,
                last_trace=_last(traced, phase, rest) if rest else None,
            )
        )
    return Training(phases=tuple(phases))
