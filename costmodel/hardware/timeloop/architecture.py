"""Timeloop's architecture as a tree: storage levels and multipliers with their numbers, outermost first.

Version 0.3 is written so, and version 0.4 by its front end for Timeloop.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from costmodel.errors import UsageError
from costmodel.files.located import Located

BUFFERS = ("DRAM", "SRAM", "regfile", "smartbuffer", "storage")
MULTIPLIERS = ("mac", "compute")
"""Timeloop tells storage and multipliers by what their class's name contains (include/model/topology.hpp)."""

VERSIONS = ("0.2", "0.3", "0.4")

FAN_OUT = "dummy_storage"
"""The class that v0.4's front end gives to a level that only fans out."""

WORD_BITS = 16
"""Timeloop's default word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One entry of a ``local`` list.

    Attributes:
        kind: its class; of a class ``storage`` or ``compute`` the subclass.
        instances: in the whole machine.
        attributes: its own.
        inherited: those of the subtrees around it, innermost first.
        only_fans: it is a row or column of what is inside it, and stores nothing.
    """

    name: str
    kind: str
    storage: bool
    instances: int
    attributes: Located
    inherited: tuple[Located, ...] = field(default=())
    only_fans: bool = False

    @property
    def at(self) -> str:
        """File and line."""
        return self.attributes.at()

    def setting(self, key: str) -> object:
        """An attribute, its own or one that it inherits; None if neither has it."""
        for attributes in (self.attributes, *self.inherited):
            if key in attributes:
                return attributes[key]
        return None

    @property
    def said_word_bits(self) -> int | None:
        """Bits of one word, None where nobody says."""
        found = self.attributes.number(("word_bits", "word_width", "datawidth"))
        return None if found is None else int(found)

    @property
    def word_bits(self) -> int:
        """Bits of one word."""
        return self.said_word_bits or WORD_BITS

    @property
    def cluster(self) -> int:
        """Instances that one access serves together."""
        return int(self.attributes.number(("cluster_size",)) or 1)

    @property
    def width(self) -> int | None:
        """Bits of one row of the memory."""
        found = self.attributes.number(("width", "memory_width", "data_storage_width"))
        return None if found is None else int(found)

    @property
    def depth(self) -> int | None:
        """Rows of the memory."""
        found = self.attributes.number(("depth", "memory_depth", "data_storage_depth"))
        return None if found is None else int(found)

    @property
    def block(self) -> int:
        """Words of one access."""
        block = self.attributes.number(("block_size", "n_words"))
        if block is None and self.width is not None:
            block = self.width // self.word_bits // self.cluster
        return max(1, int(block or 1))

    @property
    def entries(self) -> int | None:
        """Words that a tile may take of one instance; None is unlimited."""
        words = self.attributes.number(("entries",), least=0)
        if words is None and self.depth is not None:
            words = self.depth * self.block
        if words is None:
            kilobytes = self.attributes.number(("sizeKB",))
            words = None if kilobytes is None else kilobytes * 8192 // self.word_bits
        if words is None:
            return None
        return int(words // (self.attributes.number(("multiple_buffering",), float) or 1))

    @property
    def mesh(self) -> tuple[int, int]:
        """Instances along X and along Y; without a mesh all lie along X."""
        x, y = self.attributes.number(("meshX",)), self.attributes.number(("meshY",))
        if x is None:
            x = self.instances / y if y else self.instances
        if y is None:
            y = self.instances / x
        if x * y != self.instances or x != int(x) or y != int(y):
            raise UsageError(f"{self.at}: {self.name} has {self.instances} instances on a mesh of {x:g} by {y:g}")
        return int(x), int(y)


def components_of(architecture: Located) -> list[Component]:
    """All storage and multipliers, outermost first.

    Raises:
        UsageError: the tree is of another version, branches, or has an entry without a name or class.
    """
    tree = architecture.get("architecture")
    if not isinstance(tree, Located):
        raise UsageError(f"{architecture.at()}: no architecture")
    if str(tree.get("version", "0.3")) not in VERSIONS:
        what = f"version {tree.get('version')} of the input; {', '.join(VERSIONS)} are read"
        raise UsageError(f"{tree.at('version')}: {what}")
    return _walk(tree, 1, ())


def _walk(node: Located, multiplier: int, inherited: tuple[Located, ...]) -> list[Component]:
    found: list[Component] = []
    for entry in node.parts("local"):
        component = _component(entry, multiplier, inherited)
        if component is not None:
            found.append(component)
    branches = node.parts("subtree")
    if len(branches) > 1:
        raise UsageError(f"{branches[1].at()}: the tree branches; a line of subtrees is read")
    for branch in branches:
        _, count = _split_name(branch)
        own = branch.get("attributes")
        around = (own, *inherited) if isinstance(own, Located) else inherited
        found += _walk(branch, multiplier * count, around)
    return found


def _component(entry: Located, multiplier: int, inherited: tuple[Located, ...]) -> Component | None:
    name, count = _split_name(entry)
    if not isinstance(entry.get("class"), str):
        raise UsageError(f"{entry.at()}: {name} has no class")
    outer = entry["class"]
    storage = any(word in outer for word in BUFFERS)
    if not storage and not any(word in outer for word in MULTIPLIERS):
        return None  # Timeloop neglects other classes, too
    attributes = entry.get("attributes")
    if not isinstance(attributes, Located):
        attributes = Located()
        attributes.file, attributes.line, attributes.lines = entry.file, entry.line, {}
    return Component(
        name=name,
        kind=str(entry.get("subclass", outer)),
        storage=storage,
        instances=multiplier * count,
        attributes=attributes,
        inherited=inherited,
        only_fans=outer == FAN_OUT,
    )


def _split_name(entry: Located) -> tuple[str, int]:
    """``PE[0..255]`` is 256 times PE."""
    name = entry.get("name")
    match = re.fullmatch(r"\s*([^\s\[\]]+)\s*(?:\[(\d+)\.\.(\d+)\])?\s*", name) if isinstance(name, str) else None
    if match is None:
        raise UsageError(f"{entry.at('name')}: name is {name!r}; NAME or NAME[0..N] is expected")
    low, high = match.group(2), match.group(3)
    count = 1 if low is None else int(high) - int(low) + 1
    if count < 1:
        raise UsageError(f"{entry.at('name')}: {name} counts backwards")
    return match.group(1), count
