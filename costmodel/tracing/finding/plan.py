"""A plan: the model that is meant and how it is trained, in the fake mode that both need; nothing is traced yet."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from costmodel.errors import RecipeError, SubjectError
from costmodel.tracing.finding.command_line import script_args
from costmodel.tracing.finding.importing import Session
from costmodel.tracing.finding.subject import LoadedSubject, find_model, from_object, load_source, split_reference
from costmodel.tracing.hints import explained
from costmodel.tracing.inputs import batch_of, get_sizes
from costmodel.tracing.modes.devices import mentions_a_gpu
from costmodel.tracing.modes.lazy_layers import is_lazy
from costmodel.tracing.modes.real import Mode, new_mode
from costmodel.tracing.reading.text import PYTHON
from costmodel.tracing.recipe.recipe import Recipe, make_recipe, read_recipe
from costmodel.tracing.step.own_words import words_of_file


@dataclass(frozen=True)
class Plan:
    """A subject with its recipe, inside the fake mode that both need.

    Attributes:
        reference: the file that its figures depend on, as a user names it; "" for a Python object.
        root: the submission's folder; None if there is none.
        again: makes the plan anew, in another mode, with more settings; None where what it was made from does it.
        example: the sizes of a batch that was given as tensors, "" if none was.
    """

    subject: LoadedSubject
    recipe: Recipe
    mode: Mode
    reference: str = ""
    root: Path | None = None
    example: str = ""
    again: Callable[[Mapping[str, Any]], Plan] | None = None


def built(plan: Plan) -> nn.Module:
    """The model of a plan, with sizes: a lazy one is called once with a batch of two.

    Raises:
        SubjectError: it cannot be built, or called.
    """
    with plan.mode:
        model = plan.subject.make()
        if is_lazy(model):
            with explained(SubjectError, f"{plan.subject.name}: calling the lazy model failed"):
                inputs = plan.recipe.stretches()[0].input or plan.recipe.input
                get_sizes(model, lambda: batch_of(words_of_file(plan.subject.source), inputs, 2, model))
    return model


def plan_object(model: Any, settings: Mapping[str, Any]) -> Plan:
    """The plan of a class, an instance, or a function that returns one."""
    recipe = make_recipe(settings, "arguments")
    label = getattr(model, "__name__", type(model).__name__)
    mode = new_mode()
    if _may_move(model):
        mode.expect_gpu()
    return Plan(from_object(model, recipe.model_options, label), recipe, mode)


def _may_move(model: Any) -> bool:
    """True if the code behind an object may move something to a GPU; also if it cannot be read."""
    kind = model if inspect.isroutine(model) or isinstance(model, type) else type(model)
    try:
        return mentions_a_gpu(Path(inspect.getfile(kind)).read_bytes())
    except (TypeError, OSError):
        return True


def plan_recipe_file(
    reference: str, settings: Mapping[str, Any], chosen: Callable[[Path, Recipe], Plan], root: Path | None = None
) -> Plan:
    """The plan of a ``recipe.yaml``.

    Args:
        reference: the file.
        settings: of the recipe, that override its own.
        chosen: the plan of a file whose model the recipe does not name.
        root: of the submission.
    """
    recipe = overridden(read_recipe(Path(reference)), settings)
    if recipe.model is None:
        raise RecipeError(f"{reference}:1: model: missing; name it as FILE.py:NAME")
    with script_args(recipe.script_args):
        if isinstance(recipe.model, str) and recipe.model.endswith(PYTHON) and Path(recipe.model).is_file():
            plan = chosen(Path(recipe.model), recipe)
            subject, mode = plan.subject, plan.mode
        else:
            mode = new_mode()
            subject = _subject(recipe.model, recipe, Session(mode, root))
    return Plan(_with_the_recipes_optimizer(subject, recipe), recipe, mode, reference, root)


def plan_own_recipe(
    module: ModuleType, reference: str, settings: Mapping[str, Any], session: Session, root: Path | None = None
) -> Plan:
    """The plan that a file's ``recipe()`` gives."""
    with session.mode, session.importable(), explained(RecipeError, f"{reference}: recipe() failed"):
        data = module.recipe()
    own = data if isinstance(data, Recipe) else make_recipe(data, f"{reference}: recipe()")
    recipe = overridden(own, settings)
    if isinstance(recipe.model, str):
        beside = str(Path(reference).parent / recipe.model) if ".py" in recipe.model else recipe.model
        subject = _subject(beside, recipe, session)
    else:
        subject = from_object(recipe.model, recipe.model_options, reference, vars(module), session)
    return Plan(_with_the_recipes_optimizer(subject, recipe), recipe, session.mode, reference, root)


def plan_named(
    reference: str, settings: Mapping[str, Any], session: Session, label: str = "", root: Path | None = None
) -> Plan:
    """The plan of ``FILE.py:NAME`` or ``package.module:NAME``.

    Args:
        reference: file or module, and name.
        settings: of the recipe.
        session: of the imports.
        label: the subject in messages, if not the reference.
        root: of the submission.
    """
    recipe = make_recipe(settings, "arguments")
    module, name = load_source(reference, session)
    subject = find_model(module, name, recipe.model_options, label or reference, session)
    return Plan(subject, recipe, session.mode, reference, root)


def another_subject(plan: Plan, model: Any, options: Mapping[str, Any]) -> LoadedSubject:
    """A model that a recipe names beside its own: for a phase, or as a teacher.

    Args:
        plan: of the training.
        model: ``FILE.py:NAME`` beside the recipe, ``package.module:NAME``, the name of something in the subject's own
            file, or an object; None is the recipe's own, with other options.
        options: of its constructor.

    Raises:
        SubjectError: there is no such model.
    """
    if model is None:
        model = plan.recipe.model
    if model is None:
        raise RecipeError("model_options of a phase need a model: name it there, or in the recipe")
    source = plan.subject.source
    if isinstance(model, str) and model in source:
        return from_object(source[model], options, model, source, Session(plan.mode, plan.root))
    if not isinstance(model, str):
        label = getattr(model, "__name__", type(model).__name__)
        return from_object(model, options, label, source, Session(plan.mode, plan.root))
    beside = ".py" in model and not Path(split_reference(model)[0]).is_file()
    reference = str(Path(plan.reference).parent / model) if beside else model
    module, name = load_source(reference, Session(plan.mode, plan.root))
    return find_model(module, name, options, model, Session(plan.mode, plan.root))


def overridden(recipe: Recipe, settings: Mapping[str, Any]) -> Recipe:
    """The recipe with the settings that were given explicitly in place of its own."""
    if not settings:
        return recipe
    given = make_recipe(settings, "arguments")
    return recipe.model_copy(update={name: getattr(given, name) for name in settings})


def _with_the_recipes_optimizer(subject: LoadedSubject, recipe: Recipe) -> LoadedSubject:
    """The subject without a ``configure_optimizers``, where its recipe names the optimizer."""
    if "optimizer" not in recipe.model_fields_set:
        return subject
    return replace(subject, source={**subject.source, "configure_optimizers": None})


def _subject(model: Any, recipe: Recipe, session: Session) -> LoadedSubject:
    if not isinstance(model, str):
        return from_object(model, recipe.model_options, getattr(model, "__name__", "model"), None, session)
    module, name = load_source(model, session)
    return find_model(module, name, recipe.model_options, model, session)
