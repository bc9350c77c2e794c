"""The choice of the model among the objects of a folder or of a file; it has to import what it looks at.

In order: what the caller names; a ``recipe.yaml``; a file's own ``recipe()``; the one ``nn.Module`` class that can be
built without arguments and takes the input, parts of another one aside; the one model that is already in the file;
the one function whose name says that it makes a model.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from costmodel.errors import CostModelError, NoChoiceError, joined
from costmodel.tracing.compat import FakeTensorMode, fake_mode
from costmodel.tracing.recipe import Recipe, make_recipe
from costmodel.tracing.subject import find_model, load_source, model_names
from costmodel.tracing.training import Plan, plan_training, trace_inference

_ASIDE = re.compile(r"(^|/)(\.|__pycache__|__MACOSX|venv|env|site-packages|tests?/|setup\.py$|conftest\.py$|test_)")
_FACTORY = re.compile(r"^((build|make|create|get|load)_?)?(model|net|network|classifier)$", re.IGNORECASE)
_MOST_FILES = 40
_RECIPES = ("recipe.yaml", "recipe.yml")
_ADVICE = "say which by a recipe() in its file"
_HINT = "or with --model FILE.py:NAME"
_LOADED_NAME = re.compile(r"_[0-9a-f]{8}$")
"""What load_source appends to a file's name."""


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
    """The model that is meant: as a reference that a user could write, and planned, its file imported once."""

    reference: str
    plan: Plan


def choose(submission: Path, known: Known) -> Choice:
    """The one model of a folder or file that is meant.

    Raises:
        NoChoiceError: no model, or several; says what was looked at and what to do.
        SubjectError, RecipeError, TraceError: what is wrong with the only candidate.
    """
    if known.file is None and known.name is None and submission.is_dir():
        for recipe in _RECIPES:
            if (submission / recipe).is_file():
                return _planned(str(submission / recipe), known)
    files = _files(submission)
    if not files:
        raise NoChoiceError("there is no Python file in the submission")
    if known.file is not None:
        files = [_named_file(files, submission, known.file)]
    if known.name is not None:
        files = [f for f in files if known.name.split(".")[0] in _defined(f)] if known.file is None else files
        if len(files) != 1:
            where = _listed(files, submission) if files else "no file"
            problem = f"{known.name!r} must be defined in one file; it is in {where}"
            raise NoChoiceError(problem, several=bool(files))
        return _planned(f"{files[0]}:{known.name}", known)
    likely = [f for f in files if _may_hold_a_model(f)]
    if len(likely) > _MOST_FILES:
        raise NoChoiceError(f"{len(likely)} files may hold the model; {_ADVICE}", hint=_HINT, several=True)
    return _found(likely or files[:_MOST_FILES], submission, known)


def _planned(reference: str, known: Known) -> Choice:
    return Choice(reference, plan_training(reference, known.settings, known.defaults))


def _files(submission: Path) -> list[Path]:
    if submission.is_file():
        return [submission]
    found = (p for p in submission.rglob("*.py") if p.is_file())
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


def _listed(files: list[Path], submission: Path) -> str:
    names = [f.name if f == submission else f.relative_to(submission).as_posix() for f in files]
    return ", ".join(names[:8]) + (", …" if len(names) > 8 else "")


def _tree(file: Path) -> ast.Module:
    try:
        return ast.parse(file.read_bytes())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module(body=[], type_ignores=[])


def _defined(file: Path) -> set[str]:
    names: set[str] = set()
    for node in _tree(file).body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names.update(t.id for t in node.targets if isinstance(t, ast.Name))
    return names


def _may_hold_a_model(file: Path) -> bool:
    tree = _tree(file)
    has_class = any(isinstance(node, ast.ClassDef) and node.bases for node in tree.body)
    return has_class or any(name == "recipe" or _FACTORY.match(name) for name in _defined(file))


def _found(files: list[Path], submission: Path, known: Known) -> Choice:
    with_recipe = [f for f in files if "recipe" in _defined(f)]
    if len(with_recipe) == 1:
        return _planned(str(with_recipe[0]), known)
    problems: dict[str, CostModelError] = {}
    recipe = make_recipe({**known.defaults, **known.settings}, "arguments")
    files_loaded = list(_loaded(files, problems))
    for names_of in (model_names, _instances, _factories):
        fitting: list[tuple[Plan, Any]] = []
        for loaded in files_loaded:
            for name in names_of(loaded.module):
                fitting += _fitting(loaded, name, recipe, problems)
        whole = [plan for plan, model in fitting if not _is_part(model, fitting)]
        if len(whole) == 1:
            return Choice(whole[0].subject.name, whole[0])
        if whole:
            names = ", ".join(_short(plan.subject.name, submission) for plan in whole[:8])
            problem = f"which is the model? {names} all take the input; {_ADVICE}"
            raise NoChoiceError(problem, hint=_HINT, several=True)
    if len(problems) == 1:
        raise next(iter(problems.values()))
    reasons = joined(*(p.message for p in problems.values())) or f"no nn.Module class in {_listed(files, submission)}"
    hints = joined(*(p.hint for p in problems.values()))
    raise NoChoiceError(f"no model takes the input: {reasons}", hint=hints, problems=problems.values())


class Loaded(NamedTuple):
    """A file that was imported, inside its fake mode."""

    file: Path
    module: ModuleType
    mode: FakeTensorMode


def _loaded(files: list[Path], problems: dict[str, CostModelError]) -> Iterator[Loaded]:
    for file in files:
        mode = fake_mode()
        try:
            yield Loaded(file, load_source(str(file), mode)[0], mode)
        except CostModelError as problem:
            problems.setdefault(str(problem), problem)


def _short(reference: str, submission: Path) -> str:
    folder = submission.parent if submission.is_file() else submission
    return reference.removeprefix(f"{folder.as_posix()}/")


def _fitting(loaded: Loaded, name: str, recipe: Recipe, problems: dict[str, CostModelError]) -> list[tuple[Plan, Any]]:
    """The plan and the model, if it is built and takes the input; else why not goes to ``problems``."""
    file, module, mode = loaded
    try:
        plan = Plan(find_model(module, name, recipe.model_options, f"{file}:{name}"), recipe, mode)
        trace_inference(plan)
        with mode:
            return [(plan, plan.subject.make())]
    except CostModelError as problem:
        problems.setdefault(str(problem), problem)
        return []


def _instances(module: Any) -> list[str]:
    return [
        name
        for name, value in vars(module).items()
        if not isinstance(value, type) and callable(getattr(value, "named_parameters", None)) and name.isidentifier()
    ]


def _factories(module: Any) -> list[str]:
    return [
        name
        for name, value in vars(module).items()
        if _FACTORY.match(name)
        and callable(value)
        and not isinstance(value, type)
        and getattr(value, "__module__", None) == module.__name__
    ]


def _is_part(model: Any, fitting: list[tuple[Plan, Any]]) -> bool:
    """True if another fitting model contains one of this class: a block, not the network."""
    own = _identity(model)
    return any(
        own in {_identity(part) for part in other.modules()}
        for _, other in fitting
        if other is not model and _identity(other) != own
    )


def _identity(model: Any) -> tuple[str, str]:
    kind = type(model)
    return _LOADED_NAME.sub("", kind.__module__), kind.__qualname__
