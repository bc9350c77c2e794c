"""Every formula is the count of its scalar program, and its scalar program is the op.

The program is executed literally on small real tensors with numbers that count; its results must be
torch's and its operations the formula's.
"""

from __future__ import annotations

import importlib.util
import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from costmodel.ops import formulas, lookup
from costmodel.ops.complex_number import ComplexNumber
from costmodel.ops.formula import Formula
from costmodel.ops.number import Number, Tally
from costmodel.ops.packets import packet_name
from costmodel.ops.pointwise import PointwiseFormula
from tests.conformance.case import Case
from tests.conformance.recording import metas

# loop nests have an oracle of their own
TESTED_APART = (
    "affine_grid",
    "attention",
    "convolution",
    "deformable",  # torchvision's, as are regions
    "distance",
    "embedding",
    "free",  # nothing to execute
    "grouped",
    "matmul",
    "matvec",
    "native_attention",
    "nest_program",
    "recurrent",
    "recurrent_cells",
    "regions",
    "scaled_products",
)
# nothing to execute: draws (one per result)
WITHOUT_PROGRAM = ("aten.rand", "aten.normal", "aten.bernoulli")
# torch has no CPU kernel; tests/ops/families/test_normalization.py compares with autograd
WITHOUT_CASE = ("aten._fused_rms_norm_backward",)


def load_cases() -> list[Case]:
    """The case files, found by existing."""
    cases: list[Case] = []
    for path in sorted((Path(__file__).parent / "cases").glob("*.py")):
        spec = importlib.util.spec_from_file_location(f"cases_{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        cases += module.CASES
    return cases


CASES = load_cases()


def own_formulas() -> list[Formula]:
    """Formulas of the families tested here, each once."""
    known = {id(entry): entry for entry in formulas().values()}.values()
    return [f for f in known if _module(f) not in TESTED_APART]


def _module(entry: Formula) -> str:
    program = entry.scalar_program if isinstance(entry, PointwiseFormula) else entry.work
    assert program is not None
    return program.__module__.rpartition(".")[2].removesuffix("_backward")


def as_numbers(value: Any, tally: Tally) -> Any:
    """Floating tensors become arrays of counting numbers, others plain arrays."""
    if isinstance(value, torch.Tensor):
        if not (value.is_floating_point() or value.is_complex()):
            return value.numpy().copy()
        array = np.empty(value.shape, dtype=object)
        for position in np.ndindex(*value.shape):
            array[position] = _as_number(value[position].item(), tally)
        return array
    if isinstance(value, (list, tuple)):
        return [as_numbers(item, tally) for item in value]
    return value


def _as_number(value: Any, tally: Tally) -> Any:
    if isinstance(value, complex):
        return ComplexNumber(tally.number(value.real), tally.number(value.imag))
    return tally.number(value)


def _plain(value: Any) -> Any:
    if isinstance(value, ComplexNumber):
        return complex(_plain(value.real), _plain(value.imag))
    return value.value if isinstance(value, Number) else value


def as_tensor(value: Any) -> torch.Tensor:
    """What a program returned, as doubles or complex doubles."""
    array = np.asarray(value, dtype=object)
    plain = [_plain(x) for x in array.reshape(-1)]
    dtype = torch.complex128 if any(isinstance(x, complex) for x in plain) else torch.float64
    return torch.tensor(plain, dtype=dtype).reshape(array.shape)


def execute(entry: Formula, arguments: dict[str, Any]) -> Any:
    """Run the scalar program with those arguments that it names."""
    assert entry.scalar_program is not None
    parameters = inspect.signature(entry.scalar_program).parameters
    if not any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values()):
        arguments = {n: v for n, v in arguments.items() if n in parameters}
    run = entry.on_arrays if isinstance(entry, PointwiseFormula) else entry.scalar_program
    return run(**arguments)


def bind(case: Case) -> dict[str, Any]:
    """Arguments by schema name."""
    names = [a.name for a in case.op._schema.arguments]
    return dict(zip(names, case.args, strict=False)) | case.kwargs


def clone(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.clone()
    return [clone(v) for v in value] if isinstance(value, (list, tuple)) else value


def compare(mine: Any, theirs: Any, tolerance: float) -> None:
    if isinstance(theirs, (list, tuple)):
        mine = mine if isinstance(mine, (list, tuple)) else (mine,)
        for a, b in zip(mine, theirs, strict=False):  # a program may leave out what torch returns besides
            if a is not None and b is not None:
                compare(a, b, tolerance)
        return
    theirs = theirs.to(torch.complex128 if theirs.is_complex() else torch.float64)
    found = as_tensor(mine).reshape(theirs.shape).to(theirs.dtype)
    torch.testing.assert_close(found, theirs, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_formula_is_the_count_of_its_program_and_the_program_is_the_op(case: Case) -> None:
    entry = lookup(packet_name(case.op.overloadpacket))
    assert entry is not None
    before = bind(case)
    seen = metas(before)
    tally = Tally()
    numbers = {n: as_numbers(v, tally) for n, v in before.items()}
    after = {n: clone(v) for n, v in before.items()}
    theirs = case.op(**after)
    mine = execute(entry, numbers)
    counted = tally.scalar_ops().total
    claimed = entry(seen, metas(theirs)).scalar_ops.total
    assert counted == claimed if case.exact else counted <= claimed
    if not case.values:
        return
    if theirs is not None and not (isinstance(theirs, tuple) and not theirs):
        compare(mine, theirs, case.tolerance)
    if isinstance(entry, PointwiseFormula):
        return  # in-place forms share the program of the plain op, which returns
    for argument in case.op._schema.arguments:
        written = argument.alias_info is not None and argument.alias_info.is_write
        if written and after.get(argument.name) is not None:
            compare(numbers[argument.name], after[argument.name], case.tolerance)


def test_every_formula_has_a_program_and_a_case() -> None:
    tried = {id(lookup(packet_name(case.op.overloadpacket))) for case in CASES}
    not_here = [] if hasattr(torch.ops.aten, "_fused_rms_norm") else ["aten._fused_rms_norm"]  # torch 2.6
    allowed = {id(lookup(name)) for name in (*WITHOUT_PROGRAM, *WITHOUT_CASE, *not_here)}
    missing = [
        entry.names[0]
        for entry in own_formulas()
        if id(entry) not in allowed and (entry.scalar_program is None or id(entry) not in tried)
    ]
    assert not missing
