"""What runs may hang on a line that stores nothing: a ``break``, a ``continue``, an error that somebody catches."""

from __future__ import annotations

import ast

from costmodel.tracing.reading.source import dotted

_ENDLESS = frozenset({"count", "cycle", "repeat"})
_OF_IMPORTS = frozenset({"ImportError", "ModuleNotFoundError"})


def is_endless(loop: ast.stmt) -> bool:
    """``while True``, ``for step in itertools.count()``: only a jump ends it."""
    if isinstance(loop, ast.While):
        return isinstance(loop.test, ast.Constant) and bool(loop.test.value)
    called = loop.iter if isinstance(loop, ast.For) else None
    return isinstance(called, ast.Call) and dotted(called.func).rpartition(".")[2] in _ENDLESS


def may_raise(attempt: ast.stmt, *, decides: bool) -> list[ast.stmt]:
    """The statements in the body of an attempt whose failure decides what comes after them; none if nothing is caught.

    Args:
        attempt: any statement, ``try`` and ``with suppress(…)`` are attempts.
        decides: what is done on failure, or only without it, matters. Else a missing package is all that is looked at:
            a download may fail here and nowhere else.
    """
    kinds = [handler.type for handler in getattr(attempt, "handlers", [])]
    for item in getattr(attempt, "items", []):
        call = item.context_expr
        if isinstance(call, ast.Call) and dotted(call.func).rpartition(".")[2] == "suppress":
            kinds += call.args
    if not kinds:
        return []
    body: list[ast.stmt] = getattr(attempt, "body", [])
    caught = {dotted(one) for kind in kinds if kind for one in (kind.elts if isinstance(kind, ast.Tuple) else [kind])}
    if decides and not (caught and caught <= _OF_IMPORTS):
        return body
    return [one for one in body if isinstance(one, (ast.Import, ast.ImportFrom))]
