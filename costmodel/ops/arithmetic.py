"""What one step of matrix arithmetic costs, on real numbers and on complex ones, which are pairs of real numbers.

A complex product is 4 multiplies and 2 adds; a quotient is the product with the conjugate, by the square of the size.
The sign of a conjugate goes into the adds of what follows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work
from costmodel.ops.complex_number import ComplexNumber
from costmodel.ops.formula import scalar
from costmodel.ops.number import absolute


@dataclass(frozen=True, slots=True, kw_only=True)
class Arithmetic:
    """The real operations of each step.

    Attributes:
        is_complex: True if the numbers are pairs.
        plus: a sum, a difference, a negation.
        times: a product.
        over: a quotient.
        inverse: a reciprocal.
        scaled: a product with a real number.
        parted: a quotient by a real number.
        square: of the size, |z|².
        size: what a pivot is chosen by: |x|, and of a complex number |a| + |b| (LAPACK's ``cabs1``).
    """

    is_complex: bool
    plus: Work
    times: Work
    over: Work
    inverse: Work
    scaled: Work
    parted: Work
    square: Work
    size: Work


_MULTIPLY, _DIVIDE = scalar(multiply=1), scalar(divide=1)
_REAL = Arithmetic(
    is_complex=False,
    plus=scalar(add=1),
    times=_MULTIPLY,
    over=_DIVIDE,
    inverse=_DIVIDE,
    scaled=_MULTIPLY,
    parted=_DIVIDE,
    square=_MULTIPLY,
    size=scalar(compare=1),
)
_COMPLEX = Arithmetic(
    is_complex=True,
    plus=scalar(add=2),
    times=scalar(multiply=4, add=2),
    over=scalar(multiply=6, add=3, divide=2),
    inverse=scalar(multiply=2, add=1, divide=2),
    scaled=scalar(multiply=2),
    parted=scalar(divide=2),
    square=scalar(multiply=2, add=1),
    size=scalar(compare=2, add=1),
)


def arithmetic(*operands: TensorMeta) -> Arithmetic:
    """That of the operands: complex if one of them is."""
    return _COMPLEX if any(meta.dtype.startswith("complex") for meta in operands) else _REAL


def pivot_size(x: Any) -> Any:
    """|x|, and of a complex number |a| + |b|."""
    return absolute(x.real) + absolute(x.imag) if isinstance(x, ComplexNumber) else absolute(x)


def square(x: Any) -> Any:
    """|x|², which is real."""
    return x.real * x.real + x.imag * x.imag if isinstance(x, ComplexNumber) else x * x


def real_part(x: Any) -> Any:
    """Of a complex number; a real one is its own."""
    return x.real if isinstance(x, ComplexNumber) else x


def alike(x: Any, example: Any) -> Any:
    """A real number as one of a complex matrix, if the example is."""
    return ComplexNumber(x, as_data(0.0, x)) if isinstance(example, ComplexNumber) else x


def as_data(value: float, example: Any) -> Any:
    """A constant that is stored among numbers like the example: data from then on."""
    if isinstance(example, ComplexNumber):
        return ComplexNumber(as_data(value, example.real), as_data(0.0, example.real))
    return example.tally.number(value)
