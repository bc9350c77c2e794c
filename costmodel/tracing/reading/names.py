"""Names that a statement binds, and those that it reads."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from costmodel.tracing.reading.scopes import statements
from costmodel.tracing.reading.source import dotted


def names_bound(node: ast.stmt) -> Iterator[str]:
    """Names that a statement itself binds."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        for alias in node.names:
            yield alias.asname or alias.name.partition(".")[0]
    else:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.expr, ast.withitem)):
                yield from names_stored(child)


def names_stored(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            yield inner.id
        elif isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store) and dotted(inner).count(".") == 1:
            yield dotted(inner)


def names_read_by_head(part: ast.ExceptHandler | ast.match_case) -> set[str]:
    """Names in what a handler catches, and in what a case asks for."""
    heads = (getattr(part, name, None) for name in ("type", "pattern", "guard"))
    return {name for head in heads if head is not None for name in names_in(head)}


def names_read(node: ast.AST) -> set[str]:
    """Names that a statement reads; of a definition those that are not its own."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        places = node.args
        own = {a.arg for a in (*places.posonlyargs, *places.args, *places.kwonlyargs)}
        own |= {a.arg for a in (places.vararg, places.kwarg) if a is not None}
        if isinstance(node, ast.Lambda):
            return names_in(node.body) - own
        body = node.body
        shared = {name for one in statements(body) if isinstance(one, ast.Global) for name in one.names}
        own |= {name for one in statements(body) for name in names_bound(one)} - shared
        inside = {name for one in body for name in names_read(one)}
        outside = [d for d in (*places.defaults, *places.kw_defaults, *node.decorator_list) if d]
        return (inside - own) | {name for one in outside for name in names_in(one)}
    if isinstance(node, ast.ClassDef):
        outside = [*node.bases, *(k.value for k in node.keywords), *node.decorator_list]
        return {name for one in node.body for name in names_read(one)} | {n for one in outside for n in names_in(one)}
    return names_in(node)


def names_in(node: ast.AST) -> set[str]:
    """Names that are read, ``self.net`` too; the variables of a comprehension are its own."""
    found: set[str] = set()
    todo = [node]
    while todo:
        inner = todo.pop()
        if isinstance(inner, ast.Name):
            found.add(inner.id)
        elif isinstance(inner, ast.Attribute):
            found.add(dotted(inner))
        if isinstance(inner, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            own = {name for part in inner.generators for name in names_stored(part.target)}
            found |= {name for child in ast.iter_child_nodes(inner) for name in names_in(child)} - own
        else:
            todo += ast.iter_child_nodes(inner)
    return found - {""}
