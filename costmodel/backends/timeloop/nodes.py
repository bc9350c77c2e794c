"""A hardware spec in version 0.4 of Timeloop's input: the nodes that its Python front end, timeloopfe, reads.

A level without storage is a container that fans out, and so is what a memory fans out to: ``NAME_fanout``, which
reading such a folder takes for the memory's own (hardware/timeloop/nodes.py). Constraints are a file of their own: with
a mapping they are left out, for the front end refuses a bound that a small layer made smaller than a constraint says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from costmodel.backends.timeloop.mapping import mapping_document
from costmodel.backends.timeloop.syntax import Tagged
from costmodel.errors import UsageError
from costmodel.hardware.quantity import WATTS
from costmodel.hardware.spec import ConstraintSpec, HardwareSpec, LevelSpec, SourcedQuantity
from costmodel.hardware.timeloop.nodes import FANNING
from costmodel.ir.cost import MappedLevel
from costmodel.mapping.problem import Problem

SYSTEM = "system"
MAC = "mac"
VERSION = 0.4
_TOP = f"{SYSTEM}_top_level"
_NANO = 1e9


def nodes_document(spec: HardwareSpec) -> dict[str, Any]:
    """``{"architecture": …}``: the nodes, outermost first.

    Raises:
        UsageError: a capacity that is not a whole number of accesses, or units that do not divide.
    """
    nodes: list[Tagged] = [Tagged("Container", {"name": SYSTEM})]
    for level in reversed(spec.levels):
        if level.stores:
            nodes.append(_memory(spec, level))
        mesh = _mesh(level)
        if mesh or not level.stores:
            name = level.name + FANNING if level.stores else level.name
            nodes.append(Tagged("Container", {"name": name, "spatial": mesh or {"meshX": 1}}))
    _refuse_another_number(spec)
    attributes = {"datawidth": int(spec.compute.word_bits.value)}
    nodes.append(Tagged("Component", {"name": MAC, "class": "intmac", "attributes": attributes}))
    return {"architecture": {"version": VERSION, "nodes": nodes}}


def _mesh(level: LevelSpec) -> dict[str, int]:
    along = (("meshX", level.fanout_x), ("meshY", level.fanout_y))
    return {name: int(count.value) for name, count in along if count is not None and count.value > 1}


def _refuse_another_number(spec: HardwareSpec) -> None:
    """The front end multiplies fan-outs; a spec says instances as well."""
    count = 1
    for level in reversed(spec.levels):
        if int(level.instances.value) != count:
            raise UsageError(f"level {level.name}: {level.instances.value} instances, and fan-outs around make {count}")
        for fan in _mesh(level).values():
            count *= fan
    if int(spec.compute.units.value) != count:
        raise UsageError(f"{spec.compute.units.value} multiply-accumulate units, and fan-outs make {count}")


def _memory(spec: HardwareSpec, level: LevelSpec) -> Tagged:
    block = int(level.words_per_access.value)
    bits = int((level.word_bits or spec.compute.word_bits).value)
    attributes: dict[str, Any] = {"width": bits * block, "datawidth": bits}
    if level.capacity is not None:
        words = int(level.capacity.value)
        if words % block:
            raise UsageError(f"level {level.name}: {words} words are not a whole number of accesses of {block} words")
        attributes["depth"] = words // block
    for name in ("read_bandwidth", "write_bandwidth"):
        rate: SourcedQuantity | None = getattr(level, name)
        if rate is not None:
            attributes[name] = float(rate.value)
    kind = {"class": "DRAM"} if level.capacity is None else {"class": "storage", "subclass": "SRAM"}
    return Tagged("Component", {"name": level.name, **kind, "attributes": attributes})


def constraints_document(spec: HardwareSpec, problem: Problem) -> dict[str, Any]:
    """``{"constraints": …}``: what each node's loops keep to, and what stays in it, for one layer problem."""
    bounds = problem.to_instance()
    ones = [dim for dim in problem.dims if bounds[dim] == 1]
    targets: list[dict[str, Any]] = []
    for level in spec.levels:
        kept = {key: list(names) for key, names in (("keep", level.keep), ("bypass", level.bypass)) if names}
        if level.stores and kept:
            targets.append({"target": level.name, "type": "dataspace", **kept})
    for loops in spec.depthwise_constraints if problem.depthwise else spec.constraints:
        targets.append({"target": _place(spec, loops), "type": loops.type, **_words(loops, ones)})
    return {"constraints": {"version": VERSION, "targets": targets}}


