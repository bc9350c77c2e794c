"""A layer problem as Timeloop's ``problem`` document: the shape in full, so that no shape file is looked for."""

from __future__ import annotations

from typing import Any

from costmodel.backends.timeloop.syntax import Syntax
from costmodel.mapping.problem import COEFFICIENTS, DATASPACES, Axis, Problem

_COEFFICIENT_OF = {"R": "Wdilation", "P": "Wstride", "S": "Hdilation", "Q": "Hstride"}


def problem_document(problem: Problem, syntax: Syntax) -> dict[str, Any]:
    """``{"problem": …}``; a depthwise layer has the course's shape without M.

    The order of the dims and data spaces is that of the course's shape files: its search draws numbers in that order.
    """
    spaces = []
    for name, axes in zip(DATASPACES, problem.axes, strict=True):
        space: dict[str, Any] = {"name": name, "projection": [_projection(axis) for axis in axes]}
        if name == "Outputs":
            space[syntax.word("read_write")] = True
        spaces.append(space)
    shape = {
        "name": "DepthwiseConvolution" if problem.depthwise else "Convolution",
        "dimensions": list(problem.dims),
        "coefficients": [{"name": name, "default": 1} for name in COEFFICIENTS],
        syntax.word("data_spaces"): spaces,
    }
    return {"problem": {"shape": shape, "instance": problem.to_instance()}}


def _projection(axis: Axis) -> list[list[str]]:
    if len(axis) == 1:
        return [[axis[0][1]]]
    return [[dim, _COEFFICIENT_OF[dim]] for _, dim in axis]
