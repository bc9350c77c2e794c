"""The walls around a child, one per module; a new module in this folder is a new wall.

A module holds its wall as ``WALL`` (:class:`costmodel.sandbox.wall.Wall`).
"""

from __future__ import annotations

import importlib
import pkgutil

from costmodel.errors import UnknownNameError
from costmodel.sandbox.wall import Wall


def all_walls() -> tuple[Wall, ...]:
    """Every wall, strongest first."""
    modules = [importlib.import_module(found.name) for found in pkgutil.iter_modules(__path__, f"{__name__}.")]
    return tuple(sorted((module.WALL for module in modules), key=lambda wall: wall.order))


def wall_names() -> tuple[str, ...]:
    """Names of the walls, strongest first."""
    return tuple(wall.name for wall in all_walls())


def wall_called(name: str) -> Wall:
    """A wall by its name.

    Raises:
        UnknownNameError: no such wall.
    """
    for wall in all_walls():
        if wall.name == name:
            return wall
    raise UnknownNameError("wall", name, wall_names())
