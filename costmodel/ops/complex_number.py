"""A complex number whose real operations are counted: a pair of numbers (a, b), and the functions of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from costmodel.ops.number import (
    Number,
    Operand,
    cos,
    cosh,
    equal,
    exp,
    log,
    scaled,
    sin,
    sinh,
    sqrt,
    transcendental,
    where,
)

_angle = transcendental(math.atan2)


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

    def abs(self) -> Any:
        """√(a² + b²)."""
        return self.__abs__()

    def angle(self) -> Any:
        """One operation of two numbers."""
        return _angle(self.imag, self.real)

    def exp(self) -> ComplexNumber:
        """eᵃ·(cos b, sin b)."""
        size = exp(self.real)
        return ComplexNumber(size * cos(self.imag), size * sin(self.imag))

    def log(self) -> ComplexNumber:
        """(log |z|, angle)."""
        return ComplexNumber(log(abs(self)), self.angle())

    def sqrt(self) -> ComplexNumber:
        """√((|z| + a)/2), and √((|z| − a)/2) with the sign of b."""
        size = abs(self)
        real, imag = sqrt((size + self.real) / 2.0), sqrt((size - self.real) / 2.0)
        return ComplexNumber(real, where(self.imag >= 0.0, imag, Number(-imag.value, imag.tally)))

    def sin(self) -> ComplexNumber:
        """(sin a·cosh b, cos a·sinh b)."""
        return ComplexNumber(sin(self.real) * cosh(self.imag), cos(self.real) * sinh(self.imag))

    def cos(self) -> ComplexNumber:
        """(cos a·cosh b, −sin a·sinh b)."""
        return ComplexNumber(cos(self.real) * cosh(self.imag), -(sin(self.real) * sinh(self.imag)))

    def sinh(self) -> ComplexNumber:
        """(sinh a·cos b, cosh a·sin b)."""
        return ComplexNumber(sinh(self.real) * cos(self.imag), cosh(self.real) * sin(self.imag))

    def cosh(self) -> ComplexNumber:
        """(cosh a·cos b, sinh a·sin b)."""
        return ComplexNumber(cosh(self.real) * cos(self.imag), sinh(self.real) * sin(self.imag))

    def tan(self) -> ComplexNumber:
        """The sine by the cosine."""
        return self.sin() / self.cos()

    def tanh(self) -> ComplexNumber:
        """The hyperbolic sine by the hyperbolic cosine."""
        return self.sinh() / self.cosh()

    def exp2(self) -> ComplexNumber:
        """e to z·log 2."""
        return (self * math.log(2)).exp()

    def expm1(self) -> ComplexNumber:
        """The exponential less 1."""
        return self.exp() - 1.0

    def log1p(self) -> ComplexNumber:
        """The logarithm of 1 more."""
        return (self + 1.0).log()

    def log2(self) -> ComplexNumber:
        """The logarithm times a constant."""
        return self.log() * (1 / math.log(2))

    def log10(self) -> ComplexNumber:
        """The logarithm times a constant."""
        return self.log() * (1 / math.log(10))

    def power(self, exponent: Any) -> ComplexNumber:
        """e to the exponent times log z."""
        product: ComplexNumber = self.log() * exponent
        return product.exp()

    def sign(self) -> ComplexNumber:
        """z/|z|, and 0 of 0."""
        size = abs(self)
        zero = equal(size, 0.0)
        return ComplexNumber(*(where(zero, 0.0, part / size) for part in (self.real, self.imag)))

    def equal(self, other: Any) -> bool:
        """Both parts, or with a real number the real part."""
        imag = equal(self.imag, getattr(other, "imag", 0.0))
        return equal(self.real, getattr(other, "real", other)) and imag


def conjugate(x: Any) -> Any:
    """The conjugate: its sign goes into the adds of what follows."""
    return ComplexNumber(x.real, _opposite(x.imag)) if isinstance(x, ComplexNumber) else x


def _opposite(x: Any) -> Any:
    """The sign of a conjugate goes into the adds of the product that follows: nothing by itself."""
    return Number(-x.value, x.tally) if isinstance(x, Number) else -x
