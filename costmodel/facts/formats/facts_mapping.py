"""YAML or JSON: ``metric: value``, or ``submissions: {alice: {metric: value}}``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import yaml

from costmodel.errors import FormatError
from costmodel.facts.entries import GivenFact, readings_of
from costmodel.facts.source import Options, Source, excerpt
from costmodel.ir.codec import loads
from costmodel.ir.facts import SCHEMA, Facts, Reading

NAME = "facts"
TITLE = "a mapping of facts"
PRECEDENCE = 110
OPTIONS: tuple[str, ...] = ()

_SUBMISSIONS = "submissions"
_PARTS = ("value", "uncertainty", "unit", "kind")


def recognises(source: Source) -> bool:
    """Whether it begins as JSON, or has ``key:`` on its first line."""
    lines = (line for line in source.text.splitlines() if line.strip() and not line.startswith(("#", "---")))
    first = next(lines, "")
    return first.lstrip().startswith("{") or ":" in first.partition(",")[0]


def read(source: Source, options: Options) -> tuple[Reading, ...]:  # noqa: ARG001  # every reader takes options
    """One reading per submission, or one without name; facts that costmodel wrote come back as they were.

    Raises:
        FormatError: neither YAML nor JSON, a key twice or unknown, a value that is not a number in its unit.
    """
    if source.text.lstrip().startswith("{"):
        tree = _json(source)
        if tree.get("schema") == SCHEMA:
            return _own(source)
        entries = list(_entries(source, [(key, value, None) for key, value in tree.items()], None))
    else:
        entries = list(_entries(source, _yaml(source), None))
    if not entries:
        raise source.error("no fact in it; write metric: value", 1)
    return readings_of(source, NAME, entries)


def _own(source: Source) -> tuple[Reading, ...]:
    try:
        return loads(Facts, source.text, SCHEMA).readings
    except FormatError as problem:
        raise source.error(str(problem)) from None


def _json(source: Source) -> dict[str, Any]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise source.error(f"{excerpt(twice)} occurs twice")
        return dict(pairs)

    try:
        tree: dict[str, Any] = json.loads(source.text, parse_float=Decimal, object_pairs_hook=once)
    except (ValueError, RecursionError) as problem:
        line = problem.lineno if isinstance(problem, json.JSONDecodeError) else None
        raise source.error(f"not JSON: {getattr(problem, 'msg', 'a number too long, or too deep')}", line) from None
    return tree


def _yaml(source: Source) -> list[tuple[str, Any, int | None]]:
    try:
        node = yaml.compose(source.text, Loader=yaml.SafeLoader)  # nodes keep the digits that were written
    except (yaml.YAMLError, RecursionError, ValueError) as problem:
        mark = getattr(problem, "problem_mark", None)
        reason = getattr(problem, "problem", None) or "too deep, or not text"
        raise source.error(f"not YAML: {reason}", mark.line + 1 if mark else None) from None
    if not isinstance(node, yaml.MappingNode):
        raise source.error("a mapping of names to values is expected", 1)
    return _pairs(source, node)


def _pairs(source: Source, node: yaml.MappingNode) -> list[tuple[str, Any, int | None]]:
    pairs: list[tuple[str, Any, int | None]] = []
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise source.error("a name is expected before the colon", line)
        if any(key.value == other for other, _, _ in pairs):
            raise source.error(f"{excerpt(key.value)} occurs twice", line)
        pairs.append((key.value, value, line))
    return pairs


def _children(source: Source, value: Any, line: int | None) -> list[tuple[str, Any, int | None]] | None:
    """The pairs of a mapping, None for anything else."""
    if isinstance(value, yaml.MappingNode):
        return _pairs(source, value)
    return [(key, inner, line) for key, inner in value.items()] if isinstance(value, dict) else None


def _entries(source: Source, pairs: list[tuple[str, Any, int | None]], submission: str | None) -> Iterator[GivenFact]:
    for key, value, line in pairs:
        children = _children(source, value, line)
        if key == _SUBMISSIONS and submission is None:
            if children is None:
                raise source.error("submissions: a mapping of names to facts is expected", line)
            for name, facts, at in children:
                inner = _children(source, facts, at)
                if inner is None:
                    raise source.error(f"{excerpt(name)}: a mapping of metrics to values is expected", at)
                yield from _entries(source, inner, name)
            continue
        if children is not None:
            key, text = _spelled(source, key, children, line)
        else:
            text = _text(source, key, value, line)
        if text:
            yield GivenFact(submission, key, text, line)


def _spelled(source: Source, key: str, parts: list[tuple[str, Any, int | None]], line: int | None) -> tuple[str, str]:
    """``{value: 150, unit: kJ, uncertainty: 5, kind: claimed}`` as the words that a table would hold."""
    texts = {name: _text(source, name, value, at) for name, value, at in parts}
    unknown = [name for name in texts if name not in _PARTS]
    if unknown or not texts.get("value"):
        raise source.error(f"{excerpt(key)}: give value, and if you like unit, uncertainty, kind", line)
    if texts.get("kind", "measured") not in ("measured", "claimed"):
        raise source.error(f"{excerpt(key)}: kind is measured or claimed", line)
    prefix = "claimed_" if texts.get("kind") == "claimed" and not key.startswith("claimed_") else ""
    half = f" ± {texts['uncertainty']}" if texts.get("uncertainty") else ""
    return prefix + key, f"{texts['value']}{half} {texts.get('unit', '')}".strip()


def _text(source: Source, key: str, value: Any, line: int | None) -> str:
    """The text of a scalar; empty for null."""
    if isinstance(value, yaml.ScalarNode):
        return "" if value.tag == "tag:yaml.org,2002:null" else str(value.value)
    if value is None:
        return ""
    if isinstance(value, (str, int, Decimal)) and not isinstance(value, bool):
        return str(value)
    raise source.error(f"{excerpt(key)}: one value is expected, a number or a text with its unit", line)
