"""Every case of a formula once more with each of its sizes cut to 1: the neighbours at which ranges and guards end.

What torch does not take, or takes without a look at shapes that do not belong together, is passed over.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch

from tests.conformance.case import Case
from tests.conformance.test_formulas import (
    CASES,
    bind,
    clone,
    test_formula_is_the_count_of_its_program_and_the_program_is_the_op,
)

PARTS = 8

APART = (
    "_fused_rms_norm",  # takes a normalised shape that the tensor does not have
    "index_put.default",  # a mask of another shape than the tensor
    "_ctc_loss",  # reads labels behind the last one
    "_unsafe_masked_index",
    "unfold_backward",  # sizes that do not belong together, unchecked
    "glu_backward",
    "var.",  # not a number, of one value
    "std.",
    "var_mean.",
    "std_mean.",
)

check = test_formula_is_the_count_of_its_program_and_the_program_is_the_op
del test_formula_is_the_count_of_its_program_and_the_program_is_the_op  # pytest would collect it here, too


def neighbours(case: Case) -> list[Case]:
    """The case with each of its sizes cut to 1 in all tensors that have it."""
    values = flat([*case.args, *case.kwargs.values()])
    tensors = [value for value in values if isinstance(value, torch.Tensor)]
    whole = any(not (t.is_floating_point() or t.is_complex() or t.dtype == torch.bool) for t in tensors)
    if whole and "backward" in str(case.op):
        return []  # kernels trust the places that the forward has found
    numbers = {value for value in values if isinstance(value, int)}
    sizes = sorted({size for t in tensors for size in t.shape if size > 1})
    if "backward" in str(case.op):
        sizes = [size for size in sizes if size not in numbers]
    return [
        Case(
            case.op,
            tuple(cut(value, size) for value in case.args),
            {name: cut(value, size) for name, value in case.kwargs.items()},
            case.values,
            case.exact,
            case.tolerance,
        )
        for size in sizes
    ]


def flat(values: Any) -> list[Any]:
    return [one for value in values for one in (flat(value) if isinstance(value, (list, tuple)) else [value])]


def cut(value: Any, size: int) -> Any:
    if isinstance(value, torch.Tensor):
        for axis, length in enumerate(value.shape):
            value = value.narrow(axis, 0, 1) if length == size else value
        return value.contiguous()
    if isinstance(value, (list, tuple)) and any(isinstance(one, torch.Tensor) for one in value):
        return [cut(one, size) for one in value]
    return value


def accepted(case: Case) -> bool:
    try:
        case.op(**{name: clone(value) for name, value in bind(case).items()})
    except (RuntimeError, IndexError, ValueError):
        return False
    return True


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("part", range(PARTS))
def test_cut_to_1_the_formula_is_still_the_count_of_its_program(part: int) -> None:
    met = 0
    for case in CASES[part::PARTS]:
        if any(name in str(case.op) for name in APART):
            continue
        for near in neighbours(case):
            if accepted(near):
                met += 1
                check(near)
    assert met > 100
