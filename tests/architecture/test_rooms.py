"""Sizes and names: a room is small, and the file's name says which idea lives there."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.mutants import TESTS

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "costmodel"
FILES = sorted(PACKAGE.rglob("*.py"))

LINES_OF_A_FILE = 330
LINES_OF_A_FUNCTION = 60
FORBIDDEN = {"utils", "helpers", "common", "misc", "manager", "base", "core", "util", "helper"}


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(PACKAGE)))
def test_a_file_is_small(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= LINES_OF_A_FILE


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(PACKAGE)))
def test_functions_are_small(file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            # of the body: a command's signature is its list of options, each with its help
            lines = (node.end_lineno or 0) - node.body[0].lineno + 1
            assert lines <= LINES_OF_A_FUNCTION, f"{node.name}: {lines} lines"


def test_no_room_has_a_name_that_says_nothing() -> None:
    assert not [file for file in FILES if set(file.relative_to(PACKAGE).with_suffix("").parts) & FORBIDDEN]


def test_print_and_logging_set_up_live_in_the_command_line_only() -> None:
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func)
                assert name not in ("print", "logging.basicConfig"), f"{file}:{node.lineno}"


def test_every_file_says_what_it_is() -> None:
    for file in FILES:
        assert ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))), file


def test_the_tests_that_answer_for_a_room_are_there() -> None:
    assert [path for paths in TESTS.values() for path in paths if not (ROOT / path).exists()] == []
