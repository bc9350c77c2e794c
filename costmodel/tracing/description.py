"""A traced plan in the user's words: which model, input, loss and optimizer were analysed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from costmodel.ir.analysis import INFERENCE, OWN_BATCH, OWN_OPTIMIZER, OWN_STEP, WHOLE_STEP, Subject
from costmodel.ir.judged import Judged
from costmodel.ir.training import Training
from costmodel.tracing.finding.identity import class_place
from costmodel.tracing.finding.plan import Plan
from costmodel.tracing.inputs import OWN_BATCH_WORD
from costmodel.tracing.reading.text import place_in, split_place
from costmodel.tracing.recipe.input_spec import InputSpec
from costmodel.tracing.recipe.recipe import PhaseSpec, Recipe, StepWord
from costmodel.tracing.step.own_words import words_of_file


def describe(plan: Plan, training: Training, *, random: bool = True, digest: str = "") -> Subject:
    """The subject of an analysis.

    Args:
        plan: what was traced.
        training: its traces.
        random: whether random numbers count as operations.
        digest: of the subject's source; "" if there is none.
    """
    recipe = plan.recipe
    first = recipe.stretches()[0]
    words = words_of_file(plan.subject.source)
    return Subject(
        name=_short(plan.subject.name),
        model_options={name: str(value) for name, value in sorted(recipe.model_options.items())},
        input=plan.example or (OWN_BATCH if OWN_BATCH_WORD in words else _listed(first.input)),
        batch=training.phases[0].batch,
        loss=OWN_STEP if "training_step" in words else _loss(first),
        optimizer=_optimizer(recipe, first.optimizer, words),
        samples=first.samples,
        epochs=first.epochs,
        convention="haet" if random else "haet without random",
        source_digest=digest,
        judged=judged_of(plan),
        techniques=_techniques(first),
    )


def describe_inference(plan: Plan, *, random: bool = True, digest: str = "") -> Subject:
    """The subject of an analysis of one forward pass; see :func:`describe`."""
    recipe = plan.recipe
    own = OWN_BATCH_WORD in words_of_file(plan.subject.source)
    return Subject(
        name=_short(plan.subject.name),
        model_options={name: str(value) for name, value in sorted(recipe.model_options.items())},
        input=plan.example or (OWN_BATCH if own else _listed(recipe.stretches()[0].input)),
        batch=1,
        loss="",
        optimizer="",
        samples=None,
        epochs=None,
        convention="haet" if random else "haet without random",
        source_digest=digest,
        judged=judged_of(plan),
        phase=INFERENCE,
    )


def _listed(inputs: tuple[InputSpec, ...] | None) -> str:
    return ", ".join(map(str, inputs or ()))


def judged_of(plan: Plan) -> Judged:
    """The class of a plan's model, and where the submission has it; its parameters are counted with the rest."""
    with plan.mode:
        place = class_place(plan.subject.kind())
    file, line = place.file, place.line
    if line:
        file, line = place_in(file, line, _within(Path(file), plan))
    elif plan.subject.place:
        file, line = split_place(plan.subject.place)
    return Judged(
        name=place.name.rpartition(">.")[2],
        file=file,
        line=line,
        arguments=plan.subject.arguments,
        because=plan.subject.because,
    )


def _within(file: Path, plan: Plan) -> str:
    """A file within the submission, else its name: folders of this machine are nobody's business."""
    root = plan.root.resolve() if plan.root is not None else None
    return file.relative_to(root).as_posix() if root is not None and file.is_relative_to(root) else file.name


def _short(reference: str) -> str:
    """The subject without its folders: an analysis says the same wherever the file lies."""
    return reference.replace("\\", "/").rpartition("/")[2]


def _name(value: Any) -> str:
    return value if isinstance(value, str) else getattr(value, "__name__", type(value).__name__)


def _loss(phase: PhaseSpec) -> str:
    if phase.step is not None and phase.step not in get_args(StepWord):
        return WHOLE_STEP
    options = ", ".join(f"{k}={v}" for k, v in sorted((phase.loss_options or {}).items()))
    return f"{_name(phase.loss)}({options})" if options else _name(phase.loss)


def _techniques(phase: PhaseSpec) -> tuple[str, ...]:
    values = {name: getattr(phase, name) for name in phase.used()}
    return tuple(f"{name} {_short(_name(v)) if not isinstance(v, int) else v}" for name, v in values.items())


def _optimizer(recipe: Recipe, of_phase: Any, words: Mapping[str, Any]) -> str:
    if of_phase is None and "configure_optimizers" in words:
        return OWN_OPTIMIZER
    name = _name(of_phase or recipe.optimizer)
    options = ", ".join(f"{k}={v}" for k, v in sorted(recipe.optimizer_options.items()))
    return f"{name}({options})" if options else name
