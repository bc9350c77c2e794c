"""The JSON schema of every noun (JSON Schema 2020-12), from the same type hints by which the codec reads it."""

from __future__ import annotations

import importlib
import json
import pkgutil
import types
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from costmodel import ir
from costmodel.ir.argument import Argument, TensorRef
from costmodel.ir.noun import Noun
from docs.generate.markdown import docstring, table

_PLAIN = {int: "integer", float: "number", Decimal: "number", str: "string", bool: "boolean", type(None): "null"}
_ARGUMENT = "Argument"


def nouns() -> list[type[Noun]]:
    """Every class that saves itself, by the name of its schema."""
    for module in pkgutil.iter_modules(ir.__path__, f"{ir.__name__}."):
        importlib.import_module(module.name)
    todo, found = [Noun], {}
    while todo:
        for kind in todo.pop().__subclasses__():
            todo.append(kind)
            if "SCHEMA" in vars(kind):
                found[kind.SCHEMA] = kind  # a dataclass with slots is made twice; the second class stays
    return [found[name] for name in sorted(found)]


def pages() -> Iterator[tuple[str, str]]:
    """(path, text) of the list, of every noun's page and of its schema."""
    rows = []
    for noun in nouns():
        file = f"{noun.SCHEMA.removeprefix('costmodel.').replace('/', '-')}.json"
        page = file.replace(".json", ".md")
        first = (noun.__doc__ or "").strip().split("\n")[0]
        rows.append((f"[{noun.__name__}]({page})", f"`{noun.SCHEMA}`", f"[{file}]({file})", first))
        yield f"schemas/{file}", json.dumps(schema_of(noun), indent=2, sort_keys=True) + "\n"
        said = f"# {noun.__name__}\n\nSchema `{noun.SCHEMA}`: [{file}]({file})\n\n{docstring(noun.__doc__)}\n"
        yield f"schemas/{page}", said
    yield "schemas/index.md", f"# JSON of every noun\n\n{table(('noun', 'schema', 'file', 'what'), rows)}"


def schema_of(noun: type[Noun]) -> dict[str, Any]:
    """The schema of a noun's file."""
    known: dict[str, Any] = {}
    found = _object(noun, known)
    found["properties"]["schema"] = {"const": noun.SCHEMA}
    found["required"] = sorted([*found["required"], "schema"])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": noun.SCHEMA,
        "title": noun.__name__,
        **found,
        "$defs": known,
    }


def _object(kind: Any, known: dict[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    required = [f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING]
    return {
        "type": "object",
        "description": (kind.__doc__ or "").strip().split("\n")[0],
        "properties": {f.name: _of(hints[f.name], known) for f in fields(kind)},
        "required": sorted(required),
        "additionalProperties": False,
    }


def _of(hint: Any, known: dict[str, Any]) -> dict[str, Any]:
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Any:
        return {}
    if hint in _PLAIN:
        return {"type": _PLAIN[hint]}
    if hint == Argument or (origin in (Union, types.UnionType) and TensorRef in arguments):
        return _argument(known)
    if origin in (Union, types.UnionType):
        return {"anyOf": [_of(option, known) for option in arguments]}
    if origin is Literal:
        return {"enum": [*arguments]}
    if origin is tuple:
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return {"type": "array", "items": _of(arguments[0], known)}
        items = [_of(item, known) for item in arguments]
        return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
    if origin is not None and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _of(arguments[1], known)}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"enum": [member.value for member in hint]}
    if is_dataclass(hint):
        name = hint.__name__  # type: ignore[union-attr]
        if name not in known:
            known[name] = {}
            known[name] = _object(hint, known)
        return {"$ref": f"#/$defs/{name}"}
    raise TypeError(f"{hint} has no JSON schema")


def _argument(known: dict[str, Any]) -> dict[str, Any]:
    """The one recursive type: a call's argument."""
    known[_ARGUMENT] = {
        "description": "An argument of a call: plain, a list, a tensor by its id, or a word of torch's.",
        "anyOf": [
            {"type": ["null", "boolean", "integer", "number", "string"]},
            {"type": "array", "items": {"$ref": f"#/$defs/{_ARGUMENT}"}},
            {"type": "object", "properties": {"tensor": {"type": "integer"}}, "required": ["tensor"],
             "additionalProperties": False},
            {"type": "object", "properties": {"kind": {"type": "string"}, "name": {"type": "string"}},
             "required": ["kind", "name"], "additionalProperties": False},
        ],
    }  # fmt: skip
    return {"$ref": f"#/$defs/{_ARGUMENT}"}
