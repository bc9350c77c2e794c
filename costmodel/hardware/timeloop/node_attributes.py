"""Values of a v0.4 node's attributes: its own, those of the containers around it, and arithmetic over their names.

The front end hands a container's attributes down to what follows, and lets names stand for variables, for attributes
of the containers around, for the node's own, and for other nodes' (``buffer.attributes["depth"]``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from costmodel.errors import UsageError
from costmodel.files.located import LARGEST, Located
from costmodel.hardware.timeloop.expressions import IncomputableError, Number, number_of

NUMBERS = (
    "depth", "memory_depth", "width", "memory_width", "datawidth", "word_bits", "word_width", "entries", "sizeKB",
    "block_size", "cluster_size", "n_words", "multiple_buffering", "read_bandwidth", "write_bandwidth",
    "multiplier_width", "global_cycle_seconds",
)  # fmt: skip
"""Attributes that the engine asks for; all others are the energy estimator's affair."""

_FRACTIONS = ("multiple_buffering", "read_bandwidth", "write_bandwidth", "global_cycle_seconds", "sizeKB")


_UNLIMITED = ("depth", "memory_depth", "entries", "width", "read_bandwidth", "write_bandwidth")
"""Attributes that may be infinite: what is unlimited is what nobody says."""


def is_whole(number: Number) -> bool:
    """Whether it is a whole number; infinity is none."""
    return isinstance(number, int) or number.is_integer()


def whole(content: Mapping[str, Any], place: Located) -> Located:
    """A mapping of our own that says it stands where another one does."""
    found = Located(content)
    found.file, found.line, found.lines = place.file, place.line, dict(place.lines)
    return found


@dataclass(frozen=True, slots=True)
class Scope:
    """What names mean at a node.

    Attributes:
        variables: the folder's.
        around: attributes of the containers around, inner ones before outer ones.
        nodes: attributes and fan-outs of the nodes that were passed, by dotted name.
    """

    variables: Mapping[str, Any]
    around: Mapping[str, tuple[Any, str]] = field(default_factory=dict)
    nodes: dict[str, Any] = field(default_factory=dict)

    def inside(self, attributes: Located) -> Scope:
        """The scope of what a container with these attributes holds."""
        own = {key: (self._plain(attributes, key), attributes.at(key)) for key in attributes}
        return Scope(self.variables, {**self.around, **own}, self.nodes)

    def attributes(self, node: Located) -> Located:
        """A component's attributes, those that it inherits with them, and each number computed.

        Raises:
            UsageError: an expression without a value, by file and line.
        """
        own = node.get("attributes")
        own = own if isinstance(own, Located) else whole({}, node)
        found = whole({key: value for key, (value, _) in self.around.items() if key not in own}, own)
        for key in own:
            found[key] = self._plain(own, key)
        for key in _UNLIMITED:
            if found.get(key) == math.inf:  # unlimited is what is not said
                del found[key]
        for key, value in found.items():
            self.nodes[f"{node['name']}.attributes.{key}"] = value
        return found

    def mesh(self, node: Located) -> tuple[int, int]:
        """How many of what follows there are, along X and along Y.

        Raises:
            UsageError: no whole number above 0, or another word than meshX and meshY.
        """
        said = node.get("spatial")
        if said is None:
            return 1, 1
        if not isinstance(said, Located) or set(said) - {"meshX", "meshY"}:
            raise UsageError(f"{node.at('spatial')}: spatial of {node.get('name')}: meshX and meshY are expected")
        own = node.get("attributes")
        found = []
        for key in ("meshX", "meshY"):
            value = self.number(said.get(key, 1), own if isinstance(own, Located) else whole({}, node), said.at(key))
            if not is_whole(value) or value < 1:
                raise UsageError(f"{said.at(key)}: {key} is {value:g}; a whole number of at least 1 is expected")
            self.nodes[f"{node['name']}.spatial.{key}"] = int(value)
            found.append(int(value))
        return found[0], found[1]

    def number(self, value: Any, own: Located, where: str, of: str = "") -> Number:
        """A number, or what an expression comes to; ``of`` is the attribute whose own value it is.

        Raises:
            UsageError: neither.
        """
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            if abs(value) > LARGEST and value != math.inf:
                raise UsageError(f"{where}: a number of at most {LARGEST:.0e} is expected")
            return value
        if not isinstance(value, str):
            raise UsageError(f"{where}: {value!r}; a number is expected")
        try:
            return number_of(value, _Names(self, own, of))
        except IncomputableError as problem:
            raise UsageError(f"{where}: {value!r}: {problem}; write the number") from None

    def _plain(self, attributes: Located, key: str) -> Any:
        value = attributes[key]
        if key not in NUMBERS or value is None:
            return value
        found = self.number(value, attributes, attributes.at(key), key)
        if is_whole(found) and key not in _FRACTIONS:
            return int(found)
        return found


class _Names:
    """Values by name, for the expression that one attribute of a node is.

    The front end goes through a node's attributes in their order: a name is an attribute that stands before, else what
    it is around the node (common/nodes.py, parse_expressions).
    """

    def __init__(self, scope: Scope, own: Mapping[str, Any], of: str, open: frozenset[str] = frozenset()) -> None:
        order = list(own)
        self.scope = scope
        self.own = own
        self.before = order[: order.index(of)] if of in order else order
        self.of = of
        self.open = open

    def __call__(self, name: str) -> Any:
        name = name.removeprefix("variables.")
        place, value = self._said(name)
        if not isinstance(value, str):
            return value
        opened = f"{place} {name}"
        if opened in self.open:
            raise IncomputableError(f"{name} is said in terms of itself")
        inner = self.own if place == "own" else {}
        return number_of(value, _Names(self.scope, inner, name, self.open | {opened}))

    def _said(self, name: str) -> tuple[str, Any]:
        if name in self.before:
            return "own", self.own[name]
        if name in self.scope.around:
            return "around", self.scope.around[name][0]
        if name in self.scope.variables:
            return "variables", self.scope.variables[name]
        if name in self.scope.nodes:
            return "nodes", self.scope.nodes[name]
        if name in self.own and name != self.of:
            return "own", self.own[name]
        raise KeyError(name)
