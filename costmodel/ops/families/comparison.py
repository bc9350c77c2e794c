"""Comparisons of floats: one compare per element (of integers and masks they are index work, hence free)."""

from __future__ import annotations

import math
from typing import Any

from costmodel.ops.number import absolute, equal
from costmodel.ops.packets import aten
from costmodel.ops.pointwise import pointwise


@pointwise(aten.eq)
def is_equal(self: Any, other: Any) -> Any:
    return equal(self, other)


@pointwise(aten.ne)
def differs(self: Any, other: Any) -> Any:
    return not equal(self, other)


@pointwise(aten.lt)
def less(self: Any, other: Any) -> Any:
    return self < other


@pointwise(aten.le)
def less_or_equal(self: Any, other: Any) -> Any:
    return self <= other


@pointwise(aten.gt)
def greater(self: Any, other: Any) -> Any:
    return self > other


@pointwise(aten.ge)
def greater_or_equal(self: Any, other: Any) -> Any:
    return self >= other


@pointwise(aten.isnan)
def isnan(self: Any) -> Any:
    return not equal(self, self)


@pointwise(aten.isinf)
def isinf(self: Any) -> Any:
    return equal(absolute(self), math.inf)


@pointwise(aten.isposinf)
def isposinf(self: Any) -> Any:
    return equal(self, math.inf)


@pointwise(aten.isneginf)
def isneginf(self: Any) -> Any:
    return equal(self, -math.inf)


@pointwise(aten.signbit)
def signbit(self: Any) -> Any:
    return self < 0.0


@pointwise(aten.logical_not)
def logical_not(self: Any) -> Any:
    return equal(self, 0.0)


@pointwise(aten.logical_and)
def logical_and(self: Any, other: Any) -> Any:
    a, b = not equal(self, 0.0), not equal(other, 0.0)
    return a and b


@pointwise(aten.logical_or)
def logical_or(self: Any, other: Any) -> Any:
    a, b = not equal(self, 0.0), not equal(other, 0.0)
    return a or b


@pointwise(aten.logical_xor)
def logical_xor(self: Any, other: Any) -> Any:
    a, b = not equal(self, 0.0), not equal(other, 0.0)
    return a != b
