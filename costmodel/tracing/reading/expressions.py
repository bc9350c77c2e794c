"""Expressions that build a model: what they hand on, and what of them is the model."""

from __future__ import annotations

import ast

from costmodel.tracing.reading.scopes import own_expressions
from costmodel.tracing.reading.source import dotted

SAME = frozenset({"to", "cuda", "cpu", "train", "eval", "float", "half", "double", "bfloat16", "requires_grad_",
                  "apply", "load_state_dict", "state_dict", "zero_grad", "parameters", "share_memory"})  # fmt: skip
"""Methods of a module that leave its structure as it is."""


_AROUND = frozenset({"DataParallel", "DistributedDataParallel", "DDP", "compile"})
"""What computes the same as the module that it is given."""


def core(value: ast.expr) -> ast.expr:
    """``Net(64)`` of ``Net(64).to(device)`` and of ``nn.DataParallel(Net(64))``."""
    while isinstance(value, ast.Call):
        if isinstance(value.func, ast.Attribute) and value.func.attr in SAME:
            value = value.func.value
        elif dotted(value.func).rpartition(".")[2] in _AROUND and value.args and isinstance(value.args[0], ast.Call):
            value = value.args[0]
        else:
            break
    return value


def wrapped_variable(value: ast.expr) -> str:
    """``net`` of ``nn.DataParallel(net)``, "" if nothing of this kind is wrapped."""
    call = core(value)
    wraps = isinstance(call, ast.Call) and dotted(call.func).rpartition(".")[2] in _AROUND
    return dotted(call.args[0]) if wraps and call.args else ""  # type: ignore[attr-defined]  # it is a call


def handed(value: ast.AST) -> frozenset[str]:
    """Variables that an expression hands on as they are: ``Wrapper(net)``, not ``Net(teacher.width)``."""
    owners = {id(node.value) for node in ast.walk(value) if isinstance(node, ast.Attribute)}
    return frozenset(n.id for n in ast.walk(value) if isinstance(n, ast.Name) and id(n) not in owners)


def reads(value: ast.AST, name: str) -> bool:
    """True if an expression reads a variable."""
    return any(dotted(node) == name for node in ast.walk(value) if isinstance(node, (ast.Name, ast.Attribute)))


def replaced(statement: ast.stmt, call: ast.Call, by: ast.Name) -> ast.stmt:
    """A copy of a statement's calls with one of them replaced, as far as reading it needs."""

    def changed(node: ast.expr) -> ast.expr:
        if node is call:
            return by
        if isinstance(node, ast.Call):
            keywords = [ast.keyword(k.arg, changed(k.value)) for k in node.keywords]
            return ast.Call(node.func, [changed(a) for a in node.args], keywords)
        return node

    values = [changed(value) for value in own_expressions(statement)]
    return ast.Expr(ast.Tuple(values, ast.Load()))


_LOADS = frozenset({"torch.load", "torch.jit.load", "joblib.load", "pickle.load"})


def is_loaded(value: ast.AST) -> bool:
    """``torch.load("best.pt")``: what a file holds."""
    return isinstance(value, ast.Call) and dotted(value.func) in _LOADS
