"""Timeloop's v0.4 architecture: nested nodes, as the line of levels that its front end makes of them.

A container that fans out becomes a level without storage (timeloopfe, common/version_transpilers/v4_to_v3.py); branches
of a ``!Parallel`` follow each other, and what one of them keeps the others pass by (v4/processors/dataspace2branch.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from costmodel.errors import UsageError
from costmodel.files.located import Located
from costmodel.hardware.timeloop.architecture import BUFFERS, MULTIPLIERS, Component
from costmodel.hardware.timeloop.node_attributes import Scope, whole
from costmodel.hardware.timeloop.unmodelled import NETWORKS, notes_on, refuse_sparse

BRANCHES = ("Hierarchical", "Parallel", "Pipelined")
KNOWN = {
    "Container": ("name", "attributes", "spatial", "constraints", "networks", "sparse_optimizations"),
    "Component": (
        "name", "class", "subclass", "attributes", "spatial", "constraints", "sparse_optimizations", "networks",
        "required_actions", "area_scale", "energy_scale", "enabled",
    ),
    "Nothing": ("name", "class", "constraints", "attributes"),
}  # fmt: skip
FANNING = "_fanout"
"""A container that follows a memory and is named as it is, with this behind, is that memory's own fan-out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A node that loops or data can be at.

    Attributes:
        node: as written.
        loops: the level that its temporal constraints are of, and that it keeps data on; None for a container.
        spread: the level whose spatial loops its constraints are of; None where it does not fan out.
        branch: for each ``!Parallel`` around it, which one and in which of its branches, outermost first.
    """

    node: Located
    loops: str | None
    spread: str | None
    branch: tuple[tuple[int, int], ...]

    @property
    def name(self) -> str:
        """Of the node."""
        return str(self.node.get("name", "nothing"))


@dataclass(slots=True)
class Line:
    """The nodes in a line.

    Attributes:
        components: storage and fan-outs, outermost first, and the multipliers.
        places: of every node, in the same order.
        notes: where, and what is not modelled.
    """

    components: list[Component] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)


def line_of(tree: Located, scope: Scope) -> Line:
    """The line of levels that nested nodes are.

    Args:
        tree: ``architecture``.
        scope: the folder's variables.

    Raises:
        UsageError: a node of an unknown kind or class, or without a name, or one that says what cannot be modelled.
    """
    walk = _Walk(scope)
    walk.take(tree.parts("nodes"), ())
    if not walk.line.components:
        raise UsageError(f"{tree.at('nodes')}: no nodes")
    return walk.line


class _Walk:
    """The way through the nodes: what is around the next one."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.mesh = (1, 1)
        self.parallels = 0
        self.line = Line()
        self.before: str | None = None  # the memory that the next node follows directly

    def take(self, nodes: Sequence[Located], branch: tuple[tuple[int, int], ...], *, forking: bool = False) -> None:
        number = self.parallels
        for index, node in enumerate(nodes):
            inside = (*branch, (number, index)) if forking else branch
            if node.tag in BRANCHES:
                parallel = node.tag == "Parallel"
                self.parallels += parallel
                self.take(node.parts("nodes"), inside, forking=parallel)
                self.before = None
            elif node.tag in KNOWN:
                self._leaf(node, inside, forked=forking)
            else:
                kinds = ", ".join(f"!{tag}" for tag in (*KNOWN, *BRANCHES))
                raise UsageError(f"{node.at()}: a node without a kind; write one of {kinds} before it")

    def _leaf(self, node: Located, branch: tuple[tuple[int, int], ...], *, forked: bool) -> None:
        for key in node:
            if key not in KNOWN[node.tag]:
                raise UsageError(f"{node.at(key)}: {key} is not understood here; known: {', '.join(KNOWN[node.tag])}")
        refuse_sparse(node)
        if node.get("networks"):
            self.line.notes.append((node.at("networks"), f"networks of {node.get('name')}: wires cost nothing"))
        if node.tag == "Nothing":
            self.line.places.append(Place(node=node, loops=None, spread=None, branch=branch))
            return
        if not isinstance(node.get("name"), str):
            raise UsageError(f"{node.at('name')}: a {node.tag} has no name")
        if node.get("enabled") is False:
            return
        if node.tag == "Container":
            self._container(node, branch, forked=forked)
        else:
            self._component(node, branch, forked=forked)

    def _container(self, node: Located, branch: tuple[tuple[int, int], ...], *, forked: bool) -> None:
        name = node["name"]
        if forked:
            raise UsageError(f"{node.at()}: {name}: a container cannot be a branch of !Parallel; put it around")
        self.scope = self.scope.inside(_part(node, "attributes"))
        fan = self.scope.mesh(node)
        spread: str | None = None
        if fan != (1, 1):
            spread = self.before if self.before is not None and name == self.before + FANNING else name
            if spread == name:
                self._fan_out(node, name)
        self.line.places.append(Place(node=node, loops=None, spread=spread, branch=branch))
        self._spread(fan)
        self.before = None

    def _component(self, node: Located, branch: tuple[tuple[int, int], ...], *, forked: bool) -> None:
        name, kind = node["name"], node.get("class")
        if not isinstance(kind, str):
            raise UsageError(f"{node.at('class')}: {name} has no class")
        if any(word in kind for word in NETWORKS):
            self.line.notes.append((node.at(), f"{name} is a network: wires cost nothing"))
            return
        storage = any(word in kind for word in BUFFERS)
        if not storage and not any(word in kind for word in MULTIPLIERS):
            words = ", ".join((*BUFFERS, *MULTIPLIERS))
            raise UsageError(f"{node.at('class')}: class {kind!r} of {name}; one with {words} in its name is expected")
        fan = self.scope.mesh(node)
        spread = f"inter_{name}_spatial" if fan != (1, 1) else None
        if spread is not None:
            if forked:
                raise UsageError(f"{node.at('spatial')}: {name} fans out inside !Parallel; put a !Container around it")
            self._fan_out(node, spread)
            self._spread(fan)
        own = _part(node, "attributes")
        self.line.notes += notes_on(own, name)
        component = Component(
            name=name,
            kind=str(node.get("subclass") or kind),
            storage=storage,
            instances=self.mesh[0] * self.mesh[1],
            attributes=self._meshed(self.scope.attributes(node)),
        )
        self.line.components.append(component)
        self.line.places.append(Place(node=node, loops=name if storage else None, spread=spread, branch=branch))
        self.before = name if storage else None

    def _fan_out(self, node: Located, name: str) -> None:
        self.line.components.append(
            Component(
                name=name,
                kind="fan-out",
                storage=True,
                instances=self.mesh[0] * self.mesh[1],
                attributes=self._meshed(whole({}, node)),
                only_fans=True,
            )
        )

    def _meshed(self, attributes: Located) -> Located:
        attributes["meshX"], attributes["meshY"] = self.mesh
        return attributes

    def _spread(self, fan: tuple[int, int]) -> None:
        self.mesh = (self.mesh[0] * fan[0], self.mesh[1] * fan[1])


def _part(node: Located, key: str) -> Located:
    found: Any = node.get(key)
    if found is None:
        return whole({}, node)
    if not isinstance(found, Located):
        raise UsageError(f"{node.at(key)}: {key} is expected to be a mapping")
    return found
