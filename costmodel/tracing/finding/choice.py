"""The choice of the model among the objects of a folder or of a file.

In order: what the caller names; a ``recipe.yaml``; a file's own ``recipe()``; what the code builds and trains; what it
builds; a function whose name says that it makes the model; the one class that no other class contains. What is chosen
is chosen by reading (:mod:`costmodel.tracing.reading`), not by what happens to run: a network that cannot be built is
an error, never a reason to take another one.
"""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from costmodel.errors import NoChoiceError, NotebookError
from costmodel.tracing.finding.building import arguments_of
from costmodel.tracing.finding.by_import import by_import
from costmodel.tracing.finding.candidates import ADVICE, HINT, Given, decide, of_presented
from costmodel.tracing.finding.module_names import first_words
from costmodel.tracing.finding.plan import Plan, plan_named, plan_own_recipe, plan_recipe_file
from costmodel.tracing.finding.ranks import ranked
from costmodel.tracing.reading.classes import Classes
from costmodel.tracing.reading.needed import has_models
from costmodel.tracing.reading.presented import Reader
from costmodel.tracing.reading.source import Project, Source, Symbol
from costmodel.tracing.reading.text import NOTEBOOK, is_notebook, script, text_of
from costmodel.tracing.recipe.recipe import Recipe

