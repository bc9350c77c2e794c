"""Map: single layer problems, from words, a Timeloop problem YAML or a JSON file of many cases."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from costmodel import backends
from costmodel.backends.backend import Search
from costmodel.backends.totals import unmapped
from costmodel.errors import CostModelError, UsageError
from costmodel.files.workers import workers
from costmodel.hardware.machines import load_hardware
from costmodel.hardware.spec import HardwareSpec
from costmodel.ir.cost import LayerCost
from costmodel.ir.workload import Layer, Place


@dataclass(frozen=True)
class Case:
    """One layer problem: bounds by dim name, and a mapping to evaluate (None: search one)."""

    instance: Mapping[str, Any]
    depthwise: bool
    mapping: Any = None


def read_cases(problem: str) -> tuple[dict[str, Case], bool]:
    """The cases that PROBLEM names, and whether it is a file of many.

    Args:
        problem: ``C=3,M=6,P=28,…``, a Timeloop problem YAML, or a JSON file ``{"cases": {name: {"instance": {…},
            "depthwise": false, "mapping": […]}}}``.

    Raises:
        UsageError: none of these.
    """
    if problem.endswith(".json"):
        return _json_cases(Path(problem)), True
    if problem.endswith((".yaml", ".yml")):
        return {Path(problem).stem: _yaml_case(Path(problem))}, False
    instance: dict[str, Any] = {}
    for word in problem.split(","):
        name, equals, value = word.strip().partition("=")
        if not equals or not value.strip().lstrip("-").isdigit():
            raise UsageError(f"problem {word!r}: write C=3,M=6,P=28,Q=28,R=5,S=5, or name a YAML or JSON file")
        if name in instance:
            raise UsageError(f"problem: {name} is given twice, {instance[name]} and {value.strip()}")
        instance[name] = int(value)
    return {"problem": Case(instance, "M" not in instance)}, False


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {getattr(error, 'strerror', None) or error}") from None


def _json_cases(path: Path) -> dict[str, Case]:
    try:
        data = json.loads(_read(path))
        cases = data["cases"]
        return {
            name: Case(case["instance"], bool(case.get("depthwise", False)), case.get("mapping"))
            for name, case in cases.items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f'{path}: expected {{"cases": {{name: {{"instance": …}}}}}}: {error!r}') from None


def _yaml_case(path: Path) -> Case:
    try:
        data = yaml.safe_load(_read(path))
        found = data.get("problem", data)
        instance = dict(found["instance"])
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise UsageError(f"{path}: expected a Timeloop problem with an instance: {error!r}") from None
    return Case(instance, "M" not in instance)


def read_mapping(path: str) -> Any:
    """A mapping file: JSON in the form of recorded cases (a list of levels, or ``{"mapping": […]}``)."""
    try:
        data = json.loads(_read(Path(path)))
    except ValueError as error:
        raise UsageError(f"{path}: not JSON: {error}") from None
    mapping = data.get("mapping") if isinstance(data, dict) else data
    if not isinstance(mapping, list):
        raise UsageError(f'{path}: a mapping is a list of levels, or {{"mapping": [...]}}')
    return mapping


def map(
    problem: str | Mapping[str, Case],
    hardware: str,
    *,
    search: str = "optimum",
    objective: str = "latency",
    effort: str = "exact",
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, LayerCost]:
    """Evaluate or search every case; one that cannot be is invalid and says why, and loses no other.

    Args:
        problem: see :func:`read_cases`; or cases by name.
        hardware: a machine's name, its YAML file, or a course's Timeloop folder.
        search: ``optimum`` or ``course``.
        objective: ``latency``, ``energy`` or ``edp``.
        effort: ``exact`` or ``fast``.
        jobs: worker processes; 0 is one per core.
        progress: called with (cases done, cases in all).

    Raises:
        UnknownNameError: an unknown machine, search, objective or effort.
        UsageError: an objective that the search does not have, or a number of jobs below 0.
    """
    cases = read_cases(problem)[0] if isinstance(problem, str) else problem
    chosen = backends.solver().checked(Search(search=search, objective=objective, effort=effort))
    machine = load_hardware(hardware)
    results: dict[str, LayerCost] = {}
    with workers(jobs) as pool:
        futures = [pool.submit(_map_case, name, case, machine, chosen) for name, case in cases.items()] if pool else []
        for i, (name, case) in enumerate(cases.items()):
            results[name] = futures[i].result() if futures else _map_case(name, case, machine, chosen)
            if progress is not None:
                progress(len(results), len(cases))
    return results


def map_fronts(
    problem: str | Mapping[str, Case], hardware: str, *, effort: str = "exact"
) -> dict[str, list[LayerCost]]:
    """The Pareto front (cycles against energy) of every case, by ascending cycles.

    One that has no mapping is a front of one invalid cost that says why; a mapping in a case is not looked at.

    Raises:
        UnknownNameError: an unknown machine or effort.
    """
    cases = read_cases(problem)[0] if isinstance(problem, str) else problem
    solver = backends.solver()
    chosen = solver.checked(Search(effort=effort))
    machine = load_hardware(hardware)
    fronts: dict[str, list[LayerCost]] = {}
    for name, case in cases.items():
        layer = _layer(name, case)
        try:
            fronts[name] = list(solver.solve_front(layer, machine, chosen.effort))
        except CostModelError as error:
            fronts[name] = [unmapped(layer, str(error))]
    return fronts


def _map_case(name: str, case: Case, machine: HardwareSpec, search: Search) -> LayerCost:
    layer = _layer(name, case)
    try:
        if case.mapping is None:
            return backends.solver().solve(layer, machine, search)
        return backends.solver().evaluate(layer, machine, case.mapping)
    except CostModelError as error:
        return unmapped(layer, str(error))


def _layer(name: str, case: Case) -> Layer:
    return Layer(
        places=(Place(part="map", layer=name, times=1),),
        instance=dict(case.instance),
        depthwise=case.depthwise,
        word_bits=16,
        lowered_as="depthwise" if case.depthwise else "convolution",
    )
