"""Find the model: ``FILE.py:NAME``, ``package.module:NAME``, or an object that is already here.

The file runs inside the fake mode, so that a model built at import allocates nothing; packages that it imports are
imported before, outside, so that their own tensors stay real for the rest of the process.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import hashlib
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn

from costmodel.errors import SubjectError
from costmodel.tracing import compat
from costmodel.tracing.compat import FakeTensorMode
from costmodel.tracing.hints import explained


@dataclass(frozen=True)
class LoadedSubject:
    """A model to be built as often as needed, with what its file says about the training step.

    Attributes:
        name: as the user wrote it.
        source: the file's namespace (empty for a Python object).
        make: builds the model, inside a fake mode.
    """

    name: str
    make: Callable[[], nn.Module]
    source: Mapping[str, Any] = field(default_factory=dict)


def load_source(reference: str, mode: FakeTensorMode) -> tuple[ModuleType, str | None]:
    """Import the module of a subject reference; the second value is the name after the colon, if any.

    Raises:
        SubjectError: no such file, a syntax error, or an error while importing, with file and line.
    """
    place, _, name = reference.rpartition(":") if _has_name(reference) else (reference, "", "")
    if place.endswith(".py"):
        module = _run_file(Path(place), mode)
    else:
        module = _import_package(place)
    return module, name or None


def _has_name(reference: str) -> bool:
    # a colon inside a path (C:\x.py) is followed by a separator, one before a name is not
    _, colon, name = reference.rpartition(":")
    return bool(colon) and name.replace(".", "_").isidentifier()


def _run_file(path: Path, mode: FakeTensorMode) -> ModuleType:
    if not path.is_file():
        raise SubjectError(f"{path}: no such file; give FILE.py:NAME or package.module:NAME")
    try:
        tree = ast.parse(path.read_bytes(), filename=str(path))
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        what = getattr(error, "msg", error)
        raise SubjectError(f"{path}:{line or 1}: syntax error: {what}") from None
    digest = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:8]
    module_name = f"{path.stem}_{digest}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    assert spec is not None  # a .py file always has one, with a loader
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module  # dataclasses and pickle look their module up by name
    with _import_path(path.resolve().parent), explained(SubjectError, f"{path}: importing it failed"):
        _import_packages(tree, path.resolve().parent)
        with mode:
            spec.loader.exec_module(module)
    return module


def _import_packages(tree: ast.Module, folder: Path) -> None:
    """Import what the file's top level imports from installed packages, in the real world."""
    for node in tree.body:
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names = [node.module]
        for name in names:
            top = name.split(".")[0]
            if not (folder / f"{top}.py").exists() and not (folder / top).is_dir():
                # the file's own import statement raises again, with its line
                with contextlib.suppress(ImportError):
                    importlib.import_module(name)


@contextlib.contextmanager
def _import_path(folder: Path) -> Any:
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):
            sys.path.remove(str(folder))


def _import_package(name: str) -> ModuleType:
    with _import_path(Path.cwd()), explained(SubjectError, f"module {name}: importing it failed"):
        return importlib.import_module(name)


def find_model(module: ModuleType, name: str | None, options: Mapping[str, Any], label: str) -> LoadedSubject:
    """The subject ``name`` of an imported file, or its only ``nn.Module`` class if there is no name.

    Raises:
        SubjectError: no such name, with the names that would work; or several classes and no name.
    """
    models = model_names(module)
    if name is None:
        if len(models) != 1:
            listed = ", ".join(models) or "none"
            raise SubjectError(
                f"{label}: which model? its nn.Module classes: {listed}; write {label}:NAME, or define recipe()"
            )
        name = models[0]
    target: Any = module
    for part in name.split("."):
        if not hasattr(target, part):
            listed = ", ".join(models) or "none"
            raise SubjectError(f"{label}: no {name!r} in it; its models: {listed}")
        target = getattr(target, part)
    return from_object(target, options, label, vars(module))


def model_names(module: ModuleType) -> list[str]:
    """The ``nn.Module`` classes that a file itself defines, in its order."""
    return [
        name
        for name, value in vars(module).items()
        if isinstance(value, type)
        and issubclass(value, nn.Module)
        and value.__module__ == module.__name__
        and not name.startswith("_")
    ]


def from_object(
    target: Any, options: Mapping[str, Any], label: str, source: Mapping[str, Any] | None = None
) -> LoadedSubject:
    """A subject from a class, an instance, or a callable that returns a model.

    Raises:
        SubjectError: it is none of these, or its arguments do not fit.
    """
    if isinstance(target, nn.Module):
        if options:
            raise SubjectError(f"{label} is already built: --model-option has nothing to set")

        def copy_of_it() -> nn.Module:
            with explained(SubjectError, f"{label}: copying the model failed"):
                return _as_fake(target)

        return LoadedSubject(label, copy_of_it, source or {})
    if not callable(target):
        raise SubjectError(
            f"{label} is a {type(target).__name__}, not an nn.Module class, instance or function returning one"
        )
    _check_arguments(target, options, label)

    def make() -> nn.Module:
        with explained(SubjectError, f"{label}: building the model failed"):
            model = target(**options)
        if not isinstance(model, nn.Module):
            raise SubjectError(f"{label} returned a {type(model).__name__}, not an nn.Module")
        tensors = (*model.parameters(), *model.buffers())
        # a function may return a model that was built before, for real
        return model if all(isinstance(t, compat.FakeTensor) for t in tensors) else _as_fake(model)

    return LoadedSubject(label, make, source or {})


def _check_arguments(target: Callable[..., Any], options: Mapping[str, Any], label: str) -> None:
    try:
        signature = inspect.signature(target)
    except (TypeError, ValueError):
        return  # no signature to check against: the call itself will tell
    try:
        signature.bind(**options)
    except TypeError as error:
        hint = "give arguments with --model-option NAME=VALUE"
        raise SubjectError(f"{label}{signature}: {error}", hint=hint) from None


def _as_fake(model: nn.Module) -> nn.Module:
    """A copy of a built model with fake parameters and buffers of the active mode; the original is not touched."""
    twins = {id(t): _fake_twin(t) for t in (*model.parameters(), *model.buffers())}
    with compat.without_modes():  # copy.deepcopy fails on a module inside the fake mode
        return copy.deepcopy(model, twins)


def _fake_twin(tensor: torch.Tensor) -> torch.Tensor:
    twin = torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device="cpu")
    if isinstance(tensor, nn.Parameter):
        return nn.Parameter(twin, requires_grad=tensor.requires_grad)
    return twin
