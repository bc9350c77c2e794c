"""``_foreach_*``: a list of tensors, each item through the formula of the plain op (COUNTING row 13)."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import torch

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work, total
from costmodel.ops.formula import Formula, derive
from costmodel.ops.packets import aten, packet_name
from costmodel.ops.pointwise import PointwiseFormula

# the plain op's name for each of a foreach op's own parameter names
RENAMED: dict[str, dict[str, str]] = {
    "add": {"scalar": "other", "scalars": "other"},
    "sub": {"scalar": "other", "scalars": "other"},
    "mul": {"scalar": "other", "scalars": "other"},
    "div": {"scalar": "other", "scalars": "other"},
    "maximum": {"scalar": "other", "scalars": "other"},
    "minimum": {"scalar": "other", "scalars": "other"},
    "clamp_max": {"scalar": "max", "scalars": "max", "other": "max"},
    "clamp_min": {"scalar": "min", "scalars": "min", "other": "min"},
    "addcmul": {"scalars": "value"},
    "addcdiv": {"scalars": "value"},
    "lerp": {"tensors1": "end", "weights": "weight"},
    "pow": {},
    "norm": {},
    "max": {},
}
UNARY = """
    abs acos asin atan ceil cos cosh erf erfc exp expm1 floor frac lgamma log log10 log1p log2 neg
    reciprocal round rsqrt sigmoid sign sin sinh sqrt tan tanh trunc
"""
PLAIN = {"norm": "linalg_vector_norm"}
REDUCTIONS = ("norm", "max")


def _item(arguments: dict[str, Any], names: dict[str, str], i: int) -> dict[str, Any]:
    return {names.get(n, n): v[i] if isinstance(v, (tuple, list)) else v for n, v in arguments.items()}


def _register(name: str, names: dict[str, str]) -> None:
    packet = getattr(aten, f"_foreach_{name}")
    derive(packet, getattr(aten, PLAIN.get(name, name)), partial(_item_by_item, packet, names, name in REDUCTIONS))


def _item_by_item(packet: Any, names: dict[str, str], reduces: bool, plain: Formula) -> Formula:
    """The formula of a foreach op: that of the plain op, for each item of the lists."""

    def work(**arguments: Any) -> Work:
        lists = [v for v in arguments.values() if isinstance(v, tuple)]
        works = []
        for i in range(len(lists[0]) if lists else 0):
            item = _item(arguments, names, i)
            tensor = max((v for v in item.values() if isinstance(v, TensorMeta)), key=lambda meta: meta.numel)
            works.append(plain(item, TensorMeta((), tensor.dtype) if reduces else tensor))
        return total(works)

    def program(**arguments: Any) -> Any:
        length = next(len(v) for v in arguments.values() if isinstance(v, list))
        items = [_item(arguments, names, i) for i in range(length)]
        return [run(plain, item) for item in items]

    entry = Formula(names=(packet_name(packet),), work=work, scalar_program=program)
    taken = {*names, *plain.parameters} - {"out", "dim"}
    entry.parameters = tuple(sorted(taken & _schema_names(packet)))
    return entry


def _schema_names(packet: Any) -> set[str]:
    """Parameters of all overloads; none of an op that torch does not have."""
    here = getattr(torch.ops.aten, packet_name(packet).removeprefix("aten."), None)
    return {a.name for o in here.overloads() for a in getattr(here, o)._schema.arguments} if here else set()


def run(entry: Formula, arguments: dict[str, Any]) -> Any:
    """Execute a formula's scalar program on arrays of numbers."""
    if isinstance(entry, PointwiseFormula):
        return entry.on_arrays(**arguments)
    assert entry.scalar_program is not None
    return np.asarray(entry.scalar_program(**arguments), dtype=object)


for _name, _names in {**RENAMED, **{name: {} for name in UNARY.split()}}.items():
    _register(_name, _names)
