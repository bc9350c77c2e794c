"""Varieties: the modules of a package, each of which is found by existing."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from functools import cache
from types import ModuleType


def names_in(folders: Iterable[str]) -> tuple[str, ...]:
    """Names of the modules in a package's folders (its ``__path__``), sorted; the folders are read once."""
    return _names(tuple(folders))


def modules_in(package: ModuleType) -> tuple[ModuleType, ...]:
    """The modules of a package, by name."""
    return tuple(importlib.import_module(f"{package.__name__}.{name}") for name in names_in(package.__path__))


@cache
def _names(folders: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(module.name for module in pkgutil.iter_modules(folders)))
