"""Work on complex tensors: an operation is one *real* scalar result, so a complex product is 4 multiplies and 2 adds.

An elementwise op is its own program, executed with complex numbers in the place of real ones. A nest is four real nests
of the same bounds (AC, BD, AD, BC) and 2 adds per result that join them; each multiply of the real form is then 4
multiplies and 2 adds, and each add 2. What adds up elements, draws them or asks whether they are 0 does so for both
parts. A norm is that of the sizes √(a² + b²), whose roots the Euclidean one does without. What has no such form is not
known here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import ZERO, ScalarOps, Work
from costmodel.ops.complex_number import ComplexNumber
from costmodel.ops.formula import Formula, UnknownFormError
from costmodel.ops.number import Tally
from costmodel.ops.pointwise import PointwiseFormula

_PRODUCTS = frozenset({"aten.prod", "aten.cumprod", "aten.linalg_cross"})
"""Ops without nests whose programs only add and multiply."""
_ADDING = """
    sum mean cumsum trace index_put index_add scatter_add put _unsafe_masked_index_put_accumulate unfold_backward col2im
    reflection_pad1d_backward reflection_pad2d_backward reflection_pad3d_backward replication_pad1d_backward
    replication_pad2d_backward replication_pad3d_backward embedding_dense_backward any all count_nonzero nonzero equal
"""
_BY_PARTS = frozenset(f"aten.{name}" for name in _ADDING.split())
"""Ops that do to the real and to the imaginary parts what they do to real numbers: they add, or ask what is 0."""
_NORMS = frozenset({"aten.linalg_vector_norm", "aten.norm"})
_FACTORS = ("alpha", "beta")


def is_complex(values: Any) -> bool:
    """True if one of the tensors among arguments or results is complex."""
    return any(meta.dtype.startswith("complex") for meta in _metas(values))


def complex_work(entry: Formula, arguments: Mapping[str, Any], out: Any) -> Work:
    """Work of a call with complex tensors.

    Raises:
        UnknownFormError: the op has no form for them here.
    """
    if entry.traits.knows_complex:
        return entry(arguments, out)
    if not _NORMS.isdisjoint(entry.names):
        return _norm(entry, arguments, out)
    real = entry(arguments, out)
    if real == ZERO:
        return ZERO  # moving is free, whatever is moved
    if isinstance(entry, PointwiseFormula):
        result = next(o for o in out if o is not None) if isinstance(out, tuple) else out
        return Work(scalar_ops=_of_one(entry, arguments) * result.numel)
    ops = real.scalar_ops
    if not _BY_PARTS.isdisjoint(entry.names) or (ops.random and ops.random == ops.total):
        return real * 2
    known = bool(real.nests) or not _PRODUCTS.isdisjoint(entry.names)
    if not known or ops.compare or ops.transcendental or ops.random or _is_scaled(arguments):
        raise UnknownFormError
    return Work(
        nests=tuple((nest, 4 * times) for nest, times in real.nests),
        scalar_ops=ScalarOps(multiply=4 * ops.multiply, add=2 * ops.multiply + 2 * ops.add, divide=2 * ops.divide),
    )


def _norm(entry: Formula, arguments: Mapping[str, Any], out: Any) -> Work:
    """Of both parts alike where their squares are added, else of sizes, which need no |·|."""
    order = arguments.get("ord", arguments.get("p", 2))
    shape = arguments["self"].shape
    if order in (2, None):
        return entry({**arguments, "self": TensorMeta((*shape, 2))}, out)
    sizes = TensorMeta(shape)
    if order == 0:
        raise UnknownFormError
    ops = entry({**arguments, "self": sizes}, out).scalar_ops
    of_sizes = ScalarOps(multiply=2, add=1, transcendental=1, compare=-1) * sizes.numel
    return Work(scalar_ops=ops + of_sizes)


def _is_scaled(arguments: Mapping[str, Any]) -> bool:
    """True for a factor beside the product, which may be real."""
    return any(arguments.get(name, 1) not in (0, 1) for name in _FACTORS)


def _of_one(entry: PointwiseFormula, arguments: Mapping[str, Any]) -> ScalarOps:
    """The program of one element, with a complex number for each complex tensor or constant."""
    tally = Tally()
    assert entry.scalar_program is not None
    wanted = {name: value for name, value in arguments.items() if name in entry.parameters}
    try:
        entry.scalar_program(**{name: _stand_in(value, tally) for name, value in wanted.items()})
    except (TypeError, AttributeError):  # the program asks for something that complex numbers do not have
        raise UnknownFormError from None
    return tally.scalar_ops()


def _stand_in(value: Any, tally: Tally) -> Any:
    if isinstance(value, TensorMeta):
        number = tally.number(0.5)
        return ComplexNumber(number, number) if value.dtype.startswith("complex") else number
    return ComplexNumber(value.real, value.imag) if isinstance(value, complex) else value


def _metas(values: Any) -> Iterator[TensorMeta]:
    for value in values:
        if isinstance(value, TensorMeta):
            yield value
        elif isinstance(value, tuple):
            yield from _metas(value)
