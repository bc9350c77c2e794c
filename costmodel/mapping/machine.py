"""An accelerator: storage levels from the MACs outwards, their energies, and what a mapping may do on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Behaviour = Literal["A", "B", "D", "E"]
"""Which Timeloop is meant: A October 2021, B 16 February 2022, D January 2022 (the course's docker), E release 3.0.3.

E is D, except that outputs which are touched for the first time are not fills: nothing is written before them.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageLevel:
    """One storage level; figures per instance.

    Attributes:
        entries: capacity in words; None is unlimited.
        words_per_access: words that one access moves.
        read_pj: energy of one read access.
        write_pj: energy of one fill or update access.
        read_bandwidth: words a cycle; None is unlimited.
        write_bandwidth: words a cycle; None is unlimited.
        fanout_x: instances of the next inner level along X that one instance feeds.
        fanout_y: likewise along Y.
        stores: False for a fan-out without storage (a row or column of PEs): it has spatial loops only.
    """

    name: str
    entries: int | None
    words_per_access: int = 1
    read_pj: float
    write_pj: float
    read_bandwidth: float | None = None
    write_bandwidth: float | None = None
    fanout_x: int = 1
    fanout_y: int = 1
    stores: bool = True

    @property
    def fans_out(self) -> bool:
        """Whether a mapping may put spatial loops here."""
        return self.fanout_x * self.fanout_y > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopConstraint:
    """What the loops of one level must look like.

    Attributes:
        target: name of the storage level.
        spatial: whether it constrains the level's spatial loops or its temporal ones.
        factors: pairs (dim, bound); a bound above the dim's is lowered to it, one that does not divide is dropped.
        most: pairs (dim, largest bound allowed).
        permutation: dims that are innermost, first = innermost.
        split: number of leading dims of the permutation that go to X (spatial only); None leaves it free.
    """

    target: str
    spatial: bool = False
    factors: tuple[tuple[str, int], ...] = ()
    most: tuple[tuple[str, int], ...] = ()
    permutation: tuple[str, ...] = ()
    split: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraints:
    """The constrained mapspace: loops, and per level which data spaces are always kept or never.

    Attributes:
        keep: pairs (level, data spaces that are always kept there).
        bypass: pairs (level, data spaces that are never kept there); what is in neither is free.
    """

    loops: tuple[LoopConstraint, ...] = ()
    keep: tuple[tuple[str, tuple[str, ...]], ...] = ()
    bypass: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def of(self, target: str, *, spatial: bool) -> LoopConstraint:
        """The constraint on one block of loops; an empty one where nothing is said."""
        for constraint in self.loops:
            if (constraint.target, constraint.spatial) == (target, spatial):
                return constraint
        return LoopConstraint(target=target, spatial=spatial)


@dataclass(frozen=True, slots=True, kw_only=True)
class MapperSettings:
    """Settings of Timeloop's random-pruned search.

    Attributes:
        timeout: consecutive invalid mappings after which a thread stops.
        victory: consecutive valid mappings without improvement after which a thread stops.
        max_permutations: permutations visited per index factorisation.
        tolerance: relative difference of a metric below which the next metric is asked.
    """

    threads: int = 8
    timeout: int = 200
    victory: int = 200
    max_permutations: int = 8
    tolerance: float = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """An accelerator.

    Attributes:
        levels: innermost first.
        mac_pj: energy of one multiply-accumulate.
        mac_units: multipliers, for utilisation.
    """

    name: str
    levels: tuple[StorageLevel, ...]
    mac_pj: float
    mac_units: int
    behaviour: Behaviour = "D"
    constraints: Constraints = Constraints()
    depthwise_constraints: Constraints = Constraints()
    mapper: MapperSettings = MapperSettings()

    def constraints_for(self, *, depthwise: bool) -> Constraints:
        """The constraint file that the course uses for this kind of layer."""
        return self.depthwise_constraints if depthwise else self.constraints
