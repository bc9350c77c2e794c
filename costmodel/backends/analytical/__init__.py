"""The embedded engine: Timeloop's own arithmetic, with the proven optimum or the course's search.

This file imports neither numpy nor pydantic: ``--help`` reads it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from costmodel.backends.analytical.search import SEARCHES, checked
from costmodel.backends.backend import BackendOption, Examination, Run, Search

if TYPE_CHECKING:
    from costmodel.hardware.spec import HardwareSpec
    from costmodel.ir.cost import CostReport, LayerCost
    from costmodel.ir.workload import Layer, Workload

TITLE = "embedded"
OPTIONS: tuple[BackendOption, ...] = ()
__all__ = [
    "OPTIONS",
    "SEARCHES",
    "TITLE",
    "checked",
    "estimate",
    "evaluate",
    "examine",
    "solve",
    "solve_front",
    "version",
]


def version() -> str:
    """Digest of the engine's source."""
    from costmodel.backends.analytical import layers

    return layers.version()


def estimate(workload: Workload, machine: HardwareSpec, search: Search, run: Run) -> CostReport:
    """Energy and cycles of every layer problem of a workload."""
    from costmodel.backends.analytical import layers

    return layers.estimate(workload, machine, search, run)


def solve(layer: Layer, machine: HardwareSpec, search: Search) -> LayerCost:
    """The best mapping of one layer problem."""
    from costmodel.backends.analytical import one_layer

    return one_layer.solve(layer, one_layer.machine_of(machine), search)


def solved_before(layers: Sequence[Layer], machine: HardwareSpec, search: Search) -> tuple[LayerCost, ...]:
    """The layer problems that are in the cache."""
    from costmodel.backends.analytical import layers as every

    return every.solved_before(layers, machine, search)


def solve_front(layer: Layer, machine: HardwareSpec, effort: str) -> tuple[LayerCost, ...]:
    """The Pareto front of one layer problem."""
    from costmodel.backends.analytical import one_layer

    return one_layer.solve_front(layer, one_layer.machine_of(machine), effort)


def evaluate(layer: Layer, machine: HardwareSpec, mapping: Sequence[Mapping[str, Any]]) -> LayerCost:
    """The cost of a given mapping."""
    from costmodel.backends.analytical import one_layer

    return one_layer.evaluate_mapping(layer, one_layer.machine_of(machine), mapping)


def examine(run: Run) -> Iterator[Examination]:
    """A trial layer, solved."""
    from costmodel.backends.analytical import examination

    return examination.examine(run)
