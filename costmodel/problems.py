"""The verb behind ``map``: single layer problems, from words, a Timeloop problem YAML or a JSON file of many cases."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from costmodel.backends.analytical import SEARCHES, evaluate_mapping, solve
from costmodel.backends.machine import machine_of
from costmodel.errors import CostModelError, UnknownNameError, UsageError
from costmodel.hardware.spec import load_hardware
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
    return data.get("mapping") if isinstance(data, dict) else data


def map_cases(
    cases: Mapping[str, Case],
    hardware: str,
    *,
    search: str = "optimum",
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, LayerCost]:
    """Evaluate or search every case; one that cannot be is invalid and says why, and loses no other.

    Raises:
        UnknownNameError: an unknown machine or search.
    """
    if search not in SEARCHES:
        raise UnknownNameError("search", search, SEARCHES)
    machine = machine_of(load_hardware(hardware))
    results: dict[str, LayerCost] = {}
    for name, case in cases.items():
        layer = Layer(
            places=(Place(part="map", layer=name, times=1),),
            instance=dict(case.instance),
            depthwise=case.depthwise,
            word_bits=16,
            lowered_as="depthwise" if case.depthwise else "convolution",
        )
        try:
            if case.mapping is None:
                results[name] = solve(layer, machine, search)
            else:
                results[name] = evaluate_mapping(layer, machine, case.mapping)
        except CostModelError as error:
            results[name] = invalid(layer, str(error))
        if progress is not None:
            progress(len(results), len(cases))
    return results


def invalid(layer: Layer, because: str) -> LayerCost:
    """A layer without figures, and why."""
    return LayerCost(
        layer=layer,
        valid=False,
        because=because,
        optimal=False,
        energy_pj=0.0,
        cycles=0,
        utilisation=0.0,
        energy_by_component={},
        accesses=(),
        mapping=(),
    )
