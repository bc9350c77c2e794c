"""The real Timeloop, run by subprocess: its mapper as a backend, its model as a judge of our mappings.

This file imports neither yaml nor pydantic: ``--help`` reads it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from costmodel.backends.backend import Examination, Exported, Run, Search
from costmodel.backends.timeloop.options import INDEX, OPTIONS
from costmodel.errors import UsageError

if TYPE_CHECKING:
    from costmodel.hardware.spec import HardwareSpec
    from costmodel.ir.cost import CostReport, LayerCheck, LayerCost
    from costmodel.ir.workload import Workload

__all__ = ["INDEX", "OPTIONS", "SEARCHES", "TITLE", "estimate", "examine", "export", "mapping_text", "verify"]

TITLE = "its mapper, run as a process"
SEARCHES: Mapping[str, str] = {}


def estimate(workload: Workload, machine: HardwareSpec, search: Search, run: Run) -> CostReport:  # noqa: ARG001
    """Energy and cycles as ``timeloop-mapper`` finds them; it searches as the machine's mapper settings say."""
    from costmodel.backends.timeloop import layers

    return layers.estimate(workload, machine, run)


def verify(report: CostReport, machine: HardwareSpec, run: Run) -> tuple[LayerCheck, ...]:
    """What ``timeloop-model`` says of each mapping of a report."""
    from costmodel.backends.timeloop import layers

    return layers.verify(report, machine, run)


def export(
    workload: Workload, costs: Sequence[LayerCost | None], machine: HardwareSpec, directory: Path, run: Run
) -> list[Exported]:
    """Write one folder of input files per layer problem."""
    from costmodel.backends.timeloop import folders

    return folders.export(workload, costs, machine, directory, run)


def mapping_text(cost: LayerCost, machine: HardwareSpec) -> str:
    """The mapping of a solved layer in Timeloop's syntax (the same in every version).

    Raises:
        UsageError: the layer has no mapping.
    """
    from costmodel.backends.timeloop import layer_files as documents

    if not cost.valid:
        raise UsageError(f"there is no mapping to write: {cost.because}")
    return documents.mapping_text(cost.layer, machine, cost.mapping)


def examine(run: Run) -> Iterator[Examination]:
    """Both binaries, and the model on a trial layer."""
    from costmodel.backends.timeloop import examination

    return examination.examine(run)