def _place(spec: HardwareSpec, loops: ConstraintSpec) -> str:
    level = next(level for level in spec.levels if level.name == loops.target)
    return loops.target + FANNING if loops.type == "spatial" and level.stores else loops.target


def _words(loops: ConstraintSpec, ones: Sequence[str]) -> dict[str, Any]:
    factors = [f"{dim}={bound}" for dim, bound in loops.factors.items()]
    factors += [f"{dim}<={bound}" for dim, bound in loops.max_factors.items()]
    order: list[str] = list(loops.permutation)
    if loops.split is not None and 0 < loops.split <= len(order):
        # the front end puts dims of bound 1 that are not listed before the others, and split would count them
        order += [dim for dim, bound in sorted(loops.factors.items()) if bound == 1 and dim not in order]
        order += [dim for dim in ones if dim not in order]
    said = {"factors": factors, "permutation": order}
    return {key: words for key, words in said.items() if words} | (
        {} if loops.split is None else {"split": loops.split}
    )


def variables_document(spec: HardwareSpec) -> dict[str, Any]:
    """``{"variables": …}``: the cycle, where the machine has a clock; energies come from the table."""
    clock = {} if spec.clock_hz is None else {"global_cycle_seconds": 1 / spec.clock_hz}
    return {"variables": {"version": VERSION, "technology": -1, **clock}}


def table_document(spec: HardwareSpec) -> dict[str, Any]:
    """``{"ERT": …, "ART": …}`` under the names that the front end makes; leakage in pJ a cycle."""
    energies, areas = [], []
    for name, instances, costs, leakage, area in _components(spec):
        leak = _pj_a_cycle(spec, leakage)
        actions = [{"name": key, "arguments": {}, "energy": pj} for key, pj in {**costs, "leak": leak}.items()]
        row = f"{_TOP}.{name}[1..{instances}]"
        energies.append({"name": row, "actions": actions})
        if area is not None:
            areas.append({"name": row, "area": float(area.value)})
    return {"ERT": {"version": VERSION, "tables": energies}, "ART": {"version": VERSION, "tables": areas}}


def _components(
    spec: HardwareSpec,
) -> Iterator[tuple[str, int, dict[str, float], SourcedQuantity | None, SourcedQuantity | None]]:
    for level in reversed(spec.levels):
        if level.stores:
            read, write = level.access_pj
            costs = {"read": read, "write": write, "update": write}
            yield level.name, int(level.instances.value), costs, level.leakage, level.area
    compute = spec.compute
    yield MAC, int(compute.units.value), {"compute": float(compute.energy.value)}, compute.leakage, compute.area


def _pj_a_cycle(spec: HardwareSpec, leakage: SourcedQuantity | None) -> float:
    if leakage is None or spec.clock_hz is None:
        return 0.0
    milliwatts = float(leakage.value * WATTS[leakage.unit]) * 1e3
    return milliwatts * _NANO / spec.clock_hz


def mapping_nodes_document(mapping: Sequence[MappedLevel], spec: HardwareSpec, dims: Sequence[str]) -> dict[str, Any]:
    """``{"mapping": …}``: the front end takes a mapping as constraints that leave nothing open.

    Raises:
        FormatError: see :func:`costmodel.backends.timeloop.mapping.mapping_document`.
    """
    stores = {level.name: level.stores for level in spec.levels}
    found = []
    for said in mapping_document(mapping, spec, dims)["mapping"]:
        if not stores[said["target"]] and said["type"] != "spatial":
            continue  # a container keeps nothing and has no loops in time
        one = dict(said)
        if one["type"] == "bypass":
            one["type"] = "dataspace"
        else:
            one["factors"], one["permutation"] = said["factors"].split(), list(said["permutation"])
        if one["type"] == "spatial" and stores[one["target"]]:
            one["target"] += FANNING
        found.append(one)
    return {"mapping": found}
