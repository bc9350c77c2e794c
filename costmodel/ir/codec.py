"""Canonical JSON for every noun: sorted keys, a schema name, strict on the way in."""

from __future__ import annotations

import json
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from costmodel.errors import FormatError
from costmodel.ir.argument import Argument, Symbol, TensorRef

T = TypeVar("T")


_LONGEST_INTEGER = 40
"""Digits up to which an integral decimal is written out; beyond, its exponent stays."""


def to_data(value: Any) -> Any:
    """A noun as dicts, lists, strings, integers, floats, decimals, booleans and None."""
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, (bool, int, float, str, Decimal)):
        return value
    if isinstance(value, Mapping):
        return {str(key): to_data(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [to_data(item) for item in value]
    if is_dataclass(value):
        return {f.name: to_data(getattr(value, f.name)) for f in fields(value)}
    raise FormatError(f"a {type(value).__name__} has no JSON form")


def dumps(value: Any, schema: str | None = None, *, indent: int | None = None) -> str:
    """Canonical JSON text of a noun (with a final newline when indented)."""
    data = to_data(value)
    if schema is not None:
        data = {"schema": schema, **data}
    separators = (",", ":") if indent is None else (",", ": ")
    try:
        text = json.dumps(
            data,
            sort_keys=True,
            separators=separators,
            indent=indent,
            ensure_ascii=False,
            allow_nan=False,
        )
    except TypeError:  # json writes no decimals
        text = _written(data, indent, separators[1], "\n")
    return text if indent is None else text + "\n"


def _written(data: Any, indent: int | None, colon: str, line: str) -> str:
    """JSON text of data with decimals, laid out as ``json.dumps`` does."""
    inner = line + " " * (indent or 0)
    if isinstance(data, dict) and data:
        pairs = sorted(data.items())
        parts = [f"{_written(k, indent, colon, line)}{colon}{_written(v, indent, colon, inner)}" for k, v in pairs]
        opening, closing = "{", "}"
    elif isinstance(data, list) and data:
        parts = [_written(item, indent, colon, inner) for item in data]
        opening, closing = "[", "]"
    elif isinstance(data, Decimal):
        return _digits(data)
    else:
        return json.dumps(data, ensure_ascii=False, allow_nan=False)
    if indent is None:
        return f"{opening}{','.join(parts)}{closing}"
    return f"{opening}{inner}{f',{inner}'.join(parts)}{line}{closing}"


def _digits(value: Decimal) -> str:
    """A decimal as the JSON number with the same digits; an integer without point."""
    if not value.is_finite():
        raise FormatError(f"{value} has no JSON form: a number must be finite")
    if value.adjusted() < _LONGEST_INTEGER and value == value.to_integral_value():
        return str(int(value))
    return str(value)


def loads(cls: type[T], text: str, schema: str | None = None) -> T:
    """The noun of class ``cls`` that ``text`` holds.

    Raises:
        FormatError: not JSON, another schema, a missing or unknown field, or a value of the wrong type.
    """
    try:
        data = json.loads(text, parse_float=Decimal)  # a float field rounds it, a decimal field keeps it
    except ValueError as error:
        raise FormatError(f"not JSON: {error}") from None
    if schema is not None:
        if not isinstance(data, dict) or data.pop("schema", None) != schema:
            raise FormatError(f"expected a file of schema {schema}; make it again with this version")
    noun: T = from_data(cls, data)
    return noun


def from_data(hint: Any, data: Any, path: str = "$") -> Any:
    """``data`` as a value of type ``hint``, checked all the way down; ``path`` names the field in errors."""
    if hint is Any:
        return float(data) if isinstance(data, Decimal) else data
    if hint == Argument:  # Python 3.10 does not evaluate a name within tuple[…]
        return _argument(data, path)
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        # the one recursive type: a call's argument
        return _argument(data, path) if TensorRef in get_args(hint) else _union(hint, data, path)
    if origin is Literal:
        _expect(data in get_args(hint), f"one of {', '.join(map(str, get_args(hint)))}", data, path)
        return data
    if origin is tuple:
        return _tuple(get_args(hint), data, path)
    if origin is not None and issubclass(origin, Mapping):
        key, value = get_args(hint)
        _expect(isinstance(data, dict), "an object", data, path)
        return {from_data(key, k, path): from_data(value, v, f"{path}.{k}") for k, v in data.items()}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _member(hint, data, path)
    if is_dataclass(hint):
        return _dataclass(hint, data, path)
    return _scalar(hint, data, path)


def _expect(holds: bool, wanted: str, data: Any, path: str) -> None:
    if not holds:
        raise FormatError(f"{path}: expected {wanted}, got {json.dumps(data, default=float)[:60]}")


def _member(hint: type[Enum], data: Any, path: str) -> Enum:
    try:
        return hint(data)
    except ValueError:
        known = ", ".join(str(member.value) for member in hint)
        raise FormatError(f"{path}: {data!r} is none of {known}") from None


def _scalar(hint: Any, data: Any, path: str) -> Any:
    if hint is type(None):
        _expect(data is None, "null", data, path)
    elif hint is float:
        _expect(isinstance(data, (int, float, Decimal)) and not isinstance(data, bool), "a number", data, path)
        return float(data) if isinstance(data, Decimal) else data
    elif hint is Decimal:
        _expect(isinstance(data, (int, Decimal)) and not isinstance(data, bool), "a number", data, path)
        return Decimal(data)
    elif hint is int:
        _expect(isinstance(data, int) and not isinstance(data, bool), "an integer", data, path)
    else:
        _expect(isinstance(data, hint), f"a {hint.__name__}", data, path)
    return data


def _union(hint: Any, data: Any, path: str) -> Any:
    problems = []
    for option in get_args(hint):
        try:
            return from_data(option, data, path)
        except FormatError as problem:
            problems.append(str(problem))
    raise FormatError("; or ".join(problems))


def _tuple(arguments: tuple[Any, ...], data: Any, path: str) -> tuple[Any, ...]:
    _expect(isinstance(data, list), "a list", data, path)
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return tuple(from_data(arguments[0], item, f"{path}[{i}]") for i, item in enumerate(data))
    _expect(len(data) == len(arguments), f"{len(arguments)} items", data, path)
    pairs = enumerate(zip(arguments, data, strict=True))
    return tuple(from_data(hint, item, f"{path}[{i}]") for i, (hint, item) in pairs)


@cache
def _hints(cls: type) -> dict[str, Any]:
    hints = get_type_hints(cls)
    return {f.name: hints[f.name] for f in fields(cls)}


@cache
def _required(cls: type) -> frozenset[str]:
    """Fields without a default: one that a schema gained later has one, and older files stay readable."""
    return frozenset(f.name for f in fields(cls) if f.default is MISSING and f.default_factory is MISSING)


def _dataclass(cls: Any, data: Any, path: str) -> Any:
    _expect(isinstance(data, dict), f"an object ({cls.__name__})", data, path)
    hints = _hints(cls)
    missing = sorted(_required(cls) - set(data))
    unknown = sorted(set(data) - set(hints))
    if missing or unknown:
        raise FormatError(f"{path} ({cls.__name__}): missing fields {missing}, unknown fields {unknown}")
    return cls(**{name: from_data(hints[name], item, f"{path}.{name}") for name, item in data.items()})


def _argument(data: Any, path: str) -> Argument:
    if isinstance(data, list):
        return tuple(_argument(item, path) for item in data)
    if isinstance(data, dict):
        if set(data) == {"tensor"}:
            return TensorRef(from_data(int, data["tensor"], f"{path}.tensor"))
        return Symbol(**{key: from_data(str, data.get(key), f"{path}.{key}") for key in ("kind", "name")})
    if isinstance(data, Decimal):
        return float(data)
    if data is None or isinstance(data, (bool, int, float, str)):
        return data
    raise FormatError(f"{path}: {data!r} is not an argument")
