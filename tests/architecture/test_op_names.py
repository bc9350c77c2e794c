"""An op is described in ops/ once: no other room has a table of op names (tracing/ may name torch's own dispatch)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from costmodel.ops import formulas
from tests.architecture.sources import FILES, PACKAGE, short, tree_of

MAY_NAME_OPS = {"ops", "tracing"}

QUALIFIED = re.compile(r"(aten|prim|prims)\.\w*[a-z]\w*(\.\w+)?")
# a bare name of one word (add, view, mean) is also a word of the language; one of several is an op's
BARE = {name.partition(".")[2] for name in formulas() if "_" in name.strip("_")}


def constants(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """String constants that are not docstrings or statements of their own."""
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.lineno, node.value


def test_ops_are_named_in_ops_only() -> None:
    others = [file for file in FILES if file.relative_to(PACKAGE).parts[0] not in MAY_NAME_OPS]
    named = [
        f"{short(file)}:{line} names {text}: make it a trait (costmodel/ops/traits.py)"
        for file in others
        for line, text in constants(tree_of(file))
        if QUALIFIED.fullmatch(text) or text in BARE
    ]
    assert named == []
