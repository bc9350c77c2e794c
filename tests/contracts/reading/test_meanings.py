"""Names followed through a program: imports, aliases, partials and look-ups, each with all that it can mean."""

from __future__ import annotations

import ast

import pytest

from costmodel.contracts.reading.hidden_code import hidden_code
from costmodel.contracts.reading.meanings import Names
from costmodel.contracts.reading.programs import Part


def meanings(code: str) -> set[str]:
    """Of the last line, an expression."""
    tree = ast.parse(code)
    last = tree.body[-1]
    assert isinstance(last, ast.Expr)
    return Names(tree).of(last.value)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("x", {"x"}),
        ("x.y.z", {"x.y.z"}),
        ("import a.b.c\na.b.c.d", {"a.b.c.d"}),
        ("import a.b.c\na", {"a"}),
        ("import a.b.c as m\nm.d", {"a.b.c.d"}),
        ("from a.b import c\nc.d", {"a.b.c.d"}),
        ("from a.b import c as m\nm", {"a.b.c"}),
        ("from . import c\nc", {"..c"}),
        ("from ..a import c\nc", {"..a.c"}),
        ("import a\nm = a.b\nn = m.c\nn.d", {"a.b.c.d"}),
        ("import a\n(m := a.b)\nm", {"a.b"}),
        ("import a\nm: object = a.b\nm", {"a.b"}),
        ("import a\nm = n = a.b\nn", {"a.b"}),
        ("import a as m\nimport b as m\nm.c", {"a.c", "b.c"}),
        ("import a.b\nimport x\na = x.y\na.c", {"a.c", "x.y.c"}),
        ("m: int\nm", {"m"}),
        ("m = local\nm", {"m"}),
        ("e = eval\ne", {"eval"}),
        ("import a\na.f(1).g", {"a.f().g"}),
        ("import a\ngetattr(a, 'b').c", {"a.b.c"}),
        ("import a\ngetattr(a, name)", {"getattr()"}),
        ("import a\ngetattr('b')", {"getattr()"}),
        ("__import__('a.b').c", {"a.b.c"}),
        ("__import__(name)", {"__import__()"}),
        ("import importlib as i\ni.import_module('a').b", {"a.b"}),
        ("import functools, a\nfunctools.partial(a.f, 1)()", {"a.f()"}),
        ("import functools\nfunctools.partial()", {"functools.partial()"}),
        ("1 + 2", set()),
        # chains are followed as far as the text goes round, whatever the order
        ("f = e\ne = d\nd = c\nc = b\nb = a.x\nf", {"a.x"}),
    ],
)
def test_what_a_name_means(code: str, expected: set[str]) -> None:
    assert meanings(code) == expected


def test_what_is_followed_has_its_limits() -> None:
    many = "".join(f"import a{i:02} as m\n" for i in range(20))
    assert meanings(f"{many}m") == {f"a{i:02}" for i in range(16)}
    assert meanings("x" + ".y" * 30) == {"x" + ".y" * 30}
    assert meanings("x" + ".y" * 31) == set()
    assert meanings("x" + "()" * 30) == {"x" + "()" * 30}
    assert meanings("x" + "()" * 31) == set()
    for form in ("getattr({}, 'a')", "functools.partial({})"):
        imports = "import functools\n" if "partial" in form else ""
        assert meanings(f"{imports}{form.format('x' + '.y' * 29)}") != set()
        assert meanings(f"{imports}{form.format('x' + '.y' * 30)}") == set()
    backwards = "".join(f"m{i + 1} = m{i}\n" for i in reversed(range(6)))
    assert meanings(f"{backwards}m0 = a.x\nm5") == {"a.x"}
    assert meanings(f"{backwards}m0 = a.x\nm6") == {"m6"}


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("exec(text)", "exec() runs a text"), ("eval('1')", "eval() runs a text"),
        ("import builtins\nbuiltins.exec('1')", "builtins.exec() runs a text"),
        ("compile(text, 'a', 'exec')", "compile() runs a text"),
        ("import runpy\nrunpy.run_path(p)", "runpy.run_path() runs a text"),
        ("import runpy as r\nr.run_module(p)", "runpy.run_module() runs a text"),
        ("import importlib\nimportlib.import_module(name)", "importlib.import_module() imports a name that is computed"),  # noqa: E501
        ("__import__(name)", "__import__() imports a name that is computed"),
        ("__import__()", "__import__() imports a name that is computed"),
        ("__import__('os')", None),
        ("import pickle\npickle.loads(data)", "pickle.loads() unpacks what cannot be read"),
        ("import base64\nbase64.b64decode('YQ')", "base64.b64decode() unpacks what cannot be read"),
        ("import zlib as z\nz.decompress(d)", "zlib.decompress() unpacks what cannot be read"),
        ("import ctypes\nctypes.CDLL('x')", "ctypes.CDLL() unpacks what cannot be read"),
        ("import torch\ntorch.compile(m)", None), ("print(1)", None),
    ],
)  # fmt: skip
def test_code_that_the_text_does_not_show(code: str, reason: str | None) -> None:
    tree = ast.parse(code)
    line = len(code.splitlines())
    found = list(hidden_code(Part("a.py", None, tree), Names(tree)))
    assert found == ([] if reason is None else [(f"a.py:{line}", reason)])
    assert list(hidden_code(Part("a.py", None, None), Names(ast.Module([], [])))) == []
