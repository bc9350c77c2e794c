"""Small machines of other shapes than the lab's: several fan-outs, levels without storage, bandwidth everywhere."""

from __future__ import annotations

from dataclasses import replace

from costmodel.mapping.machine import Behaviour, Constraints, LoopConstraint, Machine, StorageLevel
from costmodel.mapping.problem import DATASPACES


def level(
    name: str, entries: int | None, *, bandwidth: float | None = None, across: int = 1, down: int = 1
) -> StorageLevel:
    return StorageLevel(
        name=name,
        entries=entries,
        read_pj=1.0 if entries else 100.0,
        write_pj=1.25 if entries else 110.0,
        read_bandwidth=bandwidth,
        write_bandwidth=bandwidth,
        fanout_x=across,
        fanout_y=down,
    )


def fan_out(name: str, *, across: int = 1, down: int = 1) -> StorageLevel:
    return StorageLevel(
        name=name, entries=None, read_pj=0.0, write_pj=0.0, fanout_x=across, fanout_y=down, stores=False
    )


def grid(behaviour: Behaviour = "D", *, free: bool = False, loops: tuple[LoopConstraint, ...] = ()) -> Machine:
    """Scratchpads under rows of PEs under columns under a buffer that itself fans out, and two free or fixed levels."""
    levels = (
        level("spad", 12, bandwidth=4),
        fan_out("row", down=3),
        level("local", 40, bandwidth=2),
        fan_out("column", across=4),
        level("buffer", 300, bandwidth=3, across=2),
        level("store", None, bandwidth=4),
    )
    keep: list[tuple[str, tuple[str, ...]]] = [("store", DATASPACES)]
    never: list[tuple[str, tuple[str, ...]]] = [("row", DATASPACES), ("column", DATASPACES)]
    if not free:
        keep += [("spad", ("Weights", "Outputs")), ("local", ("Inputs",)), ("buffer", ("Inputs", "Outputs"))]
        never += [("spad", ("Inputs",)), ("local", ("Weights", "Outputs")), ("buffer", ("Weights",))]
    constraints = Constraints(loops=loops, keep=tuple(keep), bypass=tuple(never))
    return Machine(
        name="grid",
        levels=levels,
        mac_pj=0.5,
        mac_units=24,
        behaviour=behaviour,
        constraints=constraints,
        depthwise_constraints=constraints,
    )


def stack(
    behaviour: Behaviour,
    *,
    pad: int,
    buffer: int | None = None,
    bandwidth: float | None = None,
    free: bool = False,
    loops: tuple[LoopConstraint, ...] = (),
) -> Machine:
    """Scratchpads of inputs under 3 × 2 PEs; a buffer, if it has words, of inputs and outputs (``free``: of all)."""
    spad = replace(level("pad", pad, bandwidth=bandwidth), words_per_access=2)
    levels = [spad, fan_out("fan", across=3, down=2), replace(level("store", None), words_per_access=2)]
    keep: list[tuple[str, tuple[str, ...]]] = [("pad", ("Inputs",)), ("store", DATASPACES)]
    never: list[tuple[str, tuple[str, ...]]] = [("pad", ("Weights", "Outputs")), ("fan", DATASPACES)]
    if buffer is not None:
        levels.insert(2, replace(level("buffer", buffer, bandwidth=2), words_per_access=4))
        if not free:
            keep.append(("buffer", ("Inputs", "Outputs")))
            never.append(("buffer", ("Weights",)))
    constraints = Constraints(loops=loops, keep=tuple(keep), bypass=tuple(never))
    return Machine(
        name="stack",
        levels=tuple(levels),
        mac_pj=0.1,
        mac_units=6,
        behaviour=behaviour,
        constraints=constraints,
        depthwise_constraints=constraints,
    )
