"""Export: a subject as the files that another tool takes unchanged: its layer problems, its graph, its time line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from costmodel import backends
from costmodel.backends.backend import Exported, Run, Search
from costmodel.backends.gpu.options import GpuOptions
from costmodel.errors import UnknownNameError, UsageError
from costmodel.files.writing import write_text
from costmodel.hardware.machines import load_hardware
from costmodel.ir.analysis import TRAINING
from costmodel.ir.cost import LayerCost
from costmodel.reports.export_format import TRACE, export_names, load_export
from costmodel.verbs.estimate import PHASES, Progress, cost_of_workload, workload_of
from costmodel.verbs.gpu_estimate import gpu_words, names_gpu, timeline_of
from costmodel.verbs.trace import recorded_step

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
    """Write one folder per layer problem, and a list of them; or the one file of a viewer (``perfetto``, ``dot``).

    Args:
        model: see :func:`costmodel.trace`.
        directory: made if it does not exist; files of an earlier export are replaced. A viewer's is the file.
        hardware: a machine's name, or the path of a hardware YAML; for ``perfetto`` a GPU too.
        to: the backend whose tool takes the files, or the viewer's format.
        phase: ``inference`` or ``training``.
        search: the search whose mapping is written too; None for none.
        cache: take workloads and solved layers from the user's cache folder and put new ones there.
        progress: told how far the work is.
        options: words for the backend alone (``syntax`` …).
        settings: see :class:`costmodel.Settings`.

    Returns:
        The folders; none where one file was written.

    Raises:
        UnknownNameError: an unknown machine, phase, search or backend.
        UsageError: the directory cannot be written, or the tool has no words for the machine.
    """
    if to not in backends.exporters():
        words = Viewed(hardware=hardware, phase=phase, search=search or "optimum", cache=cache)
        text = viewer_file(model, to, words, progress=progress, **settings)
        try:
            write_text(Path(directory), text)
        except OSError as error:
            raise UsageError(f"{directory}: {error.strerror or error}") from None
        return []
    if phase not in PHASES:
        raise UnknownNameError("phase", phase, PHASES)
    exporter = backends.exporter(to)
    machine = load_hardware(hardware)
    workload = workload_of(model, settings, phase=phase, use_cache=cache)
    costs: Sequence[LayerCost | None] = [None] * len(workload.layers)
    if search is not None:
        costs = cost_of_workload(workload, hardware, Search(search=search), Run(cache=cache), progress=progress).layers
    return exporter.export(workload, costs, machine, Path(directory), Run(options=options or {}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewed:
    """What a viewer's file is of; a graph has no use for it but for the phase.

    Attributes:
        hardware: an accelerator or a GPU.
        phase: ``inference`` or ``training``; None is a training, and an inference on an accelerator.
        search: how an accelerator's mappings are chosen.
        cache: take solved layers from the user's cache folder and put new ones there.
    """

    hardware: str
    phase: str | None = None
    search: str = "optimum"
    cache: bool = False


def targets() -> list[str]:
    """Everything that ``to`` may be: tools, then viewers."""
    return [*backends.exporters(), *export_names()]


def viewer_file(
    model: Any, to: str, viewed: Viewed, *, progress: Progress | None = None, **settings: Unpack[Settings]
) -> str:
    """The text of a viewer's file.

    Raises:
        UnknownNameError: no such format; lists the tools too.
    """
    if to not in export_names():
        raise UnknownNameError("target for --to", to, targets())
    if viewed.phase not in (None, *PHASES):
        raise UnknownNameError("phase", str(viewed.phase), PHASES)
    form = load_export(to)
    if form.OF == TRACE:
        return form.text(recorded_step(model, settings, viewed.phase or "training"))
    if names_gpu(viewed.hardware):
        words = gpu_words(settings, GpuOptions(), viewed.phase)
        return form.text(timeline_of(recorded_step(model, words, TRAINING), viewed.hardware, GpuOptions()))
    from costmodel.passes.timeline import accelerator_timeline

    phase = viewed.phase or "inference"
    trace = recorded_step(model, settings, phase)
    workload = workload_of(model, settings, phase=phase, use_cache=viewed.cache)
    run = Run(cache=viewed.cache)
    cost = cost_of_workload(workload, viewed.hardware, Search(search=viewed.search), run, progress=progress)
    return form.text(accelerator_timeline(trace, cost))


def mapping_text(cost: LayerCost, hardware: str, to: str) -> str:
    """The mapping of a solved layer in a tool's own syntax.

    Raises:
        UsageError: the layer has no mapping.
    """
    return backends.exporter(to).mapping_text(cost, load_hardware(hardware))
