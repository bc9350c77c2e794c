"""Programs as trees: cells without their magics, lines for the shell, and what cannot be read, each with its line."""

from __future__ import annotations

import ast
import json

import pytest

from costmodel.contracts.reading.programs import Part, Programs, read_programs
from costmodel.contracts.reading.submission_folder import open_folder
from costmodel.errors import RulebookError
from tests.contracts.conftest import Check, Submit, contract


def cell(submit: Submit, source: object) -> Part:
    text = json.dumps({"cells": [{"cell_type": "code", "source": source}]})
    (part,) = read_programs(open_folder(submit({"n.ipynb": text}))).parts
    return part


@pytest.mark.parametrize(
    ("source", "program", "shell"),
    [
        ("x = 1", "x = 1", []), (["x = 1\n", "y = 2"], "x = 1\ny = 2", []),
        ("if x:\n  !ls -l \n%time y\n?z\nw = 1", "if x:\n    pass\ny\npass\nw = 1", [(2, "!ls -l")]),
        ("if x:\n  !wget a \\\n   b\nf = !ls\n%cd \\\n a", "if x:\n    pass\n    pass\npass\npass\npass",
         [(2, "!wget a \\"), (3, "b"), (4, "f = !ls")]), ("x = (9\n% 7)", "x = 9 % 7", []),
        ("%%time\nx = 1", "pass\nx = 1", []), ("%%bash\nls\n!wget a", "", [(1, "%%bash"), (2, "ls"), (3, "!wget a")]),
        ("%%sh\nls", "", [(1, "%%sh"), (2, "ls")]), ("%%!\nls", "", [(1, "%%!"), (2, "ls")]),
        ("%%script sh\nls", "", [(1, "%%script sh"), (2, "ls")]), ("x = 1\n%%bash\ny = 2", "x = 1\npass\ny = 2", []),
        ("", "", []),
    ],
)  # fmt: skip
def test_cells_without_their_magics(submit: Submit, source: object, program: str, shell: list[tuple[int, str]]) -> None:
    part = cell(submit, source)
    assert part.tree is not None
    assert (ast.unparse(part.tree), list(part.shell), part.problem) == (program, shell, "")


def test_a_cell_that_is_no_python_keeps_its_shell_lines(submit: Submit) -> None:
    part = cell(submit, "!wget a\nx = (\n")
    assert (part.tree, part.shell) == (None, ((1, "!wget a"),))
    assert part.problem == "n.ipynb cell 1, line 2 is not valid Python: '(' was never closed"


@pytest.mark.parametrize(
    ("text", "parts", "unreadable"),
    [
        ("{}", 1, "n.ipynb is not a notebook (JSON with cells)"), ("[1]", 1, "n.ipynb is not a notebook (JSON with cells)"),  # noqa: E501
        ('{"cells": [1]}', 1, "n.ipynb is not a notebook (JSON with cells)"), ('{"cells": []}', 0, ""),
        ('{"cells": [{"cell_type": "markdown"}]}', 0, ""), ('{"cells": [{}]}', 0, ""),
    ],
)  # fmt: skip
def test_what_is_a_notebook(submit: Submit, text: str, parts: int, unreadable: str) -> None:
    programs = read_programs(open_folder(submit({"n.ipynb": text})))
    assert len(programs.parts) == parts
    assert programs.unreadable == ((unreadable,) if unreadable else ())


def test_programs_that_are_compiled_or_nested_too_deep(submit: Submit) -> None:
    names = ("a.pyc", "b.pyd", "c.SO", "d.dll", "e.dylib", "f.pyz", "g.egg", "h.whl")
    programs = read_programs(open_folder(submit({**dict.fromkeys(names, ""), "i.pyi": "x = 1", "j.pyx": "x"})))
    assert programs.unreadable == ("a.pyc is compiled, as are 7 more; delete what is not needed",)
    assert [part.path for part in programs.parts] == ["i.pyi"]
    deep = read_programs(open_folder(submit({"a.py": "-" * 100_000 + "1"})))
    assert deep.unreadable[0].startswith("a.py:1 ")
    assert read_programs(open_folder(submit({"a.py": "x = 1\n\0"}))).unreadable[0].startswith("a.py:")
    assert Programs((), ()).of("a.py") == []


def test_a_contract_has_each_rule_once_and_lists_them_by_kind(submit: Submit, check: Check, tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    text = (
        "contract:\n  team: {rule: t, most: 2, source: x}\n  sizes: [{rule: s, most_bytes: 1, source: x}]\n"
        "  deadline: {rule: d, at: 2022-05-30 23:59, source: x}\n  files: [{rule: f, any_of: [a], source: x}, "
        "{rule: g, any_of: [b], source: x}]\n"
    )
    spec = contract(folder, text)
    assert [rule.rule for rule in spec.rules()] == ["f", "g", "d", "t", "s"]
    assert [rule.rule for rule in spec.of(type(spec.rules()[0]))] == ["f", "g"]
    with pytest.raises(RulebookError, match="rule 'f' occurs twice"):
        contract(folder, text.replace("rule: t", "rule: f"))
