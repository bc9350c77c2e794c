"""Sizes and names: a room is small, and the file's name says which idea lives there."""

from __future__ import annotations

import ast

from tests.architecture.sources import FILES, PACKAGE, ROOT, short, tree_of
from tests.mutants import TESTS

LINES_OF_A_FILE = 330
LINES_OF_A_FUNCTION = 60
FORBIDDEN = {"utils", "helpers", "common", "misc", "manager", "base", "core", "util", "helper"}


def test_files_are_small() -> None:
    lines = {short(file): len(file.read_text(encoding="utf-8").splitlines()) for file in FILES}
    assert {file: count for file, count in lines.items() if count > LINES_OF_A_FILE} == {}


def test_functions_are_small() -> None:
    # of the body: a command's signature is its list of options, each with its help
    lines = {
        f"{short(file)}:{node.lineno} {node.name}": (node.end_lineno or 0) - node.body[0].lineno + 1
        for file in FILES
        for node in ast.walk(tree_of(file))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }
    assert {function: count for function, count in lines.items() if count > LINES_OF_A_FUNCTION} == {}


def test_no_room_has_a_name_that_says_nothing() -> None:
    assert not [file for file in FILES if set(file.relative_to(PACKAGE).with_suffix("").parts) & FORBIDDEN]


def test_print_and_logging_set_up_live_in_the_command_line_only() -> None:
    for file in FILES:
        for node in ast.walk(tree_of(file)):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func)
                assert name not in ("print", "logging.basicConfig"), f"{file}:{node.lineno}"


def test_every_file_says_what_it_is() -> None:
    for file in FILES:
        assert ast.get_docstring(tree_of(file)), file


def test_the_tests_that_answer_for_a_room_are_there() -> None:
    assert [path for paths in TESTS.values() for path in paths if not (ROOT / path).exists()] == []
