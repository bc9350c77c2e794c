"""Put a training step together, from a recipe and from what the subject's file says of its own."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from costmodel.errors import RecipeError
from costmodel.tracing.finding.subject import LoadedSubject
from costmodel.tracing.hints import explained
from costmodel.tracing.inputs import batch_of, call, get_sizes
from costmodel.tracing.outputs import own_loss
from costmodel.tracing.recipe.recipe import TIMED, PhaseSpec, Recipe
from costmodel.tracing.recipe.schedule import Kind
from costmodel.tracing.step.forward_only import forward_only
from costmodel.tracing.step.lightning import labelled
from costmodel.tracing.step.losses import Criterion, criterion_of, scalar
from costmodel.tracing.step.optimizers import optimizers_of
from costmodel.tracing.step.own_words import own_words
from costmodel.tracing.step.parts import Parts
from costmodel.tracing.step.step import Step
from costmodel.tracing.step.techniques.accumulation import accumulate
from costmodel.tracing.step.techniques.averaging import average
from costmodel.tracing.step.techniques.clipping import clip
from costmodel.tracing.step.techniques.distillation import distil
from costmodel.tracing.step.techniques.lookahead import look_ahead
from costmodel.tracing.step.techniques.mixing import mix
from costmodel.tracing.step.techniques.precision import cast
from costmodel.tracing.step.techniques.sharpness import sharpen


def build_step(
    subject: LoadedSubject,
    recipe: Recipe,
    phase: PhaseSpec,
    batch_size: int,
    kind: Kind = frozenset(TIMED),
    teacher: LoadedSubject | None = None,
) -> Step:
    """Put the step of one phase together; call it inside the fake mode.

    A file's own ``training_step``, ``configure_optimizers``, ``example_batch`` and ``preprocess`` override
    the recipe's loss, optimizer and input.

    Args:
        subject: the model.
        recipe: of the training.
        phase: filled in.
        batch_size: of this step.
        kind: those of the techniques that come at every k-th step which are at work in this one.
        teacher: the model of ``phase.teacher``.
    """
    with explained(RecipeError, f"{subject.name}: putting the training step together failed"):
        return _built(subject, recipe, phase, batch_size, kind, teacher)


def _built(
    subject: LoadedSubject,
    recipe: Recipe,
    phase: PhaseSpec,
    batch_size: int,
    kind: Kind,
    teacher: LoadedSubject | None,
) -> Step:
    notes: list[str] = []
    model = subject.make().train()
    _freeze(model, phase.freeze)
    words = own_words(model, subject.source, notes)
    batch = batch_of(words, phase.input or recipe.input, batch_size, model, notes)
    preprocess = words.get("preprocess", lambda data: data)
    get_sizes(model, lambda: preprocess(batch))
    batch = labelled(words, batch, notes)
    roots = (subject.source, recipe.optimizer, phase.loss)
    if not phase.trains:
        evaluation = phase.step == "evaluate"
        return forward_only(model, batch, preprocess, notes, roots, evaluation=evaluation, autocast=phase.autocast)
    whole = phase.step if callable(phase.step) else None
    optimizers = optimizers_of(model, words, recipe, phase, notes, own_step=whole is not None)
    if whole is not None:
        _refuse_idle(phase)
        handed = optimizers[0] if len(optimizers) == 1 else list(optimizers) or None
        run_whole = lambda: whole(model, handed, preprocess(batch))  # noqa: E731
        return Step(model, optimizers, batch, run_whole, None, notes, (*roots, whole), phase.cycle or 1)
    loss_of, criterion = _loss(words, phase, notes)
    parts = Parts(model, optimizers, batch, preprocess, loss_of, criterion, notes=notes)
    _apply(phase, parts, batch_size, kind, teacher)
    return _assembled(parts, roots, phase.cycle or 1)


def _loss(
    words: Mapping[str, Any], phase: PhaseSpec, notes: list[str]
) -> tuple[Callable[[nn.Module, Any], Any], Criterion | None]:
    if "training_step" in words:
        own = words["training_step"]
        return lambda model, data: scalar(own(model, data)), None
    loss = phase.loss if phase.loss is not None else "cross_entropy"
    if callable(loss):
        function = loss
        return lambda model, data: scalar(function(call(model, data), data)), None
    if loss == "output":
        return lambda model, data: scalar(_own_loss(call(model, data), notes)), None
    criterion = criterion_of(loss, phase.loss_options or {}, notes)
    return lambda model, data: scalar(criterion.of(model, data)), criterion


def _own_loss(output: Any, notes: list[str]) -> Any:
    taken = own_loss(output)
    if taken is None:
        if getattr(output, "loss", output) is None:
            raise RecipeError(
                "loss: the model's output has one only where the model gets labels: give them as an input by the "
                "argument's name (labels=1:int64), or name a loss"
            )
        return output
    if taken.note and taken.note not in notes:
        notes.append(taken.note)
    return taken.tensor


def _apply(phase: PhaseSpec, parts: Parts, batch_size: int, kind: Kind, teacher: LoadedSubject | None) -> None:
    """The techniques of a phase, from the innermost to the outermost."""
    if teacher is not None:
        distil(parts, teacher.make())
    if phase.mix is not None:
        mix(parts, phase.mix)
    if phase.autocast is not None:
        cast(parts, phase.autocast)
    parts.gradients = _plain(parts)
    if phase.accumulate is not None and phase.accumulate > 1:
        accumulate(parts, phase.batch or batch_size, phase.accumulate)
    if phase.sam is not None and "sam" in kind:
        sharpen(parts)
    if phase.clip is not None:
        clip(parts, phase.clip)
    if phase.lookahead is not None:
        look_ahead(parts, now="lookahead" in kind)
    if phase.average is not None:
        average(parts, now="average" in kind)


def _plain(parts: Parts) -> Callable[[], None]:
    def gradients() -> None:
        parts.zero()
        parts.backward_of(parts.preprocess(parts.batch))

    return gradients


def _assembled(parts: Parts, roots: tuple[Any, ...], cycle: int) -> Step:
    def update() -> None:
        for work in parts.before_update:
            work()
        for optimizer in parts.optimizers:
            parts.updates(optimizer)
        for work in parts.after_update:
            work()

    def whole() -> None:
        parts.gradients()
        update()

    criterion = parts.criterion
    return Step(
        parts.model,
        parts.optimizers,
        parts.batch,
        parts.gradients if parts.in_halves else whole,
        update if parts.in_halves else None,
        parts.notes,
        roots,
        cycle,
        {} if criterion is None else criterion.targets,
        tuple(parts.keeps),
        tuple(parts.beside),
    )


def _refuse_idle(phase: PhaseSpec) -> None:
    """Techniques beside a step that is a single function."""
    used = phase.used()
    if used or phase.loss_options:
        name = used[0] if used else "loss_options"
        raise RecipeError(f"{name} has no effect: the step is a function of the recipe's own, which does everything")


def _freeze(model: nn.Module, patterns: tuple[str, ...]) -> None:
    names = dict(model.named_parameters())
    for pattern in patterns:
        hits = fnmatch.filter(names, pattern)
        if not hits:
            raise RecipeError(f"freeze: no parameter matches {pattern!r}; names look like {next(iter(names), '?')}")
        for name in hits:
            names[name].requires_grad_(False)
