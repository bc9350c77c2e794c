"""The arguments of a constructor, or of a function that makes a model."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from costmodel.files.quoting import without_addresses

_LONGEST_ARGUMENTS = 200
_LONGEST_VALUE = 60


def arguments_text(target: Any, args: tuple[Any, ...], options: Mapping[str, Any]) -> str:
    """Arguments of a constructor by name, its defaults too: ``width=64, norm=BatchNorm2d``."""
    parts = [*map(plain_value, args), *(f"{name}={plain_value(value)}" for name, value in options.items())]
    with contextlib.suppress(TypeError, ValueError):
        bound = inspect.signature(target).bind_partial(*args, **options)
        bound.apply_defaults()
        parts = []
        for name, value in bound.arguments.items():
            kind = bound.signature.parameters[name].kind
            if kind is inspect.Parameter.VAR_POSITIONAL:
                parts += map(plain_value, value)
            elif kind is inspect.Parameter.VAR_KEYWORD:
                parts += [f"{key}={plain_value(item)}" for key, item in value.items()]
            else:
                parts.append(f"{name}={plain_value(value)}")
    text = ", ".join(parts)
    return text if len(text) <= _LONGEST_ARGUMENTS else f"{text[: _LONGEST_ARGUMENTS - 1]}…"


def sized(target: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """A callable's arguments that are a whole number, or hold some; none where it has no signature."""
    try:
        parameters = inspect.signature(target).parameters
    except (TypeError, ValueError):
        return {}
    values = {name: options.get(name, parameter.default) for name, parameter in parameters.items()}
    return {name: value for name, value in values.items() if any(_numbers(value))}


def _numbers(value: Any) -> Iterator[tuple[tuple[int, ...], int]]:
    """The whole numbers of an argument with their places: of a number itself no index, in tuples and lists theirs."""
    if type(value) is int:
        yield (), value
    elif type(value) in (tuple, list):
        yield from (((i, *place), number) for i, inner in enumerate(value) for place, number in _numbers(inner))


def resizings(name: str, value: Any, before: int, after: int) -> Iterator[tuple[str, Any]]:
    """The argument with another number in one of its places, then in all of them, each with the edit in words.

    >>> [edit for edit, _ in resizings("channels", (16, 32, 16), 16, 24)]  # doctest: +NORMALIZE_WHITESPACE
    ['channels=(16, 32, 16) → (24, 32, 16)', 'channels=(16, 32, 16) → (16, 32, 24)',
     'channels=(16, 32, 16) → (24, 32, 24)']
    """
    places = [place for place, number in _numbers(value) if number == before]
    for several in [[place] for place in places] + [places] * (len(places) > 1):
        other = value
        for place in several:
            other = _replaced(other, place, after)
        if len(repr(value)) > _LONGEST_VALUE:  # what is shown of it would be cut off
            edit = ", ".join(f"{name}{''.join(f'[{i}]' for i in place)}={before} → {after}" for place in several)
        else:
            edit = f"{name}={plain_value(value)} → {plain_value(other)}"
        yield edit, other


def _replaced(value: Any, place: tuple[int, ...], number: int) -> Any:
    if not place:
        return number
    first, *rest = place
    return type(value)(_replaced(v, tuple(rest), number) if i == first else v for i, v in enumerate(value))


def plain_value(value: Any) -> str:
    """A value as its author would write it; of a class or function the name, of an object its class."""
    if isinstance(value, (str, int, float, complex, bool, type(None))):
        text = repr(value)
    elif isinstance(value, (list, tuple)):
        inside = ", ".join(map(plain_value, value[:16]))
        text = f"[{inside}]" if isinstance(value, list) else f"({inside})"
    elif isinstance(value, Mapping):
        text = "{" + ", ".join(f"{k!r}: {plain_value(v)}" for k, v in list(value.items())[:16]) + "}"
    else:
        text = getattr(value, "__name__", None) or type(value).__name__
    text = without_addresses(str(text))
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"
