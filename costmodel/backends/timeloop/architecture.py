"""A hardware spec as Timeloop's ``architecture`` document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from costmodel.backends.timeloop.syntax import Syntax
from costmodel.errors import UsageError
from costmodel.hardware.spec import HardwareSpec, LevelSpec

MAC = "mac"
"""Name of the multiply-accumulate units in every document."""

_WITH_ACCELERGY_ATTRIBUTES = 0.4
"""Accelergy 0.4 refuses a tree without a technology and a cycle time (parsing_utils.py); -1 is its placeholder. No
figure depends on them: energies come from the table, and its leakage is zero."""


@dataclass(frozen=True)
class Group:
    """Storage levels with the same number of instances, outermost first.

    Attributes:
        path: of the node, as the energy table names it: ``system.array1[0..255]``.
        name: the last part of it.
        instances: in the whole machine.
    """

    path: str
    name: str
    instances: int
    levels: tuple[LevelSpec, ...]


def architecture_document(spec: HardwareSpec, syntax: Syntax) -> dict[str, Any]:
    """``{"architecture": …}``: a tree in which the last component of the deepest node is the MAC.

    Raises:
        UsageError: instances that do not divide, or a capacity that is not a whole number of accesses.
    """
    meshes = _meshes(spec)
    node: dict[str, Any] = {}
    for group in reversed(groups(spec)):
        local = [_storage(spec, level, meshes[level.name], syntax) for level in group.levels]
        node = {"name": group.name, "local": local} | ({"subtree": [node]} if node else {})
        if group.levels[-1].name == spec.levels[0].name:
            local.append(_mac(spec, meshes[MAC]))
    if syntax.version >= _WITH_ACCELERGY_ATTRIBUTES:
        node = {"name": node["name"], "attributes": {"technology": -1, "global_cycle_seconds": 1e-09}} | node
    return {"architecture": {"version": syntax.version, "subtree": [node]}}


def groups(spec: HardwareSpec) -> list[Group]:
    """The levels by number of instances, outermost first.

    Raises:
        UsageError: the instances of a level are not a multiple of those around it.
    """
    found: list[Group] = []
    for level in reversed(spec.levels):
        instances = int(level.instances.value)
        if found and found[-1].instances == instances:
            last = found[-1]
            found[-1] = Group(last.path, last.name, instances, (*last.levels, level))
            continue
        around = found[-1].instances if found else 1
        name = f"array{len(found)}" if found else "system"
        if instances != 1 or found:
            name += _range(instances, around, f"level {level.name}")
        path = f"{found[-1].path}.{name}" if found else name
        found.append(Group(path, name, instances, (level,)))
    return found


def mac_name(spec: HardwareSpec) -> str:
    """``mac``, with a range where an instance of the innermost level feeds several."""
    units, around = int(spec.compute.units.value), int(spec.levels[0].instances.value)
    return MAC if units == around else MAC + _range(units, around, "the multiply-accumulate units")


def _range(instances: int, around: int, what: str) -> str:
    if instances % around:
        raise UsageError(f"{what}: {instances} instances are not a multiple of the {around} around them")
    return f"[0..{instances // around - 1}]"


def _meshes(spec: HardwareSpec) -> dict[str, int]:
    """Instances along X by component: fan-outs multiply from the outside in."""
    meshes: dict[str, int] = {}
    mesh = 1
    for level in reversed(spec.levels):
        meshes[level.name] = mesh
        mesh *= 1 if level.fanout_x is None else int(level.fanout_x.value)
    return meshes | {MAC: mesh}


def _storage(spec: HardwareSpec, level: LevelSpec, mesh: int, syntax: Syntax) -> dict[str, Any]:
    bits, block = int(spec.compute.word_bits.value), int(level.words_per_access.value)
    attributes: dict[str, Any] = {
        syntax.word("word_bits"): bits,
        syntax.word("block_size"): block,
        "width": bits * block,
    }
    if not level.stores:  # Timeloop has fan-outs between storages only: one that everything bypasses
        attributes["depth"] = 1
    elif level.capacity is not None:
        attributes["depth"] = _depth(level, int(level.capacity.value), block)
    if level.read_bandwidth is not None:
        attributes["read_bandwidth"] = float(level.read_bandwidth.value)
    if level.write_bandwidth is not None:
        attributes["write_bandwidth"] = float(level.write_bandwidth.value)
    return {"name": level.name, "class": _kind(level), "attributes": attributes | {"meshX": mesh}}


def _depth(level: LevelSpec, words: int, block: int) -> int:
    if words % block:
        raise UsageError(f"level {level.name}: {words} words are not a whole number of accesses of {block} words")
    return words // block


def _kind(level: LevelSpec) -> str:
    """Timeloop bounds the capacity of every class but DRAM; the energies come from the table, whatever the class."""
    if level.capacity is None and level.stores:
        return "DRAM"
    return "SRAM" if level.stores and level.pat_register is None else "regfile"


def _mac(spec: HardwareSpec, mesh: int) -> dict[str, Any]:
    attributes = {"datawidth": int(spec.compute.word_bits.value), "meshX": mesh}
    return {"name": mac_name(spec), "class": "intmac", "attributes": attributes}
