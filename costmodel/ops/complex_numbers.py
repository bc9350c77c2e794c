"""Work on complex tensors: an operation is one *real* scalar result, so a complex product is 4 multiplies and 2 adds.

An elementwise op is its own program, executed with complex numbers in the place of real ones. A nest is four real nests
of the same bounds (AC, BD, AD, BC) and 2 adds per result that join them; each multiply of the real form is then 4
multiplies and 2 adds, and each add 2. What has no such form (a compare, a root, a norm) is not known here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import ZERO, ScalarOps, Work
from costmodel.ops.formula import Formula, UnknownFormError
from costmodel.ops.number import Number, Operand, Tally, scaled, sqrt
from costmodel.ops.pointwise import PointwiseFormula

_LINEAR = frozenset({"aten.sum", "aten.mean", "aten.cumsum", "aten.prod", "aten.cumprod", "aten.trace"})
"""Ops without nests whose programs only add, multiply, and divide by a real number."""
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
    real = entry(arguments, out)
    if real == ZERO:
        return ZERO  # moving is free, whatever is moved
    if isinstance(entry, PointwiseFormula):
        result = next(o for o in out if o is not None) if isinstance(out, tuple) else out
        return Work(scalar_ops=_of_one(entry, arguments) * result.numel)
    ops = real.scalar_ops
    known = bool(real.nests) or not _LINEAR.isdisjoint(entry.names)
    if not known or ops.compare or ops.transcendental or ops.random or _is_scaled(arguments):
        raise UnknownFormError
    return Work(
        nests=tuple((nest, 4 * times) for nest, times in real.nests),
        scalar_ops=ScalarOps(multiply=4 * ops.multiply, add=2 * ops.multiply + 2 * ops.add, divide=2 * ops.divide),
    )


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


@dataclass(frozen=True, slots=True, eq=False)
class ComplexNumber:
    """A pair of numbers whose arithmetic is counted; a real operand stays real."""

    real: Any
    imag: Any

    def __add__(self, other: Any) -> ComplexNumber:
        if isinstance(other, ComplexNumber):
            return ComplexNumber(self.real + other.real, self.imag + other.imag)
        return ComplexNumber(self.real + other, self.imag)

    __radd__ = __add__

    def __neg__(self) -> ComplexNumber:
        return ComplexNumber(-self.real, -self.imag)

    def __sub__(self, other: Any) -> ComplexNumber:
        if isinstance(other, ComplexNumber):
            return ComplexNumber(self.real - other.real, self.imag - other.imag)
        return ComplexNumber(self.real - other, self.imag)

    def __rsub__(self, other: Any) -> ComplexNumber:
        return ComplexNumber(other - self.real, -self.imag)

    def __mul__(self, other: Any) -> ComplexNumber:
        if isinstance(other, ComplexNumber):
            real = self.real * other.real - self.imag * other.imag
            return ComplexNumber(real, self.real * other.imag + self.imag * other.real)
        return ComplexNumber(self.real * other, self.imag * other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> ComplexNumber:
        if isinstance(other, ComplexNumber):
            product = self * ComplexNumber(other.real, _opposite(other.imag))
            size = other.real * other.real + other.imag * other.imag
            return ComplexNumber(product.real / size, product.imag / size)
        return ComplexNumber(self.real / other, self.imag / other)

    def __rtruediv__(self, other: Any) -> ComplexNumber:
        size = self.real * self.real + self.imag * self.imag
        return ComplexNumber(scaled(self.real, other) / size, scaled(_opposite(self.imag), other) / size)

    def __abs__(self) -> Operand:
        size: Operand = sqrt(self.real * self.real + self.imag * self.imag)
        return size


def conjugate(x: Any) -> Any:
    """The conjugate: its sign goes into the adds of what follows."""
    return ComplexNumber(x.real, _opposite(x.imag)) if isinstance(x, ComplexNumber) else x


def _opposite(x: Any) -> Any:
    """The sign of a conjugate goes into the adds of the product that follows: nothing by itself."""
    return Number(-x.value, x.tally) if isinstance(x, Number) else -x


def _metas(values: Any) -> Iterator[TensorMeta]:
    for value in values:
        if isinstance(value, TensorMeta):
            yield value
        elif isinstance(value, tuple):
            yield from _metas(value)
