"""The signs of what is forbidden: each is a module of signs/, found by existing; its name is the rule's ``kind``."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any, Protocol, cast

from costmodel.contracts import signs
from costmodel.contracts.handed_in import HandedIn


class Sign(Protocol):
    """Everything that a module of signs/ defines.

    Attributes:
        TITLE: what is forbidden: "pretrained weights".
    """

    TITLE: str

    def signs(self, rule: Any, handed_in: HandedIn) -> Iterator[tuple[str, str]]:
        """Place and reason of everything that looks like it; the rule is a ``SignRule``."""


def known_signs() -> dict[str, Sign]:
    """Every sign by its name."""
    names = sorted(module.name for module in pkgutil.iter_modules(signs.__path__))
    return {name: cast(Sign, importlib.import_module(f"{signs.__name__}.{name}")) for name in names}
