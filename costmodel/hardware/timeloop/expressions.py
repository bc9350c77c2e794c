"""Arithmetic in a v0.4 folder's values (``"datawidth * 3"``), computed without running any code.

timeloopfe evaluates such strings as Python (accelergy, parsing_utils.py). Read here are numbers, names, the operators
of arithmetic and comparison, a choice (``a if b else c``), and the functions of ``FUNCTIONS``: nothing else is.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable
from typing import Any

from costmodel.files.located import LARGEST

Number = int | float


FUNCTIONS: dict[str, Callable[..., Any]] = {
    name: getattr(math, name)
    for name in ("ceil", "floor", "trunc", "sqrt", "exp", "log", "log2", "log10", "gcd", "isqrt", "fabs")
} | {"abs": abs, "round": round, "min": min, "max": max, "int": int, "float": float}
CONSTANTS = {"pi": math.pi, "e": math.e, "inf": math.inf, "INF": math.inf}

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Not: operator.not_,
}
_COMPARED: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


class IncomputableError(Exception):
    """An expression that says something else than arithmetic, or has no value; its text says which."""


def number_of(text: str, named: Callable[[str], Any]) -> Number:
    """The value of an expression.

    Args:
        text: the expression.
        named: the value of a name, also of a dotted one (``buffer.attributes.depth``); raises KeyError if there is
            none.

    Raises:
        IncomputableError: no arithmetic, an unknown name, no number as its value, or one out of all bounds.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise IncomputableError("it is no arithmetic") from None
    try:
        found = _value(tree.body, named)
    except (ArithmeticError, ValueError, TypeError) as problem:
        raise IncomputableError(f"it has no value ({problem})") from None
    except RecursionError:
        raise IncomputableError("it is nested too deeply") from None
    if isinstance(found, bool) or not isinstance(found, (int, float)) or math.isnan(found):
        raise IncomputableError(f"its value is {found!r}, not a number")
    if abs(found) > LARGEST and not math.isinf(found):
        raise IncomputableError("its value is out of all bounds")
    return found


def _value(node: ast.expr, named: Callable[[str], Any]) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, (bool, int, float)):
        return node.value
    if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)):
        return _looked_up(_path(node), named)
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        return _binary(node.op, _value(node.left, named), _value(node.right, named))
    if isinstance(node, ast.UnaryOp) and type(node.op) in _UNARY:
        return _UNARY[type(node.op)](_value(node.operand, named))
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _COMPARED:
        left, right = _value(node.left, named), _value(node.comparators[0], named)
        return _COMPARED[type(node.ops[0])](left, right)
    if isinstance(node, ast.IfExp):
        return _value(node.body if _value(node.test, named) else node.orelse, named)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        if node.func.id not in FUNCTIONS:
            raise IncomputableError(f"{node.func.id}() is not among {', '.join(sorted(FUNCTIONS))}")
        return FUNCTIONS[node.func.id](*(_value(argument, named) for argument in node.args))
    raise IncomputableError("it is more than arithmetic with names")


def _binary(sign: ast.operator, left: Any, right: Any) -> Any:
    for one in (left, right):
        if not isinstance(one, (int, float)) or (abs(one) > LARGEST and not math.isinf(one)):
            raise IncomputableError("a number in it is out of all bounds")
    if isinstance(sign, ast.Pow) and abs(right) > 100:
        raise IncomputableError("a power in it is out of all bounds")
    found = _BINARY[type(sign)](left, right)
    if isinstance(found, complex):
        raise IncomputableError("it has no real value")
    return found


def _looked_up(path: str, named: Callable[[str], Any]) -> Any:
    try:
        return named(path)
    except KeyError:
        if path in CONSTANTS:
            return CONSTANTS[path]
        raise IncomputableError(f"{path} is not known") from None


def _path(node: ast.expr) -> str:
    """``a``, ``a.b`` and ``a["b"]`` as ``a``, ``a.b`` and ``a.b``."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_path(node.value)}.{node.attr}"
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
        return f"{_path(node.value)}.{node.slice.value}"
    raise IncomputableError("it is more than arithmetic with names")
