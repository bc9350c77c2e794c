"""A step of the recipe's own that is given by name: a function of the model's file, or ``FILE.py:FUNCTION``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_args

from costmodel.errors import RecipeError
from costmodel.tracing.finding.importing import Session
from costmodel.tracing.finding.plan import Plan
from costmodel.tracing.finding.salvage import Missing
from costmodel.tracing.finding.subject import load_source, split_reference
from costmodel.tracing.hints import explained
from costmodel.tracing.reading.text import PYTHON
from costmodel.tracing.recipe.recipe import PhaseSpec, StepWord

_CALLED = "step(model, optimizer, batch)"


def with_step(plan: Plan, phase: PhaseSpec) -> PhaseSpec:
    """The phase with the function in place of its name; a word of ours, or a function, stays as it is.

    Raises:
        RecipeError: there is no such function, or it cannot be called as a step is.
        SubjectError: its file cannot be imported.
    """
    if not isinstance(phase.step, str) or phase.step in get_args(StepWord):
        return phase
    return phase.model_copy(update={"step": _named(plan, phase.step)})


def _named(plan: Plan, reference: str) -> Callable[..., Any]:
    place, name = split_reference(reference)
    if place.endswith(PYTHON) and name is not None:
        beside = Path(plan.reference).parent / place
        file = place if Path(place).is_file() else str(beside)
        module, _ = load_source(f"{file}:{name}", Session(plan.mode, plan.root))
        source: Mapping[str, Any] = vars(module)
        where = Path(place).name
    else:
        source, name, where = plan.subject.source, reference, "the model's file"
    step = source.get(name)
    if isinstance(step, Missing):
        with explained(RecipeError, f"step: {reference}"):
            step.fail()
    if not callable(step):
        words = ", ".join(get_args(StepWord))
        raise RecipeError(
            f"step: no function {name!r} in {where}; write {words}, the name of a function {_CALLED} in the model's "
            "file, or FILE.py:FUNCTION"
        )
    _check_arguments(step, name)
    function: Callable[..., Any] = step
    return function


def _check_arguments(step: Callable[..., Any], name: str) -> None:
    try:
        signature = inspect.signature(step)
    except (TypeError, ValueError):
        return  # no signature to check against: the call itself will tell
    try:
        signature.bind("model", "optimizer", "batch")
    except TypeError:
        parameters = ", ".join(signature.parameters)
        raise RecipeError(
            f"step: {name}({parameters}) has other arguments: it is called as {_CALLED}, one whole step"
        ) from None
