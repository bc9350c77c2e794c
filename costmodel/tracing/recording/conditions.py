"""Conditions in the functions of a step that mention what changes from one step to the next, found by reading them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import CodeType

from costmodel.errors import NotebookError
from costmodel.tracing.reading.text import line_of, text_of
from costmodel.tracing.recording.held import names_of
from costmodel.tracing.recording.outside import ASKING

_SAYING = frozenset({"print", "warn", "debug", "info", "warning", "log", "write", "add_scalar", "append", "exit",
                     "clear"})  # fmt: skip
"""Calls of a branch that only reports, empties a list, or ends the training."""

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
    return [n for _, body in functions_in(codes) for node in ast.walk(body) if (n := _period(node)) is not None]


def conditions_on(changing: Iterable[str], codes: Iterable[CodeType]) -> list[Condition]:
    """Conditions that mention one of the names; those whose branches only report or give up are left out.

    So is what is asked of a clock, a file, or chance outside the generators: it needs no name. A variable that is
    reckoned from one of these is one as well.
    """
    last = {name for path in changing for name in names_of(path)}
    found: dict[Condition, None] = {}
    for file, body in functions_in(codes):
        names_here = last | _reckoned(body, last)
        for test in (test for node in ast.walk(body) for test in _conditions(node)):
            names = tuple(sorted(set(_mentioned(test, names_here))))
            if names:
                period = next((n for inner in ast.walk(test) if (n := _period(inner)) is not None), None)
                found.setdefault(Condition(line_of(file, test.lineno), names, period))
    return list(found)


def _conditions(node: ast.AST) -> Iterator[ast.expr]:
    """What a node decides on: its test, what it matches, or the answer that a function gives to whoever asks it."""
    test = getattr(node, "test", None)
    if isinstance(test, ast.expr):
        if not isinstance(node, ast.Assert) and not only_says(node):
            yield test
    elif isinstance(node, ast.Match):
        yield node.subject
    elif isinstance(node, (ast.For, ast.comprehension)):
        yield from getattr(node, "ifs", ())
        if _called(node.iter) == "range":
            yield node.iter
    elif isinstance(node, ast.Try) and any(_takes_an_end(handler) for handler in node.handlers):
        yield from (n for line in node.body for n in ast.walk(line) if isinstance(n, ast.Call) and _called(n) == "next")
    elif isinstance(node, ast.Expr):
        yield from (value for inner in ast.walk(node) if isinstance(inner, ast.BoolOp) for value in inner.values[:-1])
    else:
        answer = node.body if isinstance(node, ast.Lambda) else getattr(node, "value", None)
        if not isinstance(answer, ast.expr) or not isinstance(node, (ast.Lambda, ast.Return, ast.Assign)):
            return
        if any(_decides(inner, given=not isinstance(node, ast.Assign)) for inner in ast.walk(answer)):
            yield answer


def _takes_an_end(handler: ast.ExceptHandler) -> bool:
    """Whether a handler does something once an iterator has ended, but begin it again."""
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    ends = any(kind is None or getattr(kind, "id", "") in ("StopIteration", "Exception") for kind in kinds)
    return ends and not all(_begins_again(line) for line in handler.body)


def _begins_again(line: ast.stmt) -> bool:
    if isinstance(line, (ast.Raise, ast.Pass, ast.Break, ast.Return)):
        return True
    return isinstance(line, ast.Assign) and _called(line.value) in ("iter", "next")


_RECKONING = frozenset({"int", "float", "round", "min", "max", "abs", "len", "bool", "sum", "divmod", "floor", "ceil"})


def _reckoned(body: _Function, names: set[str]) -> set[str]:
    """Variables of a function that are reckoned from what changes: ``late = (time() - start) / 60``."""
    stored = [(node, value) for node in ast.walk(body) if (value := _stored(node)) is not None and _is_reckoned(value)]
    found: set[str] = set()
    for _ in range(len(stored)):
        more = {
            target.id
            for node, value in stored
            if any(_mentioned(value, names | found))
            for target in ast.walk(node)
            if isinstance(target, ast.Name) and isinstance(target.ctx, ast.Store)
        }
        if more <= found:
            break
        found |= more
    return found


def _stored(node: ast.AST) -> ast.expr | None:
    kinds = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.NamedExpr)
    return node.value if isinstance(node, kinds) else None


def _is_reckoned(value: ast.expr) -> bool:
    """True of arithmetic on plain numbers: a call of anything else may be of tensors, whose values are asked for."""
    calls = (_called(node) for node in ast.walk(value) if isinstance(node, ast.Call))
    return all(name in _RECKONING or name in ASKING for name in calls)


def _decides(node: ast.AST, *, given: bool) -> bool:
    """Whether an expression is a truth; ``given`` to others, the rest of a division and the next item may be one."""
    if isinstance(node, ast.Compare) or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)):
        return True
    is_rest = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod)
    return given and (is_rest or (isinstance(node, ast.Call) and _called(node) == "next"))


def functions_in(codes: Iterable[CodeType]) -> Iterator[tuple[str, _Function]]:
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


def _mentioned(test: ast.AST, names: set[str]) -> Iterator[str]:
    """Of the names, those that an expression mentions, as keys too (``state["step"]``); and what it asks outside."""
    for node in ast.walk(test):
        if isinstance(node, ast.Call) and _called(node) in ASKING:
            yield f"{_called(node)}()"
        name = getattr(node, "id", None) or getattr(node, "attr", None) or getattr(node, "value", None)
        if isinstance(node, (ast.Name, ast.Attribute, ast.Constant)) and isinstance(name, str) and name in names:
            yield name


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
