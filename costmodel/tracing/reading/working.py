"""What a call does beside giving a value: it trains, downloads, or asks."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from costmodel.tracing.reading.source import Project, Source, Symbol, dotted

TRAINS = "trains"
_DEEPEST = 4


def work_of(project: Project, source: Source, call: ast.Call, depth: int = 0) -> str:
    """The work of a call, or of what the function does that it calls; "" if reading shows none."""
    last = call.func.attr if isinstance(call.func, ast.Attribute) else dotted(call.func)
    if last in ("backward", "fit"):
        return TRAINS
    if any(k.arg == "download" and isinstance(k.value, ast.Constant) and k.value.value for k in call.keywords):
        return "downloads"
    if last == "input" and isinstance(call.func, ast.Name):
        return "asks for input"
    symbol = project.resolve(source, call.func)
    if isinstance(symbol, Symbol) and not isinstance(symbol.node, ast.ClassDef) and depth < _DEEPEST:
        for inner in (c for node in symbol.node.body for c in calls_in(node)):
            what = work_of(project, symbol.source, inner, depth + 1)
            if what:
                return what
    return ""


def trains(project: Project, source: Source, nodes: Iterable[ast.AST]) -> bool:
    """Whether something in them trains."""
    return any(work_of(project, source, call) == TRAINS for node in nodes for call in calls_in(node))


def calls_in(node: ast.AST) -> Iterator[ast.Call]:
    """Every call in it."""
    return (inner for inner in ast.walk(node) if isinstance(inner, ast.Call))
