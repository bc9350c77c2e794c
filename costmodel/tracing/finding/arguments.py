"""The arguments of a constructor, or of a function that makes a model."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Mapping
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


def whole_numbers(target: Any, options: Mapping[str, Any]) -> dict[str, int]:
    """The whole numbers among a callable's arguments; none where it has no signature."""
    try:
        parameters = inspect.signature(target).parameters
    except (TypeError, ValueError):
        return {}
    values = {name: options.get(name, parameter.default) for name, parameter in parameters.items()}
    return {name: value for name, value in values.items() if type(value) is int}


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
