"""The constrained mapspace and the mapper's settings as Timeloop's documents."""

from __future__ import annotations

from typing import Any

from costmodel.backends.timeloop.syntax import Syntax
from costmodel.errors import UsageError
from costmodel.hardware.spec import ConstraintSpec, HardwareSpec
from costmodel.mapping.problem import CONVOLUTION, DEPTHWISE


def constraints_document(spec: HardwareSpec, *, depthwise: bool) -> dict[str, Any]:
    """``{"mapspace_constraints": …}``: loops, and what each level keeps and bypasses; what is free is not named."""
    targets = [_loops(loops) for loops in (spec.depthwise_constraints if depthwise else spec.constraints)]
    dims = DEPTHWISE if depthwise else CONVOLUTION
    for level in spec.levels:
        if not level.stores:
            # it has no loops; an order left open would still multiply the mapspace by 7!, which the mapper refuses
            # beyond 2^128 mappings
            ones = {"factors": " ".join(f"{d}=1" for d in dims), "permutation": "".join(dims)}
            targets.append({"target": level.name, "type": "temporal", **ones})
        kept = {"keep": list(level.keep)} if level.keep else {}
        passed = {"bypass": list(level.bypass)} if level.bypass else {}
        if kept or passed:
            targets.append({"target": level.name, "type": "bypass", **kept, **passed})
    return {"mapspace_constraints": {"targets": targets}}


def _loops(loops: ConstraintSpec) -> dict[str, Any]:
    target: dict[str, Any] = {"target": loops.target, "type": loops.type}
    factors = [f"{dim}={bound}" for dim, bound in loops.factors.items()]
    factors += [f"{dim}<={bound}" for dim, bound in loops.max_factors.items()]
    if factors:
        target["factors"] = " ".join(factors)
    if loops.permutation:
        target["permutation"] = "".join(loops.permutation)
    if loops.split is not None:
        target["split"] = loops.split
    return target


def mapper_document(spec: HardwareSpec, syntax: Syntax) -> dict[str, Any]:
    """``{"mapper": …}``: the course's search, by cycles and then by energy.

    Raises:
        UsageError: the spec has no mapper settings.
    """
    if spec.mapper is None:
        raise UsageError(f"{spec.name}: the spec has no mapper settings; add mapper: threads, timeout, …")
    settings = {
        "optimization_metrics": ["delay", "energy"],
        "live_status": False,
        "num_threads": spec.mapper.threads,
        "timeout": spec.mapper.timeout,
        "victory_condition": spec.mapper.victory_condition,
        "algorithm": "random-pruned",
        "max_permutations_per_if_visit": spec.mapper.max_permutations,
    }
    return {"mapper": {syntax.word(name): value for name, value in settings.items()}}
