"""The verb behind ``export``: a subject's layer problems as the files that the real Timeloop takes unchanged."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from costmodel.backends.analytical.estimate import estimate
from costmodel.backends.timeloop.documents import layer_documents, mapping_text, problem_of
from costmodel.backends.timeloop.syntax import Syntax, syntax_named
from costmodel.errors import UnknownNameError, UsageError
from costmodel.hardware.machines import load_hardware
from costmodel.ir.cost import LayerCost
from costmodel.ir.workload import Layer
from costmodel.verbs.estimate import PHASES, workload_of

SCHEMA = "costmodel.timeloop-export/1"
INDEX = "layers.json"


@dataclass(frozen=True)
class Exported:
    """One layer's folder; ``because`` says why it has no mapping where one was wanted."""

    folder: str
    layer: Layer
    because: str


def export_timeloop(
    model: Any,
    directory: Path,
    hardware: str,
    settings: Mapping[str, Any],
    *,
    phase: str = "inference",
    syntax: str = "v0.3",
    search: str | None = "optimum",
    use_cache: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> list[Exported]:
    """Write one folder per layer problem, and ``layers.json`` with their names and repeats.

    Args:
        model: see :func:`costmodel.trace`.
        directory: made if it does not exist; files of an earlier export are replaced.
        hardware: a machine's name, or the path of a hardware YAML.
        settings: see :func:`costmodel.trace`.
        phase: ``inference`` or ``training``.
        syntax: ``v0.3`` (Timeloop until 2023) or ``v0.4`` (newer).
        search: whose mapping becomes ``mapping.yaml``; None for none.
        use_cache: take workloads and solved layers from the user's cache folder and put new ones there.
        progress: called with (layers mapped, layers in all).

    Raises:
        UnknownNameError: an unknown machine, phase, syntax or search.
        UsageError: the directory cannot be written, or Timeloop has no words for the machine.
    """
    if phase not in PHASES:
        raise UnknownNameError("phase", phase, PHASES)
    dialect = syntax_named(syntax)
    spec = load_hardware(hardware)
    workload = workload_of(model, settings, phase=phase, use_cache=use_cache)
    solved: Sequence[LayerCost | None] = [None] * len(workload.layers)
    if search is not None:
        solved = estimate(workload, spec, search=search, use_cache=use_cache, progress=progress).layers
    found: list[Exported] = []
    for number, (layer, cost) in enumerate(zip(workload.layers, solved, strict=True)):
        name = f"{number:03d}_{_slug(layer)}"
        mapping = () if cost is None or not cost.valid else cost.mapping
        _write(directory / name, layer_documents(layer, spec, dialect, mapping))
        found.append(Exported(name, layer, "" if cost is None else cost.because))
    _write(directory, {INDEX: _index(found, spec.name, spec.digest, phase, dialect)})
    return found


def _slug(layer: Layer) -> str:
    place = layer.places[0]
    return re.sub(r"[^A-Za-z0-9]+", "_", f"{place.part}_{place.layer}").strip("_")


def _write(folder: Path, texts: Mapping[str, str]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror or error}") from None


def _index(found: list[Exported], hardware: str, digest: str, phase: str, syntax: Syntax) -> str:
    layers = [
        {
            "folder": item.folder,
            "names": list(item.layer.names),
            "repeats": item.layer.repeats,
            "instance": problem_of(item.layer).to_instance(),
            "depthwise": item.layer.depthwise,
            "because": item.because,
        }
        for item in found
    ]
    head = {"schema": SCHEMA, "hardware": hardware, "hardware_digest": digest, "phase": phase, "syntax": syntax.name}
    return json.dumps({**head, "layers": layers}, indent=2, ensure_ascii=False) + "\n"


def timeloop_mapping(cost: LayerCost, hardware: str) -> str:
    """The mapping of a solved layer in Timeloop's syntax (the same in every version).

    Raises:
        UsageError: the layer has no mapping.
    """
    if not cost.valid:
        raise UsageError(f"there is no mapping to write: {cost.because}")
    return mapping_text(cost.layer, load_hardware(hardware), cost.mapping)
