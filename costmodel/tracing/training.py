"""Trace a whole training: every phase of the recipe, and the last partial batch where there is one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from costmodel.errors import RecipeError, TraceError, joined
from costmodel.ir.trace import Trace
from costmodel.ir.training import TracedPhase, Training
from costmodel.tracing import compat
from costmodel.tracing.hints import explained
from costmodel.tracing.recipe import PhaseSpec, Recipe, make_recipe, read_recipe, schedule
from costmodel.tracing.step import build_inference, build_step, own_batch_size
from costmodel.tracing.subject import LoadedSubject, find_model, from_object, load_source
from costmodel.tracing.tracer import trace_step


@dataclass(frozen=True)
class Plan:
    """A subject with its recipe, inside the fake mode that both need."""

    subject: LoadedSubject
    recipe: Recipe
    mode: compat.FakeTensorMode


def plan_training(model: Any, settings: Mapping[str, Any], defaults: Mapping[str, Any] | None = None) -> Plan:
    """Find the subject and its recipe.

    Args:
        model: ``FILE.py[:NAME]``, ``package.module:NAME``, a ``recipe.yaml``, or a class, instance or function.
        settings: fields of :class:`Recipe` that were given explicitly; they override the file's own recipe.
        defaults: fields of :class:`Recipe` for a subject that brings no recipe; everything overrides them.

    Raises:
        SubjectError, RecipeError: see there.
    """
    mode = compat.fake_mode()
    given = {**(defaults or {}), **settings}
    if not isinstance(model, (str, Path)):
        recipe = make_recipe(given, "arguments")
        label = getattr(model, "__name__", type(model).__name__)
        return Plan(from_object(model, recipe.model_options, label), recipe, mode)
    reference = str(model)
    if reference.endswith((".yaml", ".yml")):
        recipe = _overridden(read_recipe(Path(reference)), settings)
        if recipe.model is None:
            raise RecipeError(f"{reference}:1: model: missing; name it as FILE.py:NAME")
        return Plan(_subject(recipe.model, recipe, mode), recipe, mode)
    module, name = load_source(reference, mode)
    if name is None and callable(getattr(module, "recipe", None)):
        recipe = _overridden(_own_recipe(module, reference, mode), settings)
        if isinstance(recipe.model, str):
            beside = str(Path(reference).parent / recipe.model) if ".py" in recipe.model else recipe.model
            return Plan(_subject(beside, recipe, mode), recipe, mode)
        subject = from_object(recipe.model, recipe.model_options, reference, vars(module))
        return Plan(subject, recipe, mode)
    recipe = make_recipe(given, "arguments")
    return Plan(find_model(module, name, recipe.model_options, reference), recipe, mode)


def _own_recipe(module: ModuleType, reference: str, mode: compat.FakeTensorMode) -> Recipe:
    with mode, explained(RecipeError, f"{reference}: recipe() failed"):
        data = module.recipe()
    return data if isinstance(data, Recipe) else make_recipe(data, f"{reference}: recipe()")


def _last(traced: Callable[[PhaseSpec, int], Trace], phase: PhaseSpec, rest: int) -> Trace:
    """The trace of an epoch's last partial batch; what fails on it alone is said with its size."""
    try:
        return traced(phase, rest)
    except TraceError as error:
        hint = joined(error.hint, "--drop-last leaves it out")
        raise TraceError(f"the last partial batch of {rest}: {error.message}", hint=hint) from error


def _overridden(recipe: Recipe, settings: Mapping[str, Any]) -> Recipe:
    if not settings:
        return recipe
    given = make_recipe(settings, "arguments")
    return recipe.model_copy(update={name: getattr(given, name) for name in settings})


def _subject(model: Any, recipe: Recipe, mode: compat.FakeTensorMode) -> LoadedSubject:
    if not isinstance(model, str):
        return from_object(model, recipe.model_options, getattr(model, "__name__", "model"))
    module, name = load_source(model, mode)
    return find_model(module, name, recipe.model_options, model)


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


def trace_inference(plan: Plan) -> Trace:
    """Trace the forward pass of one sample in evaluation mode (the lab's inference has batch 1).

    Raises:
        TraceError: it does not run on fake tensors.
    """
    with plan.mode:
        return trace_step(build_inference(plan.subject, plan.recipe))


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
