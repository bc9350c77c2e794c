"""A plan whose network has been changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import nn

from costmodel.errors import SubjectError, UnfitError
from costmodel.tracing import compat
from costmodel.tracing.finding.arguments import resizings
from costmodel.tracing.finding.plan import Plan
from costmodel.tracing.inputs import batch_of, call
from costmodel.tracing.step.forward_only import no_fast_path
from costmodel.tracing.step.own_words import own_words
from costmodel.tracing.surgery.change import Change, Seen, Shape, change_kinds
from costmodel.tracing.surgery.refit import Conv, refit


def changed(plan: Plan, changes: Sequence[Change]) -> Plan:
    """The plan of a network with these changes in it, one after the other; it is made once, when it is asked for.

    Raises:
        UnfitError: when it is built: the network does not run with them.
    """
    made: list[nn.Module] = []
    recipe = plan.recipe
    for change in changes:
        recipe = recipe if change.retrain is None else change.retrain(recipe)

    def make() -> nn.Module:
        if made:  # an inference after the training: no step has values, so it is as it was
            return made[0]
        model = plan.subject.make()
        for change in changes:
            if change.make is None:
                continue
            try:
                change.make(model)
                _run(plan, model)
            except Exception as error:
                raise UnfitError(f"{change.what} in {', '.join(change.where)}: {error}") from error
        made.append(model)
        return model

    return replace(plan, subject=replace(plan.subject, make=make), recipe=recipe, again=None, reference="")


def _run(plan: Plan, model: nn.Module) -> dict[str, tuple[tuple[int, ...], tuple[int, ...]]]:
    words = own_words(model, plan.subject.source, [])
    batch = batch_of(words, plan.recipe.stretches()[0].input or plan.recipe.input, 2, model)
    preprocess = words.get("preprocess", lambda data: data)
    training = model.training
    model.eval()
    try:
        with no_fast_path(), compat.quiet():  # a change that does not fit is none, and nothing to read about
            return refit(model, lambda: call(model, preprocess(batch)))
    finally:
        model.train(training)


def possible_changes(
    plan: Plan, groups: Sequence[tuple[str, ...]], lanes: int, *, training: bool = False
) -> list[Change]:
    """The changes that might be made in a plan's network.

    Args:
        plan: of the network as it is.
        groups: layers that share a number of output channels, which may be another.
        lanes: widest row of the machine's array; 1 where there is none.
        training: also those of the training.
    """
    with plan.mode:
        model = plan.subject.make()
        shapes = _run(plan, model)
        layers = {path for path, module in model.named_modules() if isinstance(module, (*Conv, nn.Linear))}
        known = tuple(group for group in groups if layers.issuperset(group))
        words = frozenset(own_words(model, plan.subject.source, []))
        recipe = plan.recipe if training else None
        seen = Seen(model=model, shapes=shapes, groups=known, lanes=lanes, recipe=recipe, own_words=words)
        return [change for kind in change_kinds() for change in kind.changes(seen)]


@dataclass(frozen=True)
class Resized:
    """An argument of the model's constructor with another value, as an edit: ``width=58 → 64``."""

    name: str
    value: Any
    edit: str


def argument_of(plan: Plan, changes: Sequence[Change], before: Sequence[Resized | None] = ()) -> Resized | None:
    """The argument of the model's constructor that makes the last of the changes; None where no single one does.

    It may also be a tuple or list that has the number in it: ``channels=(16, 32, 64) → (16, 48, 64)``.

    Args:
        plan: of the network as it is.
        changes: one after the other.
        before: what this function found for each of those before the last.
    """
    subject, last = plan.subject, changes[-1]
    for known in before:
        if known is not None and subject.resized is not None:
            subject = subject.resized(known.name, known.value)
    if last.counts is None or subject.resized is None:
        return None
    by_hand = [change for change, known in zip(changes, before, strict=False) if known is None]
    with plan.mode:
        wanted = _shapes(changed(plan, changes).subject.make())
        for name, value in subject.sizes.items():
            for edit, other in resizings(name, value, *last.counts):
                try:
                    resized = replace(plan, subject=subject.resized(name, other))
                    found = _shapes(changed(resized, by_hand).subject.make())
                except SubjectError:
                    continue
                if found == wanted:
                    return Resized(name, other, edit)
    return None


def _shapes(model: nn.Module) -> list[tuple[str, Shape]]:
    return [(name, tuple(parameter.shape)) for name, parameter in model.named_parameters()]


def leaves_of(plan: Plan) -> dict[str, str]:
    """The innermost layers of a plan's network, each as torch writes it."""
    with plan.mode:
        model = plan.subject.make()
        return {
            path: repr(module) for path, module in model.named_modules() if not any(True for _ in module.children())
        }
