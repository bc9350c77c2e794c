"""An op is described in ops/ once: no other room has a table of op names (tracing/ may name torch's own dispatch)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from costmodel.ops import formulas

PACKAGE = Path(__file__).parents[2] / "costmodel"
MAY_NAME_OPS = {"ops", "tracing"}
FILES = [f for f in sorted(PACKAGE.rglob("*.py")) if f.relative_to(PACKAGE).parts[0] not in MAY_NAME_OPS]

QUALIFIED = re.compile(r"(aten|prim|prims)\.\w*[a-z]\w*(\.\w+)?")
# a bare name of one word (add, view, mean) is also a word of the language; one of several is an op's
BARE = {name.partition(".")[2] for name in formulas() if "_" in name.strip("_")}


def constants(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """String constants that are not docstrings or statements of their own."""
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.lineno, node.value


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(PACKAGE)))
def test_ops_are_named_in_ops_only(file: Path) -> None:
    for line, text in constants(ast.parse(file.read_text(encoding="utf-8"))):
        named = QUALIFIED.fullmatch(text) or text in BARE
        assert not named, f"{file.relative_to(PACKAGE)}:{line} names {text}: make it a trait (costmodel/ops/traits.py)"
