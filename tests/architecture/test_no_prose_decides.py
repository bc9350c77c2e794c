"""Nothing is decided by looking into a sentence: reasons, titles, hints and messages are only written and shown."""

from __future__ import annotations

import ast

import pytest

from tests.architecture.sources import FILES, short, tree_of

PROSE = {"because", "title", "hint", "reason", "message", "advice", "summary"}
"""Names of fields and variables that hold sentences."""

LOOKS = {
    "startswith", "endswith", "find", "rfind", "index", "count", "partition", "rpartition", "split", "search", "match",
    "fullmatch", "findall", "finditer",
}  # fmt: skip
"""Methods of strings and patterns that look inside."""

MARK = "# their text: "
"""Stands on a line that has to look into a sentence of somebody else (torch's), and says whose."""


def sentence(node: ast.AST) -> bool:
    """A field or variable of a prose name, or an item of one."""
    if isinstance(node, ast.Subscript):
        return sentence(node.value)
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name in PROSE or (isinstance(node, ast.Call) and ast.unparse(node.func) == "str" and _error(node))


def _error(call: ast.Call) -> bool:
    """``str(error)``: the text of an exception."""
    return bool(call.args) and isinstance(call.args[0], ast.Name) and call.args[0].id in ("error", "problem")


def looked_into(tree: ast.AST) -> list[int]:
    """Lines that search a sentence."""
    lines = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            for operator, other in zip(node.ops, node.comparators, strict=True):
                if isinstance(operator, (ast.In, ast.NotIn)) and sentence(other):
                    lines.append(node.lineno)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LOOKS:
            if sentence(node.func.value) or any(sentence(argument) for argument in node.args):
                lines.append(node.lineno)
    return lines


def test_no_file_looks_into_a_sentence() -> None:
    found = [
        f"{short(file)}:{line}"
        for file in FILES
        for line in looked_into(tree_of(file))
        if MARK not in file.read_text(encoding="utf-8").splitlines()[line - 1]
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "'no bracket' in judged.because[0]",
        "finding.because.startswith('1 MB')",
        "pattern.findall(notice.message)",
        "x = metric.because.partition(',')[2]",
        "'closed' not in str(error)",
    ],
)
def test_the_test_sees_it(line: str) -> None:
    assert looked_into(ast.parse(line)) == [1]
