"""Statements, expressions, names and places, read from small texts: what each part says, from both sides."""

from __future__ import annotations

import ast
import json
import os
import sys
import types
from pathlib import Path

import pytest
from torch import nn

from costmodel.tracing.class_names import class_name
from costmodel.tracing.finding.identity import ClassPlace, class_place
from costmodel.tracing.finding.module_names import first_words, is_installed, name_of, provides
from costmodel.tracing.reading.control import are_alternatives, decides, flat, is_repeated, with_loops
from costmodel.tracing.reading.expressions import SAME, core, handed, reads, replaced
from costmodel.tracing.reading.text import is_notebook, line_of, place_in, split_place, text_of


def statements(text: str, *lines: int) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """The body of a text, and the innermost statements that begin on these lines."""
    body = ast.parse(text).body
    every = list(flat(body))
    return body, [next(s for s in reversed(every) if s.lineno == line) for line in lines]


@pytest.mark.parametrize(
    ("text", "lines", "apart"),
    [
        ("if a:\n  x = 1\nelse:\n  x = 2\n", (2, 4), True), ("if a:\n  x = 1\n  x = 2\n", (2, 3), False),
        ("x = 1\nx = 2\n", (1, 2), False), ("if a:\n  x = 1\nx = 2\n", (2, 3), False), ("if a:\n  x = 1\n", (2,), False),  # noqa: E501
        ("if a:\n  x = 1\nelif b:\n  x = 2\nelse:\n  x = 3\n", (2, 4, 6), True),
        ("if a:\n  if b:\n    x = 1\n  else:\n    x = 2\nelse:\n  x = 3\n", (3, 5, 7), True),
        ("if a:\n  if b:\n    x = 1\n  x = 2\nelse:\n  x = 3\n", (3, 4, 6), False),
        ("try:\n  x = 1\nexcept E:\n  x = 2\n", (2, 4), True), ("match a:\n  case 1:\n    x = 1\n  case 2:\n    x = 2\n", (3, 5), True),  # noqa: E501
        ("for i in a:\n  x = 1\n  x = 2\n", (2, 3), False),
        ("with a:\n  if b:\n    x = 1\n  else:\n    x = 2\n", (3, 5), True),
    ],
)  # fmt: skip
def test_statements_of_which_one_alone_runs(text: str, lines: tuple[int, ...], apart: bool) -> None:
    assert are_alternatives(*statements(text, *lines)) is apart


def test_the_loops_that_a_statement_stands_in() -> None:
    text = "a = 1\nfor i in x:\n  b = 1\n  while y:\n    c = 1\nif z:\n  async_ = 1\n"
    found = [(s.lineno, [loop.lineno for loop in loops]) for s, loops in with_loops(ast.parse(text).body, ())]
    assert found == [(1, []), (2, []), (3, [2]), (4, [2]), (5, [2, 4]), (6, []), (7, [])]


@pytest.mark.parametrize(
    ("loop", "value", "name", "decided"),
    [
        ("for i in x: pass", "Net(i)", "net", True), ("for i in x: pass", "Net(j)", "net", False),
        ("for i in x: net = Net(net)", "Net(net)", "net", False), ("for i in x: net = Net(net)", "Net(net)", "other", True),  # noqa: E501
        ("for i in x: cfg.width = i", "Net(cfg.width)", "net", True), ("for i in x: cfg[0] = i", "Net(cfg)", "net", True),  # noqa: E501
        ("while x: f(y)", "Net(y)", "net", False), ("for i in x: self.net = 1", "Net(self)", "self.net", False),
        ("for i in x: a().b = 1", "Net(a)", "net", False),
    ],
)  # fmt: skip
def test_a_value_that_a_loop_decides(loop: str, value: str, name: str, decided: bool) -> None:
    assert decides(ast.parse(loop).body[0], expression(value), name) is decided


def expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def test_calls_inside_comprehensions() -> None:
    for text in ("[f() for i in x]", "{f() for i in x}", "{i: f() for i in x}", "list(f() for i in x)"):
        value = expression(text)
        call = next(n for n in ast.walk(value) if isinstance(n, ast.Call) and ast.unparse(n) == "f()")
        assert is_repeated(value, call)
    value = expression("g([i for i in x], f())")
    assert isinstance(value, ast.Call)
    inner = value.args[1]
    assert isinstance(inner, ast.Call)
    assert not is_repeated(value, inner)


@pytest.mark.parametrize(
    ("text", "kernel"),
    [
        ("Net(64).to(device).eval()", "Net(64)"), ("Net(64)", "Net(64)"), ("net.cuda()", "net"), ("Net().fit(x)", "Net().fit(x)"),  # noqa: E501
        ("to(x)", "to(x)"), ("Net().to", "Net().to"), ("a.b.half()", "a.b"),
    ],
)  # fmt: skip
def test_what_of_an_expression_is_the_model(text: str, kernel: str) -> None:
    assert ast.unparse(core(expression(text))) == kernel
    assert len(SAME) == 16


def test_what_an_expression_hands_on_and_reads() -> None:
    assert handed(expression("Wrap(net, other.width, [x])")) == {"Wrap", "net", "x"}
    assert [reads(expression(text), "self.net") for text in ("f(self.net)", "self.net.a", "self.other", "net")] == [
        True, True, False, False,
    ]  # fmt: skip
    statement = ast.parse("a = f(g(1), k=g(2)) + h(3)").body[0]
    call = next(n for n in ast.walk(statement) if isinstance(n, ast.Call) and ast.unparse(n) == "g(2)")
    assert ast.unparse(replaced(ast.Expr(expression("x")), call, ast.Name("it"))) == "(x,)"
    outer = ast.Expr(expression("f(g(1), k=g(2))"))
    inner = next(n for n in ast.walk(outer) if isinstance(n, ast.Call) and ast.unparse(n) == "g(2)")
    assert ast.unparse(replaced(outer, inner, ast.Name("it"))) == "(f(g(1), k=it),)"


