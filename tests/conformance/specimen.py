"""A noun of any class with one text in every field that holds text, made from its type hints."""

from __future__ import annotations

import functools
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from costmodel.ir.facts import Kind
from costmodel.ir.verdict import Consequence, Outcome


def specimen(cls: Any, text: str, fixed: Mapping[str, Any] = MappingProxyType({})) -> Any:
    """An instance: one item in each tuple and mapping, ``text`` for every string and every key.

    ``fixed`` are values of fields by name, wherever the field is.
    """
    hints = _hints(cls)
    return cls(**{f.name: fixed.get(f.name, _value(hints[f.name], text, fixed)) for f in fields(cls)})


_hints = functools.cache(get_type_hints)


def _value(hint: Any, text: str, fixed: Mapping[str, Any]) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return arguments[0]
    if origin in (Union, types.UnionType):
        return _value(str if str in arguments else next(a for a in arguments if a is not type(None)), text, fixed)
    if origin is tuple:
        items = arguments[:1] if arguments[-1] is Ellipsis else arguments
        return tuple(_value(item, text, fixed) for item in items)
    if origin is not None and issubclass(origin, Mapping):
        return {_value(arguments[0], text, fixed): _value(arguments[1], text, fixed)}
    if is_dataclass(hint):
        return specimen(hint, text, fixed)
    if issubclass(hint, Enum):
        # undecided: what keeps most remarks in a report
        return {Outcome: Outcome.UNDECIDED, Kind: Kind.CLAIMED, Consequence: Consequence.FLAG}.get(
            hint, next(iter(hint))
        )
    return {str: text, bool: True, int: 3, float: 1.5, Decimal: Decimal("2.5")}[hint]
