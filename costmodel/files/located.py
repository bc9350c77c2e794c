"""YAML whose values remember their lines, so that an error in somebody else's file can be named by file and line."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable
from pathlib import Path
from typing import Any

import yaml

from costmodel.errors import UsageError

LARGEST = 10**30
"""No machine has more of anything: what is larger is a mistake, and infinity is no number of words."""


class Located(dict[str, Any]):
    """A YAML mapping with its file and lines; keys have ``_`` for ``-``, as Timeloop reads both alike.

    Attributes:
        tag: the YAML tag that it is written under, without its ``!`` (``Component``); "" for none.
    """

    file: str = ""
    line: int = 1
    lines: dict[str, int]
    tag: str = ""

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
                if not known or isinstance(value, bool) or not least <= value <= LARGEST:
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


def read_located(path: Path, tags: Collection[str] = ()) -> Located:
    """A YAML file whose top is a mapping.

    Args:
        path: of the file.
        tags: that its mappings may have, without the ``!``; each is then the mapping's ``tag``.

    Raises:
        UsageError: it cannot be read, is not YAML, says a key twice, refers to itself, has another tag, or has
            something else than a mapping at its top.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageError(f"{path}: {getattr(problem, 'strerror', None) or problem}") from None
    loader = _LocatedLoader(text)
    loader.file, loader.tags = str(path), frozenset(tags)
    try:
        node = loader.get_single_node()
        if node is not None:
            _unfolded(node, {})
        data = None if node is None else loader.construct_document(node)
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise UsageError(f"{path}:{line}: not plain YAML: {getattr(problem, 'problem', problem)}") from None
    except (ValueError, OverflowError) as problem:  # a date that is none, a number of thousands of digits
        raise UsageError(f"{path}:1: not plain YAML: {problem}") from None
    except RecursionError:
        raise UsageError(f"{path}:1: not plain YAML: it is nested too deeply") from None
    finally:
        loader.dispose()
    if not isinstance(data, Located):
        raise UsageError(f"{path}:1: a mapping is expected")
    return data


class _LocatedLoader(yaml.SafeLoader):
    """A SafeLoader whose mappings are ``Located``."""

    file = ""
    tags: frozenset[str] = frozenset()


DEEP_MERGE = "<<<"
"""Accelergy's merge key: as ``<<``, but mappings are merged key by key and lists are joined (utils/yaml.py)."""


def _mapping(loader: _LocatedLoader, node: yaml.MappingNode) -> Located:
    own = _own_names(node)
    loader.flatten_mapping(node)
    found = Located()
    found.file, found.line, found.lines = loader.file, node.start_mark.line + 1, {}
    for key_node, value_node in node.value:
        key: Hashable = loader.construct_object(key_node, deep=True)
        name = str(key).replace("-", "_")
        found[name] = loader.construct_object(value_node, deep=True)
        found.lines[name] = key_node.start_mark.line + 1
    for name in [name for name in found if name not in own]:  # what is merged stands behind
        found[name] = found.pop(name)
    if DEEP_MERGE in found:
        merged = found.pop(DEEP_MERGE)
        for other in merged if isinstance(merged, list) else [merged]:
            if not isinstance(other, Located):
                raise _error("a mapping is expected to be merged", node)
            _merge_deeply(found, other)
    return found


def _merge_deeply(into: Located, other: Located) -> None:
    for key, value in other.items():
        own = into.get(key)
        if key not in into:
            into[key], into.lines[key] = value, other.lines.get(key, other.line)
        elif isinstance(own, Located) and isinstance(value, Located):
            into[key] = _copy(own)  # what an alias names elsewhere stays as it is
            _merge_deeply(into[key], value)
        elif isinstance(own, list) and isinstance(value, list) and not isinstance(own, _Alone):
            into[key] = [*own, *value]


def _copy(one: Located) -> Located:
    found = Located(one)
    found.file, found.line, found.lines, found.tag = one.file, one.line, dict(one.lines), one.tag
    return found


class _Alone(list[Any]):
    """A list under ``!nomerge``."""


def _own_names(node: yaml.MappingNode) -> set[str]:
    """The keys that are written here, each once."""
    seen: set[str] = set()
    for key_node, _ in node.value:
        name = str(key_node.value).replace("-", "_") if isinstance(key_node, yaml.ScalarNode) else ""
        if name in seen:
            raise _error(f"the key {name} is said twice", key_node)
        if name and name != "<<":
            seen.add(name)
    return seen


def _tagged(loader: _LocatedLoader, suffix: str, node: yaml.Node) -> Any:
    if suffix == "nomerge" and isinstance(node, yaml.SequenceNode):
        return _Alone(loader.construct_sequence(node, deep=True))
    if suffix not in loader.tags or not isinstance(node, yaml.MappingNode):
        known = ", ".join(f"!{tag}" for tag in sorted(loader.tags))
        raise _error(f"unknown tag !{suffix}" + (f"; of mappings are known {known}" if known else ""), node)
    found = _mapping(loader, node)
    found.tag = suffix
    return found


MOST_VALUES = 10**6
"""Aliases that unfold to more are no description of anything, and would fill the memory."""


def _unfolded(node: yaml.Node, known: dict[int, int | None]) -> int:
    """How many values a node is when all its aliases are written out."""
    if id(node) in known:
        size = known[id(node)]
        if size is None:
            raise _error("a mapping is merged into itself, or a list is in itself", node)
        return size
    known[id(node)] = None
    inside: list[Any] = []
    if isinstance(node, yaml.MappingNode):
        inside = [one for pair in node.value for one in pair]
    elif isinstance(node, yaml.SequenceNode):
        inside = node.value
    size = 1 + sum(_unfolded(one, known) for one in inside)
    if size > MOST_VALUES:
        raise _error(f"its aliases unfold to more than {MOST_VALUES:,} values", node)
    known[id(node)] = size
    return size


def _error(what: str, node: yaml.Node) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(None, None, what, node.start_mark)


_LocatedLoader.add_constructor("tag:yaml.org,2002:map", _mapping)
_LocatedLoader.add_multi_constructor("!", _tagged)
