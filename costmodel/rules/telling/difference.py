"""The differences of two rulebooks, field by field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from costmodel.rules.schema.rulebook import Rulebook

_NAMED_BY = ("rule", "table", "bracket", "resource", "about")


def difference(one: Rulebook, other: Rulebook) -> list[tuple[str, str, str]]:
    """Rows (field path, value in one, value in the other); an absent value is empty."""
    left, right = dict(_flat(one.model_dump(mode="json"))), dict(_flat(other.model_dump(mode="json")))
    return [
        (path, left.get(path, ""), right.get(path, ""))
        for path in dict.fromkeys((*left, *right))
        if left.get(path, "") != right.get(path, "")
    ]


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _flat(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _flat(item, f"{path}[{_name(item) or number}]")
    elif value is not None:
        yield path, str(value)


def _name(item: Any) -> str:
    """A list's item by its own name, so that an inserted one does not shift the others."""
    return next((str(item[key]) for key in _NAMED_BY if isinstance(item, dict) and key in item), "")
