"""A number that counts what is done to it: scalar programs are executed with it, literally."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeAlias

from costmodel.ir.work import ScalarOps


class Tally:
    """Scalar results produced so far, by kind (the fields of :class:`ScalarOps`)."""

    def __init__(self) -> None:
        self.kinds: Counter[str] = Counter()

    def number(self, value: float) -> Number:
        """A number whose arithmetic this tally counts."""
        return Number(value, self)

    def scalar_ops(self) -> ScalarOps:
        """What was counted."""
        return ScalarOps(**self.kinds)


Operand: TypeAlias = "Number | float"


class Number:
    """A float under observation. Arithmetic of plain floats (constants known before) is not counted."""

    __slots__ = ("tally", "value")

    def __init__(self, value: float, tally: Tally) -> None:
        self.value = value
        self.tally = tally

    def result(self, kind: str, value: float) -> Number:
        """A new number, counted as one operation of this kind."""
        self.tally.kinds[kind] += 1
        return Number(value, self.tally)

    def __add__(self, other: Operand) -> Number:
        return self.result("add", self.value + _value(other))

    __radd__ = __add__

    def __sub__(self, other: Operand) -> Number:
        return self.result("add", self.value - _value(other))

    def __rsub__(self, other: Operand) -> Number:
        return self.result("add", _value(other) - self.value)

    def __neg__(self) -> Number:
        return self.result("add", -self.value)

    def __mul__(self, other: Operand) -> Number:
        return self.result("multiply", self.value * _value(other))

    __rmul__ = __mul__

    def __truediv__(self, other: Operand) -> Number:
        return self.result("divide", _quotient(self.value, _value(other)))

    def __rtruediv__(self, other: Operand) -> Number:
        return self.result("divide", _quotient(_value(other), self.value))

    def __lt__(self, other: Operand) -> bool:
        self.tally.kinds["compare"] += 1
        return self.value < _value(other)

    def __le__(self, other: Operand) -> bool:
        self.tally.kinds["compare"] += 1
        return self.value <= _value(other)

    def __gt__(self, other: Operand) -> bool:
        self.tally.kinds["compare"] += 1
        return self.value > _value(other)

    def __ge__(self, other: Operand) -> bool:
        self.tally.kinds["compare"] += 1
        return self.value >= _value(other)

    def __repr__(self) -> str:
        return f"Number({self.value})"


def _value(x: Operand) -> float:
    return x.value if isinstance(x, Number) else x


def _quotient(a: float, b: float) -> float:
    return a / b if b else math.nan


def transcendental(function: Callable[..., float], form: str = "") -> Callable[..., Any]:
    """``function`` of floats as a function of numbers: one operation; nan outside its domain.

    ``form`` is the method of a complex number that has the same meaning.
    """

    def apply(*operands: Operand) -> Any:
        if form and hasattr(operands[0], form):
            return getattr(operands[0], form)(*operands[1:])
        try:
            value = function(*map(_value, operands))
        except (ValueError, OverflowError, ZeroDivisionError):
            value = math.nan
        number = next((x for x in operands if isinstance(x, Number)), None)
        return value if number is None else number.result("transcendental", value)

    return apply


exp = transcendental(math.exp, "exp")
expm1 = transcendental(math.expm1, "expm1")
log = transcendental(math.log, "log")
log1p = transcendental(math.log1p, "log1p")
sqrt = transcendental(math.sqrt, "sqrt")
tanh = transcendental(math.tanh, "tanh")
sinh = transcendental(math.sinh, "sinh")
cosh = transcendental(math.cosh, "cosh")
erf = transcendental(math.erf)
sin = transcendental(math.sin, "sin")
cos = transcendental(math.cos, "cos")
floor = transcendental(math.floor)
trunc = transcendental(math.trunc)
power = transcendental(math.pow, "power")


def sigmoid(x: Operand) -> Operand:
    """1 / (1 + exp(−x)): negate, exp, add, divide."""
    quotient: Operand = 1.0 / (1.0 + exp(-x))
    return quotient


def equal(a: Operand, b: Operand) -> bool:
    """Whether two numbers are the same: one compare."""
    for x, other in ((a, b), (b, a)):
        if hasattr(x, "equal"):  # a complex number
            return bool(x.equal(other))
    for x in (a, b):
        if isinstance(x, Number):
            x.tally.kinds["compare"] += 1
            break
    return _value(a) == _value(b)


def absolute(x: Operand) -> Operand:
    """|x|: one compare (with itself negated; a sign bit in practice)."""
    return x.result("compare", abs(x.value)) if isinstance(x, Number) else abs(x)


def sign(x: Operand) -> Operand:
    """−1, 0 or 1: two compares, with zero from both sides."""
    if hasattr(x, "sign"):  # a complex number
        result: Operand = x.sign()
        return result
    return where(x > 0.0, _like(x, 1.0), where(x < 0.0, _like(x, -1.0), _like(x, 0.0)))


def maximum(a: Operand, b: Operand) -> Operand:
    """The larger of two numbers: one compare."""
    return where(a >= b, a, b)


def minimum(a: Operand, b: Operand) -> Operand:
    """The smaller of two numbers: one compare."""
    return where(a <= b, a, b)


def where(condition: bool, a: Operand, b: Operand) -> Operand:
    """Select by a comparison already made: free. Both sides are computed, as dense kernels do."""
    chosen, other = (a, b) if condition else (b, a)
    return _like(other, chosen)


def scaled(x: Operand, factor: Operand) -> Operand:
    """factor · x; by a constant 1 it is nothing to do."""
    if isinstance(factor, Number) or factor != 1:
        return x * factor
    return x


def _like(example: Operand, x: Operand) -> Operand:
    """``x`` under the observation of ``example``: a selected constant is data from then on."""
    return Number(x, example.tally) if isinstance(example, Number) and not isinstance(x, Number) else x