def test_places_of_scripts_and_of_notebooks(tmp_path: Path) -> None:
    cells = [{"cell_type": "code", "source": "a = 1\nb = 2"}, {"cell_type": "markdown", "source": "x"},
             {"cell_type": "code", "source": "c = 3\nd = 4"}]  # fmt: skip
    file = tmp_path / "lab.ipynb"
    file.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    text = text_of(file).decode().splitlines()
    line = text.index("d = 4") + 1
    number = place_in(file, line)[0].rpartition(" ")[2]
    assert place_in(file, line) == (f"lab.ipynb cell {number}", 2)
    assert line_of(file, line, "shown.ipynb") == f"shown.ipynb cell {number}, line 2"
    assert split_place(line_of(file, line)) == (f"lab.ipynb cell {number}", 2)
    assert (line_of("a/net.py", 7), line_of("net.py", None), line_of("net.py", 3, "x.py")) == (
        "net.py:7",
        "net.py:0",
        "x.py:3",
    )
    assert split_place("net.py:12") == ("net.py", 12)
    assert [is_notebook(name) for name in ("a.ipynb", Path("a.ipynb"), "a.py", "ipynb")] == [True, True, False, False]
    assert line_of(tmp_path / "gone.ipynb", 3) == "gone.ipynb, line 3"
    # a notebook that has changed is read again
    file.write_text(json.dumps({"cells": cells[:1]}), encoding="utf-8")
    os.utime(file, (1, 1))
    assert "d = 4" not in text_of(file).decode()
    script = tmp_path / "net.py"
    script.write_bytes(b"x = 1\r\n")
    assert text_of(script) == b"x = 1\r\n"


def test_the_name_under_which_python_imports_a_file(tmp_path: Path) -> None:
    def named(path: str, text: str = "", root: Path | None = tmp_path) -> tuple[str, list[str]]:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        name, folders = name_of(file, ast.parse(text), root)
        return name, [folder.name for folder in folders]

    assert named("lab/net_of_mine.py") == ("net_of_mine", [])
    # a relative import makes its folder a package, as far up as it reaches
    assert named("lab/models_of/net.py", "from .blocks import a") == ("models_of.net", ["models_of"])
    assert named("lab/models_of/net.py", "from ..blocks import a") == ("lab.models_of.net", ["lab", "models_of"])
    (tmp_path / "lab" / "models_of" / "__init__.py").touch()
    assert named("lab/models_of/net.py") == ("models_of.net", ["models_of"])
    assert named("lab/models_of/__init__.py") == ("models_of", ["models_of"])
    assert named("lab-2/net-of mine.py", "from . import a") == ("lab_2.net_of_mine", ["lab-2"])
    for taken in ("json.py", "torch.py", "2net.py"):
        name, _ = named(f"lab/{taken}")
        assert name.startswith(f"module_{taken.removesuffix('.py')}_")
        assert len(name.rpartition("_")[2]) == 8
    assert named("other/json.py")[0] != named("lab/json.py")[0]


def test_words_of_imports() -> None:
    text = "import a.b, c as d\nfrom e.f import g\nfrom . import h\nfrom .i import j\ndef k():\n    import l\n"
    assert first_words(ast.parse(text)) == {"a", "c", "e", "l"}
    assert [is_installed(word) for word in ("json", "torch", "no_such_module")] == [True, True, False]


def test_folders_that_provide_a_module(tmp_path: Path) -> None:
    (tmp_path / "a.py").touch()
    (tmp_path / "b").mkdir()
    (tmp_path / "c").touch()
    assert [provides(tmp_path, name) for name in "abcd"] == [True, True, False, False]


class Outer:
    class Inner(nn.Module):
        pass


def made() -> type:
    class Local(nn.Module):
        def forward(self) -> None: ...

    return Local


def test_where_a_class_is_written() -> None:
    here = str(Path(__file__).resolve())
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    place = class_place(Outer.Inner)
    assert place == ClassPlace(here, "Outer.Inner", lines.index("    class Inner(nn.Module):") + 1)
    local = class_place(made())
    assert local == ClassPlace(here, "made.<locals>.Local", lines.index("    class Local(nn.Module):") + 1)
    assert class_place(nn.Linear) == ClassPlace("torch.nn.modules.linear", "Linear", 0)
    forgotten = made()
    forgotten.__module__ = "gone"
    assert class_place(forgotten) == local
    nothing = type("Nothing", (), {"__module__": "gone"})
    assert class_place(nothing) == ClassPlace("gone", "Nothing", 0)
    dynamic = types.ModuleType("dynamic_of_test")
    dynamic.__file__ = __file__
    sys.modules["dynamic_of_test"] = dynamic
    unseen = type("Unseen", (), {"__module__": "dynamic_of_test"})
    assert class_place(unseen) == ClassPlace(here, "Unseen", 0)
    del sys.modules["dynamic_of_test"]


def test_the_name_of_a_class_is_torchs_only_if_it_is_torchs() -> None:
    assert class_name(nn.Linear(1, 1)) == "torch.nn.modules.linear.Linear"
    assert class_name(Outer.Inner()).endswith("test_parts.Outer.Inner")
    own = nn.Linear(1, 1)
    own.forward = lambda x: x  # type: ignore[method-assign, assignment]
    assert class_name(own) == "own.torch.nn.modules.linear.Linear"