_ASIDE = re.compile(r"(^|/)(\.|__pycache__|__MACOSX|venv|env|site-packages|tests?/|setup\.py$|conftest\.py$|test_)")
_MOST_FILES = 400
_RECIPES = ("recipe.yaml", "recipe.yml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known before anything is looked at.

    Attributes:
        file, name: the model's file within the folder, and its class, instance or function; None looks for it.
        settings, defaults: fields of the recipe that override the submission's own, and that it overrides.
    """

    file: str | None = None
    name: str | None = None
    settings: Mapping[str, Any]
    defaults: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Choice:
    """The model that is meant: as a reference that a user could write, and planned."""

    reference: str
    plan: Plan


def choose(submission: Path, known: Known) -> Choice:
    """The one model of a folder or file that is meant.

    Raises:
        NoChoiceError: no model, or several; says what was looked at and what to do.
        SubjectError, RecipeError, TraceError: what is wrong with the only candidate.
    """
    try:
        return _chosen(submission, known)
    except RecursionError:
        raise NoChoiceError(f"the code is nested too deeply to be read; {ADVICE}", hint=HINT) from None


def planned(submission: Path, known: Known) -> Plan:
    """The plan of the model that is meant, which can be made again with more settings."""

    def again(more: Mapping[str, Any]) -> Plan:
        return planned(submission, replace(known, settings={**known.settings, **more}))

    return replace(choose(submission, known).plan, again=again)


def _chosen(submission: Path, known: Known) -> Choice:
    if known.file is None and known.name is None and submission.is_dir():
        for recipe in _RECIPES:
            if (submission / recipe).is_file():
                reference = str(submission / recipe)
                return Choice(reference, plan_of_recipe(reference, known.settings, submission))
    files = _files(submission)
    if not files:
        raise NoChoiceError("there is no Python file in the submission")
    if len(files) > _MOST_FILES:
        raise NoChoiceError(f"{len(files)} files may hold the model; {ADVICE}", hint=HINT, several=True)
    project = Project(submission if submission.is_dir() else submission.parent, files)
    chosen = [project.source(_named_file(files, submission, known.file))] if known.file is not None else project.sources
    reader = Reader(Classes(project))
    given = Given(submission, {**known.defaults, **known.settings}, reader)
    if known.name is not None:
        return _named(chosen, known, given)
    with_recipe = [source for source in chosen if "recipe" in source.definitions]
    if len(with_recipe) > 1:
        listed = _listed([source.path for source in with_recipe], submission)
        raise NoChoiceError(f"which is the model? there is a recipe() in each of {listed}", hint=HINT, several=True)
    if with_recipe:
        return _by_recipe(with_recipe[0], known, given)
    candidates = ranked(given, chosen) or by_import(given, chosen)
    candidate, plan = decide(candidates, given, _looked_at([s.path for s in chosen], submission))
    return Choice(_reference(submission, candidate.label), plan)


def plan_of_recipe(reference: str, settings: Mapping[str, Any], root: Path | None = None) -> Plan:
    """The plan of a ``recipe.yaml``; of a file in it without a name, the model is that which the file presents."""
    return plan_recipe_file(reference, settings, _of_file, root)


def _of_file(file: Path, recipe: Recipe) -> Plan:
    given = {name: value for name in _OF_THE_MODEL if (value := getattr(recipe, name))}
    return choose(file, Known(settings=given, defaults={})).plan


_OF_THE_MODEL = ("model_options", "input", "batch")
"""Fields of a recipe by which a model is told from another."""


def _reference(submission: Path, label: str) -> str:
    return label if submission.is_file() else f"{submission}/{label}"


def _by_recipe(source: Source, known: Known, given: Given) -> Choice:
    session = given.session()
    module = session.load(source.path)
    plan = plan_own_recipe(module, str(source.path), known.settings, session, given.root)
    return Choice(str(source.path), plan)


def _named(sources: list[Source], known: Known, given: Given) -> Choice:
    """The object of a name: of the file's top level, else a variable that the file builds when it runs."""
    name = known.name or ""
    first = name.partition(".")[0]
    here = [s for s in sources if first in s.definitions or first in s.values]
    if known.file is not None or given.submission.is_file():
        here = here or [s for s in sources if first in s.imports or s.stars]
    held = len(here) == 1 and ("." in name or name in here[0].values)  # by a variable, whose arguments are to be read
    if not here or held:
        built = [p for p in given.reader.presented() if p.label.partition(":")[2] == name and p.scope.source in sources]
        if len(built) == 1 and not (here and built[0].unsure):
            candidate = of_presented(built[0], given, "")
            return Choice(_reference(given.submission, candidate.label), candidate.plan())
    files = sources if known.file is not None else here
    if len(files) != 1:
        where = _listed([s.path for s in files], given.submission) if files else "no file"
        raise NoChoiceError(f"{name!r} must be defined in one file; it is in {where}", several=bool(files))
    reference = f"{files[0].path}:{name}"
    label = given.label(files[0], name)
    session = given.session()
    plan = plan_named(reference, given.settings, session, label, given.root)
    if name in files[0].definitions:
        symbol = Symbol(files[0], name, files[0].definitions[name])
        arguments = arguments_of(symbol, plan.subject, given.options, given.reader, session)
        plan = replace(plan, subject=replace(plan.subject, arguments=arguments))
    return Choice(reference, plan)


def _files(submission: Path) -> list[Path]:
    if submission.is_file():
        return [submission]
    scripts = _below(submission, ".py")
    notebooks = _below(submission, NOTEBOOK)
    imported = {word for notebook in notebooks for word in _imports(notebook)}
    if notebooks and not any(_may_hold_a_model(script) for script in scripts if script.stem not in imported):
        return [*notebooks, *scripts]
    return scripts


def _imports(notebook: Path) -> set[str]:
    """What a notebook imports is a part of it: its layers, or the course's profiler."""
    try:
        return first_words(ast.parse(text_of(notebook)))
    except (OSError, NotebookError, SyntaxError, ValueError):
        return set()


def _may_hold_a_model(script: Path) -> bool:
    project = Project(script.parent, [script])
    return has_models(Reader(Classes(project)), project.sources[0])


def _below(submission: Path, suffix: str) -> list[Path]:
    found = (p for p in submission.rglob(f"*{suffix}") if p.is_file())
    return sorted(
        (p for p in found if not _ASIDE.search(p.relative_to(submission).as_posix())),
        key=lambda p: (len(p.relative_to(submission).parts), p.as_posix()),
    )


def _named_file(files: list[Path], submission: Path, name: str) -> Path:
    """The contract's file; a top folder that an archive brought along is looked through."""
    if submission.is_file():
        return submission
    exact = submission / name
    found = [exact] if exact in files else [f for f in files if f.as_posix().endswith(f"/{name}")]
    if len(found) != 1:
        what = f"{name} is there {len(found)} times" if found else f"there is no {name}"
        raise NoChoiceError(f"{what}; the submission has {_listed(files, submission)}", several=bool(found))
    return found[0]


def _looked_at(files: list[Path], submission: Path) -> str:
    """The files, and of their notebooks the cells that could not be read."""
    broken: list[str] = []
    for file in filter(is_notebook, files):
        with contextlib.suppress(OSError, NotebookError):
            broken += (f"cell {number}: {why}" for number, why in script(file).broken)
    return _listed(files, submission) + (f" ({'; '.join(broken[:_MOST_CELLS])})" if broken else "")


_MOST_CELLS = 3


def _listed(files: list[Path], submission: Path) -> str:
    names = [f.name if f == submission else f.relative_to(submission).as_posix() for f in files]
    return ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
