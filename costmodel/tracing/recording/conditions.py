"""Conditions in the functions of a step that mention what changes from one step to the next, found by reading them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import CodeType

from costmodel.errors import NotebookError
from costmodel.tracing.reading.text import line_of, text_of

_SAYING = frozenset({"print", "warn", "debug", "info", "warning", "log", "write", "add_scalar", "append", "exit"})
"""Calls of a branch that only reports, or ends the training."""

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True)
class Condition:
    """A condition on something that changes.

    Attributes:
        where: ``net.py:12``.
        names: what of it changes.
        period: N of ``x % N``; None for any other comparison.
    """

    where: str
    names: tuple[str, ...]
    period: int | None


def periods(codes: Iterable[CodeType]) -> list[int]:
    """Every constant N of an ``x % N`` in the functions: how often a counter may come round."""
    return [n for _, body in _functions(codes) for node in ast.walk(body) if (n := _period(node)) is not None]


def conditions_on(changing: Iterable[str], codes: Iterable[CodeType]) -> list[Condition]:
    """Conditions that mention one of the names; those whose branches only report or give up are left out."""
    last = {name.rpartition(".")[2] for name in changing}
    found: dict[Condition, None] = {}
    for file, body in _functions(codes):
        for node in ast.walk(body):
            test = _condition(node)
            if test is None:
                continue
            names = tuple(sorted(last & set(_mentioned(test))))
            if names:
                period = next((n for inner in ast.walk(test) if (n := _period(inner)) is not None), None)
                found.setdefault(Condition(line_of(file, test.lineno), names, period))
    return list(found)


def _condition(node: ast.AST) -> ast.expr | None:
    """What a node decides on: its test, or the answer that a function gives to whoever asks it."""
    test = getattr(node, "test", None)
    if isinstance(test, ast.expr):
        return None if isinstance(node, ast.Assert) or only_says(node) else test
    answer = node.body if isinstance(node, ast.Lambda) else getattr(node, "value", None)
    if not isinstance(answer, ast.expr) or not isinstance(node, (ast.Lambda, ast.Return, ast.Assign)):
        return None
    asked = [inner for inner in ast.walk(answer) if _decides(inner, given=not isinstance(node, ast.Assign))]
    return answer if asked else None


def _decides(node: ast.AST, *, given: bool) -> bool:
    """Whether an expression is a truth; ``given`` to others, the rest of a division and the next item may be one."""
    if isinstance(node, ast.Compare) or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)):
        return True
    is_rest = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod)
    return given and (is_rest or (isinstance(node, ast.Call) and _called(node) == "next"))


def _functions(codes: Iterable[CodeType]) -> Iterator[tuple[str, _Function]]:
    """(file, syntax) of the functions with these codes, where there is a file to read."""
    lines: dict[str, set[int]] = {}
    for code in codes:
        lines.setdefault(code.co_filename, set()).add(code.co_firstlineno)
    for file, begins in sorted(lines.items()):
        try:
            tree = ast.parse(text_of(file))
        except (OSError, NotebookError, SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, _Function) and _first_line(node) in begins:
                yield file, node


def _first_line(node: _Function) -> int:
    """Where Python says that a function begins: at its first decorator."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _mentioned(test: ast.expr) -> Iterator[str]:
    for node in ast.walk(test):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr


def _period(node: ast.AST) -> int | None:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and isinstance(node.right, ast.Constant):
        n = node.right.value
        return n if isinstance(n, int) and n > 1 else None
    return None


def only_says(node: ast.AST) -> bool:
    """True for an ``if`` whose branches only report or give up."""
    if not isinstance(node, ast.If):
        return False
    return all(
        isinstance(line, (ast.Raise, ast.Pass)) or (isinstance(line, ast.Expr) and _called(line.value) in _SAYING)
        for line in (*node.body, *node.orelse)
    )


def _called(value: ast.expr) -> str:
    function = value.func if isinstance(value, ast.Call) else None
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
