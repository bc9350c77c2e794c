"""What a model is called: its class, and where in the submission that is written."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from costmodel.errors import NotebookError
from costmodel.tracing.reading.text import text_of

_INSTALLED = {"site-packages", "dist-packages"}


class ClassPlace(NamedTuple):
    """A class by its file: two module names of one file are one class. The line is 0 if it is not the user's own."""

    file: str
    name: str
    line: int


def class_place(kind: type) -> ClassPlace:
    """The file, name and line of a class; of an installed one its module, without a line."""
    module = sys.modules.get(kind.__module__)
    file = getattr(module, "__file__", None) or _file_by_code(kind)
    if file is None or _INSTALLED & set(Path(file).parts):
        return ClassPlace(kind.__module__, kind.__qualname__, 0)
    return ClassPlace(str(Path(file).resolve()), kind.__qualname__, _line(Path(file), kind.__qualname__))


def _file_by_code(kind: type) -> str | None:
    """The file of a class whose module is forgotten by now: its methods know it."""
    for value in vars(kind).values():
        if inspect.isfunction(value):
            return value.__code__.co_filename
    return None


def _line(file: Path, name: str) -> int:
    try:
        tree = ast.parse(text_of(file))
    except (OSError, NotebookError, SyntaxError, ValueError, RecursionError):
        return 0
    found = 0
    body: Sequence[ast.AST] = [tree]
    for part in name.split("."):
        if part == "<locals>":
            continue
        inside = [n for parent in body for n in ast.walk(parent) if n is not parent]
        body = [n for n in inside if isinstance(n, (ast.ClassDef, ast.FunctionDef)) and n.name == part][:1]
        found = getattr(body[0], "lineno", 0) if body else 0
    return found
