"""Files that people write: YAML into a checked model, with errors that name file, line and field path."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from costmodel.errors import CostModelError

Model = TypeVar("Model", bound=BaseModel)


class Strict(BaseModel):
    """A part of a document: frozen, and no key that it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class _DecimalLoader(yaml.SafeLoader):
    """Numbers with a point stay the decimals that were written."""


def _decimal(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Any:
    try:
        return Decimal(node.value)
    except ArithmeticError:
        return loader.construct_yaml_float(node)


_DecimalLoader.add_constructor("tag:yaml.org,2002:float", _decimal)


def read_document(path: Path, model: type[Model], error: type[CostModelError]) -> Model:
    """A YAML file as ``model``.

    Raises:
        error: no such file, not YAML, an unknown key, a value that does not fit: one line with file, line, field path.
    """
    text, data = _read(path, error)
    if not isinstance(data, dict):
        raise error(f"{path}:1: a mapping is expected; its keys: {', '.join(sorted(model.model_fields))}")
    try:
        return model.model_validate(data)
    except ValidationError as problem:
        location, message = first_problem(problem, model)
        line = _line_of(text, location)
        raise error(f"{path}:{line}: {'.'.join(map(str, location))}: {message}") from None


def top_level_keys(path: Path, error: type[CostModelError]) -> frozenset[str]:
    """The keys of a YAML file's mapping, by which one kind of file is told from another; none if it is no mapping.

    Raises:
        error: no such file, or not YAML.
    """
    data = _read(path, error)[1]
    return frozenset(map(str, data)) if isinstance(data, dict) else frozenset()


def _read(path: Path, error: type[CostModelError]) -> tuple[str, Any]:
    """The text of a YAML file, and what it holds."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise error(f"{path}: {getattr(problem, 'strerror', None) or problem}") from None
    try:
        return text, yaml.load(text, Loader=_DecimalLoader)  # a SafeLoader with decimals
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise error(f"{path}:{line}: not YAML: {getattr(problem, 'problem', problem)}") from None


def first_problem(problem: ValidationError, model: type[BaseModel]) -> tuple[tuple[int | str, ...], str]:
    """Field path and message of the first thing that pydantic found; an unknown key gets the known ones."""
    errors = problem.errors()
    # a misspelt key also leaves its right spelling missing: the misspelling is what to say
    first = next((e for e in errors if e["type"] == "extra_forbidden"), errors[0])
    location = first["loc"]
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        message = f"unknown key; known: {', '.join(_known_keys(model, location))}"
    return location, message


def _known_keys(model: type[BaseModel], location: Sequence[int | str]) -> list[str]:
    """Keys beside the one at ``location``."""
    current: Any = model
    for part in location[:-1]:
        if isinstance(part, str) and hasattr(current, "model_fields") and part in current.model_fields:
            current = _inner_model(current.model_fields[part].annotation)
    return sorted(getattr(current, "model_fields", {}))


def _inner_model(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _inner_model(argument)
        if found is not None:
            return found
    return None


def _line_of(text: str, location: Sequence[int | str]) -> int:
    """The line of a field path in YAML text (of the deepest part of it that is there)."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    line = 1
    for part in location:
        if isinstance(node, yaml.MappingNode):
            found = [(k, v) for k, v in node.value if k.value == str(part)]
            if not found:
                break
            line, node = found[0][0].start_mark.line + 1, found[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line
