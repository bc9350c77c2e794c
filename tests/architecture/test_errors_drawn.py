"""The tree that errors.py draws is the tree of its classes, and every error of ours is in it."""

from __future__ import annotations

import importlib
import pkgutil
import re

import costmodel
from costmodel import errors
from costmodel.errors import CostModelError

_LINE = re.compile(r"^    (?P<branch>[│├└─ ]*)(?P<name>\w+Error)\b(?P<rest>.*)$")


def drawn() -> dict[str, tuple[str, int | None]]:
    """Class name → (parent's name, exit code if it is named) as the docstring has it."""
    found: dict[str, tuple[str, int | None]] = {}
    above: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        depth = len(match["branch"])
        while above and above[-1][0] >= depth:
            above.pop()
        code = re.search(r"exit code (\d)", match["rest"])
        found[match["name"]] = (above[-1][1] if above else "Exception", int(code[1]) if code else None)
        above.append((depth, match["name"]))
    return found


def classes() -> list[type[CostModelError]]:
    """Every class, after every module is imported."""
    for module in pkgutil.walk_packages(costmodel.__path__, "costmodel."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    todo, found = [CostModelError], []
    while todo:
        error = todo.pop()
        found.append(error)
        todo += error.__subclasses__()
    return [error for error in found if error.__module__.startswith("costmodel")]


def test_the_drawing_shows_every_error_of_ours_under_its_parent() -> None:
    assert {error.__name__: error.__bases__[0].__name__ for error in classes()} == {
        name: parent for name, (parent, _) in drawn().items()
    }


def test_every_error_of_ours_can_be_caught_by_its_name_in_errors() -> None:
    assert not [error.__name__ for error in classes() if error.__module__ != "costmodel.errors"]


def test_an_exit_code_is_drawn_where_it_differs_from_the_parents() -> None:
    tree = drawn()
    for error in classes():
        parent, code = tree[error.__name__]
        inherited = getattr(errors, parent).exit_code if parent in tree else None
        assert code == (None if error.exit_code == inherited else error.exit_code), error.__name__
