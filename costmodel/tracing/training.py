"""From what a user names to a trace: plan a training, and trace it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from costmodel.errors import TraceError
from costmodel.ir.trace import Trace
from costmodel.ir.training import Training
from costmodel.tracing.finding.choice import Known, choose, plan_of_recipe
from costmodel.tracing.finding.command_line import script_args
from costmodel.tracing.finding.importing import Session
from costmodel.tracing.finding.plan import Plan as Plan
from costmodel.tracing.finding.plan import plan_named, plan_object
from costmodel.tracing.finding.subject import split_reference
from costmodel.tracing.inference import trace_inference as trace_inference
from costmodel.tracing.inputs import OWN_BATCH_WORD, from_example, is_example, sizes_of
from costmodel.tracing.modes.real import for_real, new_mode
from costmodel.tracing.phases import trace_training as trace_training
from costmodel.tracing.reading.text import PYTHON


def plan_training(model: Any, settings: Mapping[str, Any], defaults: Mapping[str, Any] | None = None) -> Plan:
    """Find the subject and its recipe.

    Args:
        model: ``FILE.py[:NAME]``, ``FOLDER[:NAME]``, ``package.module:NAME``, a ``recipe.yaml``, or a class, instance
            or function; a file or folder without a name gives the model that its own code presents. A plan is given
            back as it is.
        settings: fields of :class:`Recipe` that were given explicitly; they override the file's own recipe.
        defaults: fields of :class:`Recipe` for a subject that brings no recipe; everything overrides them.

    Raises:
        SubjectError, RecipeError: see there.
    """
    if isinstance(model, Plan):
        return model
    words = settings.get("script_args", (defaults or {}).get("script_args", ""))
    with script_args(words if isinstance(words, str) else ""):  # anything else is refused with the recipe
        return _planned(model, settings, defaults)


def _planned(model: Any, settings: Mapping[str, Any], defaults: Mapping[str, Any] | None) -> Plan:
    if is_example(settings.get("input")):
        shapes = {name: value for name, value in settings.items() if name != "input"}
        plan = _planned(model, shapes, defaults)
        own = {**plan.subject.source, OWN_BATCH_WORD: from_example(settings["input"])}
        return replace(plan, subject=replace(plan.subject, source=own), example=sizes_of(settings["input"]))
    given = {**(defaults or {}), **settings}
    if not isinstance(model, (str, Path)):
        return plan_object(model, given)
    reference = str(model)
    if reference.endswith((".yaml", ".yml")):
        return plan_of_recipe(reference, settings)
    if Path(reference).is_dir():
        return choose(Path(reference), Known(settings=settings, defaults=defaults or {})).plan
    file, name = split_reference(reference)
    if name and Path(file).is_dir():
        return choose(Path(file), Known(name=name, settings=settings, defaults=defaults or {})).plan
    if not file.endswith(PYTHON) or not Path(file).is_file():
        return plan_named(reference, given, Session(new_mode()))
    known = Known(file=Path(file).name if name else None, name=name, settings=settings, defaults=defaults or {})
    return choose(Path(file), known).plan


Traced = TypeVar("Traced", Trace, Training)


def planned_and_traced(
    model: Any,
    settings: Mapping[str, Any],
    defaults: Mapping[str, Any] | None,
    trace: Callable[[Plan], Traced],
    *,
    concrete: bool = False,
) -> tuple[Plan, Traced]:
    """Plan a training and trace it, or its inference.

    Args:
        model: see :func:`plan_training`.
        settings: see there.
        defaults: see there.
        trace: what is traced of a plan.
        concrete: what hangs on the values of tensors is recorded on real ones; what does not is the same without.

    Raises:
        SubjectError, RecipeError, TraceError: see there.
    """
    plan = plan_training(model, settings, defaults)
    try:
        traced = trace(plan)
        if not concrete or not _varies(traced):
            return plan, traced
    except TraceError:
        if not concrete:
            raise
    with for_real():
        again = model.again if isinstance(model, Plan) else None
        plan = plan_training(model, settings, defaults) if again is None else again({})
        return plan, trace(plan)


def _varies(traced: Trace | Training) -> bool:
    if isinstance(traced, Trace):
        return bool(traced.varies)
    return any(phase.trace.varies for phase in traced.phases)
