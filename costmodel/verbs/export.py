"""Export: a subject's layer problems as the files that another tool takes unchanged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from costmodel import backends
from costmodel.backends.backend import Exported, Run, Search
from costmodel.errors import UnknownNameError
from costmodel.hardware.machines import load_hardware
from costmodel.ir.cost import LayerCost
from costmodel.verbs.estimate import PHASES, Progress, cost_of_workload, workload_of

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from costmodel.ir.settings import Settings


def export(
    model: Any,
    directory: str | Path,
    hardware: str,
    *,
    to: str,
    phase: str = "inference",
    search: str | None = "optimum",
    cache: bool = False,
    progress: Progress | None = None,
    options: Mapping[str, Any] | None = None,
    **settings: Unpack[Settings],
) -> list[Exported]:
    """Write one folder per layer problem, and a list of them.

    Args:
        model: see :func:`costmodel.trace`.
        directory: made if it does not exist; files of an earlier export are replaced.
        hardware: a machine's name, or the path of a hardware YAML.
        to: the backend whose tool takes the files.
        phase: ``inference`` or ``training``.
        search: the search whose mapping is written too; None for none.
        cache: take workloads and solved layers from the user's cache folder and put new ones there.
        progress: told how far the work is.
        options: words for the backend alone (``syntax`` …).
        settings: see :class:`costmodel.Settings`.

    Raises:
        UnknownNameError: an unknown machine, phase, search or backend.
        UsageError: the directory cannot be written, or the tool has no words for the machine.
    """
    if phase not in PHASES:
        raise UnknownNameError("phase", phase, PHASES)
    exporter = backends.exporter(to)
    machine = load_hardware(hardware)
    workload = workload_of(model, settings, phase=phase, use_cache=cache)
    costs: Sequence[LayerCost | None] = [None] * len(workload.layers)
    if search is not None:
        costs = cost_of_workload(workload, hardware, Search(search=search), Run(cache=cache), progress=progress).layers
    return exporter.export(workload, costs, machine, Path(directory), Run(options=options or {}))


def mapping_text(cost: LayerCost, hardware: str, to: str) -> str:
    """The mapping of a solved layer in a tool's own syntax.

    Raises:
        UsageError: the layer has no mapping.
    """
    return backends.exporter(to).mapping_text(cost, load_hardware(hardware))
