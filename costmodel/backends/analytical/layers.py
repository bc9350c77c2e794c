"""Every layer problem of a workload, solved or found in the cache."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, replace
from functools import cache
from importlib import resources
from pathlib import Path

from costmodel.backends.analytical.machine_of_spec import machine_of
from costmodel.backends.analytical.one_layer import solve
from costmodel.backends.analytical.search import checked
from costmodel.backends.backend import Run, Search, refuse_options
from costmodel.backends.totals import cost_report
from costmodel.errors import FormatError
from costmodel.files import cache as store
from costmodel.files.workers import workers
from costmodel.hardware.spec import HardwareSpec
from costmodel.ir.codec import dumps, loads
from costmodel.ir.cost import CostReport, LayerCost
from costmodel.ir.workload import Layer, Workload


@cache
def version() -> str:
    """Digest of the engine's source: results of another engine are never taken for ours."""
    digest = hashlib.sha256()
    for package in ("costmodel.mapping", "costmodel.backends.analytical"):
        folder = Path(str(resources.files(package)))
        for file in sorted(folder.rglob("*.py")):
            digest.update(file.relative_to(folder).as_posix().encode() + file.read_bytes())
    return digest.hexdigest()[:12]


def estimate(workload: Workload, machine: HardwareSpec, search: Search, run: Run) -> CostReport:
    """Energy and cycles of every layer problem of a workload (from ``passes.lower``).

    Raises:
        UnknownNameError: no such search, objective or effort.
        UsageError: a number of jobs below 0, or an objective that the search does not have.
    """
    checked(search)
    refuse_options(run.options, ())
    layers: list[LayerCost] = []
    with workers(run.jobs, run.executor) as pool:
        for solved in _solve_all(workload.layers, machine, search, run.cache, pool):
            layers.append(solved)
            if run.progress is not None:
                run.progress(len(layers), len(workload.layers))
    return cost_report(
        workload,
        machine,
        backend="analytical",
        backend_version=version(),
        search=search.title,
        layers=tuple(layers),
    )


def solved_before(layers: Sequence[Layer], machine: HardwareSpec, search: Search) -> tuple[LayerCost, ...]:
    """Those layer problems of which the cache has the solution."""
    found = (_known(_key(layer, machine, search), layer) for layer in layers)
    return tuple(solved for solved in found if solved is not None)


def _solve_all(
    layers: Sequence[Layer], hardware: HardwareSpec, search: Search, use_cache: bool, executor: Executor | None
) -> Iterator[LayerCost]:
    machine = machine_of(hardware)
    keys = [_key(layer, hardware, search) for layer in layers]
    known = [_known(key, layer) if use_cache else None for key, layer in zip(keys, layers, strict=True)]
    futures = {}
    if executor is not None:  # the largest first, so that none is left over at the end
        for i in sorted(range(len(layers)), key=lambda i: -layers[i].macs):
            if known[i] is None:
                futures[i] = executor.submit(solve, layers[i], machine, search)
    for i, layer in enumerate(layers):
        solved = known[i]
        if solved is None:
            solved = futures[i].result() if i in futures else solve(layer, machine, search)
            if use_cache:
                store.store("layers", keys[i], dumps(solved, LayerCost.SCHEMA))
        yield solved


def _key(layer: Layer, hardware: HardwareSpec, search: Search) -> str:
    what = {
        "instance": dict(layer.instance),
        "depthwise": layer.depthwise,
        "hardware": hardware.digest,
        "search": asdict(search),
        "engine": version(),
    }
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()


def _known(key: str, layer: Layer) -> LayerCost | None:
    """A stored solution, for this layer's names and repeats; a damaged one counts as none."""
    text = store.load("layers", key)
    if text is None:
        return None
    try:
        solved = loads(LayerCost, text, LayerCost.SCHEMA)
    except FormatError:
        return None
    if dict(solved.layer.instance) != dict(layer.instance) or solved.layer.depthwise != layer.depthwise:
        return None
    return replace(solved, layer=layer)
