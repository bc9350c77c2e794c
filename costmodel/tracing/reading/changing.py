"""Code that changes a module: its structure, its numbers' type, or which of its parameters are trained."""

from __future__ import annotations

import ast

from costmodel.tracing.reading.control import flat
from costmodel.tracing.reading.source import Function, bindings, dotted

_TYPES = frozenset({"to", "type", "half", "float", "double", "bfloat16"})
SHAPE = frozenset({"add_module", "register_module", "append", "extend", "insert", "register_parameter",
                    "register_buffer", "requires_grad_", "__setattr__", *_TYPES})  # fmt: skip
"""Methods that change a module's structure, its numbers' type, or which of its parameters are trained."""

_TRAINS = frozenset({"backward", "DataLoader"})


def root_of(node: ast.AST) -> str:
    """The variable that a chain begins with, ``net`` of ``net.layers[0].to(x)``; "" if none does."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


_TENSORS = frozenset({"data", "weight", "bias", "grad"})


def _fills(target: ast.expr) -> bool:
    """``self.conv.weight.data[:] = …``: other values in a tensor, which stays the same otherwise."""
    return (
        isinstance(target, ast.Subscript) and isinstance(target.value, ast.Attribute) and target.value.attr in _TENSORS
    )


def stores_into(function: ast.AST, name: str) -> bool:
    """True if a function changes its parameter ``name``, and trains nothing."""
    body = getattr(function, "body", [])
    inside = [node for one in body for node in ast.walk(one)]
    alone = {id(node.value) for node in inside if isinstance(node, ast.Expr)}
    if any(dotted(node).rpartition(".")[2] in _TRAINS or getattr(node, "attr", "") in _TRAINS for node in inside):
        return False
    for node in inside:
        if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, (ast.Store, ast.Del)):
            if _fills(node):
                continue
            if root_of(node) == name or getattr(node, "attr", "") == "requires_grad":
                return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SHAPE:
            if node.func.attr not in _TYPES or id(node) in alone or root_of(node.func.value) == name:
                return True  # another tensor's numbers in an expression, x.float().mean(), are no module's
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "setattr":
            return True
    return False


def sets(function: Function, name: str) -> bool:
    """True if a function that trains nothing stores into its parameter ``name``: ``options.classes = 100``."""
    inside = [node for one in function.body for node in ast.walk(one)]
    return not any(getattr(node, "attr", "") in ("backward", "fit") for node in inside) and any(
        isinstance(node, (ast.Attribute, ast.Subscript))
        and isinstance(node.ctx, (ast.Store, ast.Del))
        and root_of(node) == name
        for node in inside
    )


def gives_back(function: Function, name: str, place: int | None) -> bool:
    """True if a function returns its parameter ``name``, alone or in a tuple, and has not changed its structure.

    Args:
        function: any.
        name: of the parameter.
        place: in the tuple that is returned; None if it is no tuple.
    """
    given = [_item(node.value, place) for node in flat(function.body) if isinstance(node, ast.Return)]
    bound = [value for node in flat(function.body) for target, value in bindings(node) if target == name]
    return (
        bool(given)
        and all(item is not None and dotted(item) == name for item in given)
        and all(isinstance(value, ast.Call) and root_of(value) == name for value in bound)
        and not any(_reshapes(node, name) for one in function.body for node in ast.walk(one))
    )


def _reshapes(node: ast.AST, name: str) -> bool:
    """``net.fc = …``, ``net.layers.append(…)``, ``p.requires_grad = False``, ``setattr(net, …)``."""
    if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, (ast.Store, ast.Del)):
        return not _fills(node) and (root_of(node) == name or getattr(node, "attr", "") == "requires_grad")
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Attribute) and node.func.attr in SHAPE - {"to"}:
        return root_of(node.func.value) == name
    return isinstance(node.func, ast.Name) and node.func.id == "setattr"


def _item(value: ast.expr | None, place: int | None) -> ast.expr | None:
    """What stands at a place of a tuple, the whole for None; None if nothing does."""
    if place is None:
        return value
    return value.elts[place] if isinstance(value, ast.Tuple) and place < len(value.elts) else None
