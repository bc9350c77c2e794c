"""Execute a formula's scalar program with counting numbers: it must be the op, and the formula its count."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any
from unittest.mock import patch

import numpy as np
import torch

from costmodel.ir.loopnest import LoopNest
from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work
from costmodel.ops.formula import Formula
from costmodel.ops.nest_program import Array, Shape, execute
from costmodel.ops.number import Number, Tally


def meta(value: Any) -> Any:
    """Shape and element type of tensors; other values as they are."""
    if isinstance(value, torch.Tensor):
        return TensorMeta(tuple(value.shape), str(value.dtype).removeprefix("torch."))
    return value


def numbers(tensor: torch.Tensor, tally: Tally) -> Array:
    """A tensor as an array of counting numbers; an integer tensor as an array of plain integers."""
    array = tensor.detach().numpy()
    if not tensor.is_floating_point():
        return array
    result = np.empty(array.shape, dtype=object)
    for index, value in np.ndenumerate(array):
        result[index] = tally.number(float(value))
    return result


def floats(values: Any) -> Any:
    """An array of counting numbers as an array of floats."""
    return np.vectorize(lambda v: float(v.value if isinstance(v, Number) else v), otypes=[float])(values)


def counted(entry: Formula, arguments: Mapping[str, Any], out: Any = None) -> Work:
    """What the formula says of a call."""
    return entry({name: meta(value) for name, value in arguments.items()}, meta(out))


def run(entry: Formula, arguments: Mapping[str, Any]) -> tuple[Any, Tally, int]:
    """Result, tally and executed multiply-accumulates of the scalar program."""
    assert entry.scalar_program is not None
    tally, macs = Tally(), 0
    wanted = inspect.signature(entry.scalar_program).parameters
    given = {n: v for n, v in arguments.items() if n in wanted}

    def recorded(nest: LoopNest, tensors: Mapping[str, Array], shape: Shape) -> Array:
        nonlocal macs
        if any(isinstance(value, Number) for tensor in tensors.values() for value in tensor.flat[:1]):
            macs += nest.macs  # with plain floats it is what the program does not count
        return execute(nest, tensors, shape)

    operands = {n: numbers(v, tally) if isinstance(v, torch.Tensor) else v for n, v in given.items()}
    with (
        patch("costmodel.ops.nest_program.execute", recorded),
        patch("costmodel.ops.families.convolution.execute", recorded),
    ):
        result = entry.scalar_program(**operands)
    return result, tally, macs


def check(entry: Formula, arguments: Mapping[str, Any], expected: Any, *, out: Any = None) -> None:
    """The program gives torch's numbers, and the formula exactly the program's operations and macs."""
    result, tally, macs = run(entry, arguments)
    same(result, expected)
    work = counted(entry, arguments, expected if out is None else out)
    assert work.scalar_ops == tally.scalar_ops()
    assert work.macs == macs


def same(result: Any, expected: Any) -> None:
    """Equal to 1e-9, result by result; what was not computed is None in both."""
    if not isinstance(result, tuple):
        result, expected = (result,), (expected,) if isinstance(expected, torch.Tensor) else expected[:1]
    for got, wanted in zip(result, expected, strict=True):
        assert (got is None) == (wanted is None)
        if got is not None:
            assert floats(got).shape == tuple(wanted.shape)
            np.testing.assert_allclose(floats(got), wanted.detach().numpy(), rtol=1e-9, atol=1e-9)
