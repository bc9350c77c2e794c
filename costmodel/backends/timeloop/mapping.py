"""A mapping as Timeloop's ``mapping`` document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from costmodel.errors import FormatError
from costmodel.hardware.spec import HardwareSpec
from costmodel.ir.cost import LoopSpec, MappedLevel
from costmodel.mapping.problem import DATASPACES


def mapping_document(mapping: Sequence[MappedLevel], spec: HardwareSpec, dims: Sequence[str]) -> dict[str, Any]:
    """``{"mapping": [directive, …]}``, outermost level first.

    Args:
        mapping: outermost level first, loops of a level outermost first.
        spec: the machine; its levels that fan out get a spatial directive.
        dims: of the problem, in shape order.

    Raises:
        FormatError: a level has two loops of a dim side by side in time or in space; Timeloop has no word for that.
    """
    fanning = {level.name for level in spec.levels if _fans_out(level.fanout_x, level.fanout_y)}
    directives: list[dict[str, Any]] = []
    for level in mapping:
        passed = [name for name in DATASPACES if name not in level.keep]
        directives.append({"target": level.target, "type": "bypass", "keep": list(level.keep), "bypass": passed})
        temporal = [loop for loop in level.loops if loop.spatial is None]
        directives.append(_block(level.target, "temporal", temporal, dims))
        if level.target in fanning:
            along = [[loop for loop in level.loops if loop.spatial == axis] for axis in ("Y", "X")]
            block = _block(level.target, "spatial", [*along[0], *along[1]], dims)
            directives.append(block | {"split": len(along[1])})
    return {"mapping": directives}


def _fans_out(*counts: Any) -> bool:
    return any(count is not None and count.value > 1 for count in counts)


def _block(target: str, kind: str, loops: Sequence[LoopSpec], dims: Sequence[str]) -> dict[str, Any]:
    """One block of loops given outermost first; Timeloop lists the innermost first, and every dim."""
    order = [loop.dim for loop in reversed(loops)]
    if len(set(order)) != len(order):
        raise FormatError(f"mapping: {target} has two {kind} loops of one dim ({' '.join(order)}); merge them")
    bounds = {loop.dim: loop.bound for loop in loops}
    return {
        "target": target,
        "type": kind,
        "factors": " ".join(f"{dim}={bounds.get(dim, 1)}" for dim in dims),
        "permutation": "".join([*order, *(dim for dim in dims if dim not in bounds)]),
    }
