"""A workload as the files that the real Timeloop takes unchanged: one folder per layer problem, and an index."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from costmodel.backends.backend import Exported, Run
from costmodel.backends.timeloop.layer_files import layer_documents, problem_of
from costmodel.backends.timeloop.options import INDEX
from costmodel.backends.timeloop.run_settings import settings_of
from costmodel.backends.timeloop.syntax import Syntax
from costmodel.errors import UsageError
from costmodel.files.writing import write_text
from costmodel.hardware.spec import HardwareSpec
from costmodel.ir.cost import LayerCost
from costmodel.ir.workload import Layer, Workload

SCHEMA = "costmodel.timeloop-export/1"


def export(
    workload: Workload, costs: Sequence[LayerCost | None], machine: HardwareSpec, directory: Path, run: Run
) -> list[Exported]:
    """Write one folder per layer problem, and ``layers.json`` with their names and repeats.

    Args:
        workload: the layer problems.
        costs: of each layer, whose mapping becomes ``mapping.yaml``; None for none.
        machine: what they run on.
        directory: made if it does not exist; files of an earlier export are replaced.
        run: ``syntax`` is ``v0.3`` (Timeloop until 2023) or ``v0.4`` (newer).

    Raises:
        UnknownNameError: an unknown syntax.
        UsageError: the directory cannot be written, or Timeloop has no words for the machine.
    """
    syntax = settings_of(run).syntax
    found: list[Exported] = []
    for number, (layer, cost) in enumerate(zip(workload.layers, costs, strict=True)):
        name = f"{number:03d}_{_slug(layer)}"
        mapping = () if cost is None or not cost.valid else cost.mapping
        _write(directory / name, layer_documents(layer, machine, syntax, mapping))
        found.append(Exported(name, layer, "" if cost is None else cost.because))
    _write(directory, {INDEX: _index(found, machine, workload.phase, syntax)})
    return found


def _slug(layer: Layer) -> str:
    place = layer.places[0]
    return re.sub(r"[^A-Za-z0-9]+", "_", f"{place.part}_{place.layer}").strip("_")


def _write(folder: Path, texts: Mapping[str, str]) -> None:
    try:
        for name, text in texts.items():
            write_text(folder / name, text)
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror or error}") from None


def _index(found: Sequence[Exported], machine: HardwareSpec, phase: str, syntax: Syntax) -> str:
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
    head = {
        "schema": SCHEMA,
        "hardware": machine.name,
        "hardware_digest": machine.digest,
        "phase": phase,
        "syntax": syntax.name,
    }
    return json.dumps({**head, "layers": layers}, indent=2, ensure_ascii=False) + "\n"
