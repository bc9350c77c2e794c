"""Loops and branches: whether a statement runs once, and whether two of them run one after the other."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from costmodel.tracing.reading.scopes import blocks
from costmodel.tracing.reading.source import dotted


def are_alternatives(body: Iterable[ast.stmt], chosen: list[ast.stmt]) -> bool:
    """True if no two of the statements can run one after the other: branches of one ``if``."""
    for node in body:
        inside = [s for s in chosen if any(s is x for x in ast.walk(node))]
        if len(inside) < 2:
            continue
        if not isinstance(node, (ast.If, ast.Try, ast.Match)):
            return any(are_alternatives(block, chosen) for block in blocks(node))
        return all(
            sum(any(s is x for x in flat(block)) for s in chosen) < 2 or are_alternatives(block, chosen)
            for block in blocks(node)
        )
    return False


LOOP = "it is built in a loop, and not always in the same way"
"""Why it is not certain which model is meant."""


def with_loops(
    body: Iterable[ast.stmt], loops: tuple[ast.stmt, ...]
) -> Iterator[tuple[ast.stmt, tuple[ast.stmt, ...]]]:
    """Statements and those inside them, each with the loops that it stands in."""
    for node in body:
        yield node, loops
        inside = (*loops, node) if isinstance(node, (ast.For, ast.AsyncFor, ast.While)) else loops
        for block in blocks(node):
            yield from with_loops(block, inside)


def flat(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements and those inside them."""
    return (node for node, _ in with_loops(body, ()))


def decides(loop: ast.stmt, value: ast.expr, name: str) -> bool:
    """True if a value depends on what the loop changes: then each turn may build another model."""
    changed = {
        dotted(node).partition(".")[0] or _root(node)
        for node in ast.walk(loop)
        if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Store)
    }
    read = {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}
    return bool(read & (changed - {name.partition(".")[0]}))


def _root(node: ast.AST) -> str:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def is_repeated(value: ast.AST, call: ast.Call) -> bool:
    """True for a call inside a comprehension."""
    loops = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
    return any(isinstance(n, loops) and any(call is x for x in ast.walk(n)) for n in ast.walk(value))
