"""Statements that may change any variable, without reading telling which."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from costmodel.tracing.reading.scopes import own_expressions
from costmodel.tracing.reading.source import dotted

_OPAQUE = frozenset({"exec", "eval", "globals", "setattr", "delattr", "__import__"})
_OPAQUE_ATTRIBUTES = frozenset({"__dict__", "__setattr__", "import_module", "reload"})
"""They are always run."""

_VIEWS = frozenset({"vars", "locals"})
"""What gives a table of variables: most only look at it, ``wandb.init(config=vars(args))``."""
_FILLS = frozenset({"update", "setdefault", "pop", "popitem", "clear", "__setitem__", "__delitem__"})


def is_opaque(node: ast.stmt, *, inside: bool = False) -> bool:
    """Whether a statement may change any variable of its scope.

    Args:
        node: definitions change nothing but what they bind.
        inside: it is one of a function that is called: its ``locals()`` are nobody else's.
    """
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return False
    found = [inner for expression in own_expressions(node) for inner in ast.walk(expression)]
    if any(
        (isinstance(inner, ast.Name) and inner.id in _OPAQUE)
        or (isinstance(inner, ast.Attribute) and inner.attr in _OPAQUE_ATTRIBUTES)
        for inner in found
    ):
        return True
    views = [call for call in found if isinstance(call, ast.Call) and dotted(call.func) in _VIEWS]
    if not inside and any(dotted(call.func) == "locals" or not call.args for call in views):
        return True  # at the top level these are the variables of the file
    kept = getattr(node, "value", None) if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
    return any(call is kept for call in views) or any(True for one in views for _ in _filled(one, found))


def _filled(view: ast.Call, found: list[ast.AST]) -> Iterator[ast.AST]:
    """``vars(args)["width"] = 8``, ``vars(args).update(…)``."""
    for inner in found:
        if getattr(inner, "value", None) is view and (
            (isinstance(inner, ast.Subscript) and isinstance(inner.ctx, (ast.Store, ast.Del)))
            or (isinstance(inner, ast.Attribute) and inner.attr in _FILLS)
        ):
            yield inner
