"""An entry by its name, made ready: what it needs at its first call is loaded before, once in a process."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any


@cache
def entry(reference: str) -> Any:
    """The function that ``module:function`` names; where its module has a ``warm``, that was called before.

    Raises:
        Exception: whatever the module raises while it is imported or made ready.
    """
    name, _, function = reference.partition(":")
    _make_ready(name)
    return getattr(importlib.import_module(name), function)


@cache
def _make_ready(name: str) -> None:
    module = importlib.import_module(name)
    if hasattr(module, "warm"):
        module.warm()
