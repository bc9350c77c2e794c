"""The signs of what is forbidden: each is a module of signs/, found by existing; its name is the rule's ``kind``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol, cast

from costmodel.contracts import signs
from costmodel.contracts.handed_in import HandedIn
from costmodel.files.varieties import modules_in, names_in


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
    return dict(zip(names_in(signs.__path__), (cast(Sign, one) for one in modules_in(signs)), strict=True))
