"""YAML whose values remember their lines, so that an error in somebody else's file can be named by file and line."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from pathlib import Path
from typing import Any

import yaml

from costmodel.errors import UsageError


class Located(dict[str, Any]):
    """A YAML mapping with its file and lines; keys have ``_`` for ``-``, as Timeloop reads both alike."""

    file: str = ""
    line: int = 1
    lines: dict[str, int]

    def at(self, key: str | None = None) -> str:
        """``file:line`` of a key, or of the mapping itself."""
        return f"{self.file}:{self.lines.get(key, self.line) if key is not None else self.line}"

    def number(self, keys: Iterable[str], kind: type[int] | type[float] = int, *, least: float = 1) -> float | None:
        """The first of the keys that is there as a number.

        Raises:
            UsageError: it is not a number of the kind, or below ``least``.
        """
        for key in keys:
            if key in self:
                value = self[key]
                known = isinstance(value, kind) or (kind is float and isinstance(value, int))
                if not known or isinstance(value, bool) or value < least:
                    what = "whole number" if kind is int else "number"
                    raise UsageError(f"{self.at(key)}: {key} is {value!r}; a {what} of at least {least:g} is expected")
                return float(value) if kind is float else int(value)
        return None

    def parts(self, key: str) -> list[Located]:
        """The list of mappings under a key; empty if there is none.

        Raises:
            UsageError: it is something else.
        """
        found = self.get(key) or []
        if not isinstance(found, list) or not all(isinstance(item, Located) for item in found):
            raise UsageError(f"{self.at(key)}: {key} is expected to be a list of mappings")
        return found


def read_located(path: Path) -> Located:
    """A YAML file whose top is a mapping.

    Raises:
        UsageError: it cannot be read, is not YAML, or has something else at its top.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageError(f"{path}: {getattr(problem, 'strerror', None) or problem}") from None
    loader = _LocatedLoader(text)
    loader.file = str(path)
    try:
        data = loader.get_single_data()
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise UsageError(f"{path}:{line}: not plain YAML: {getattr(problem, 'problem', problem)}") from None
    finally:
        loader.dispose()
    if not isinstance(data, Located):
        raise UsageError(f"{path}:1: a mapping is expected")
    return data


class _LocatedLoader(yaml.SafeLoader):
    """A SafeLoader whose mappings are ``Located``."""

    file = ""


def _mapping(loader: _LocatedLoader, node: yaml.MappingNode) -> Located:
    loader.flatten_mapping(node)
    found = Located()
    found.file, found.line, found.lines = loader.file, node.start_mark.line + 1, {}
    for key_node, value_node in node.value:
        key: Hashable = loader.construct_object(key_node, deep=True)
        name = str(key).replace("-", "_")
        found[name] = loader.construct_object(value_node, deep=True)
        found.lines[name] = key_node.start_mark.line + 1
    return found


_LocatedLoader.add_constructor("tag:yaml.org,2002:map", _mapping)
