"""Stretches of code, what they train and change, and what a name means: read from small texts."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from costmodel.tracing.reading.changing import root_of, stores_into
from costmodel.tracing.reading.classes import Classes
from costmodel.tracing.reading.scopes import Scope, Training, matched, own_calls, scopes_of
from costmodel.tracing.reading.scopes import statements as inner
from costmodel.tracing.reading.source import Project, Source, Symbol, Value, bindings, dotted, is_main_guard


def expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def project(folder: Path, files: dict[str, str]) -> Project:
    paths = []
    for name, text in files.items():
        path = folder / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return Project(folder, paths)


@pytest.mark.parametrize(
    ("body", "changes"),
    [
        ("net.fc = 1", True), ("net.a.b[0] = 1", True), ("del net.fc", True), ("other.fc = 1", False),
        ("net = 1", False), ("other.requires_grad = False", True), ("net.weight.data[:] = 1", False),
        ("net.fc.bias[0] = 1", False),
        ("net.size[0] = 1", True), ("net.add_module('a', b)", True), ("other.append(b)", True), ("net.half()", True),
        ("other.half()", True), ("x = other.float().mean()", False), ("x = net.float()", True), ("net.look()", False),
        ("setattr(a, b, c)", True), ("getattr(a, b)", False), ("net.fc = 1\nloss.backward()", False),
        ("net.fc = 1\nloader = DataLoader(rows)", False), ("if a:\n  net.fc = 1", True), ("return net.fc", False),
    ],
)  # fmt: skip
def test_functions_that_change_what_they_are_given(body: str, changes: bool) -> None:
    lines = "\n".join(f"  {line}" for line in body.splitlines())
    assert stores_into(ast.parse(f"def f(net):\n{lines}").body[0], "net") is changes


def test_what_a_chain_begins_with() -> None:
    chains = ("net.layers[0].to(x)", "net", "f(x).a", "(a + b).c", "3")
    assert [root_of(expression(text)) for text in chains] == ["net", "net", "f", "", ""]
    assert [dotted(expression(text)) for text in ("a.b.c", "a", "a().b", "a[0].b")] == ["a.b.c", "a", "", ""]


def test_names_and_what_is_assigned_to_them() -> None:
    texts = (
        "a = 1",
        "a, (self.b, c) = 1, (2, 3)",
        "a, b = f()",
        "a: int = 1",
        "a: int",
        "a = b = 1",
        "a[0] = 1",
        "a += 1",
    )
    found = [[(name, ast.unparse(value)) for name, value in bindings(ast.parse(text).body[0])] for text in texts]
    assert found == [
        [("a", "1")], [("a", "1"), ("self.b", "2"), ("c", "3")], [("a", "f()"), ("b", "f()")], [("a", "1")], [],
        [("a", "1"), ("b", "1")], [], [],
    ]  # fmt: skip


def test_main_guards() -> None:
    texts = ("if __name__ == '__main__': pass", "if '__main__' == __name__: pass", "if __name__ != '__main__': pass",
             "if a == '__main__': pass", "if __name__: pass", "while __name__ == '__main__': pass",
             "if __name__ == a == b: pass")  # fmt: skip
    assert [is_main_guard(ast.parse(t).body[0]) for t in texts] == [True, True, False, False, False, False, False]


def test_statements_and_their_own_calls() -> None:
    text = (
        "with a() as b, c():\n  d()\ntry:\n  e()\nexcept F:\n  g()\nelse:\n  h()\nfinally:\n  i()\n"
        "match j():\n  case 1:\n    k()\ndef l():\n  m()\nfor n in o():\n  p(q())\n"
    )
    found = [[dotted(call.func) for call in own_calls(node)] for node in inner(ast.parse(text).body)]
    assert found == [["a", "c"], ["d"], [], ["e"], ["h"], ["i"], ["g"], ["j"], ["k"], [], ["o"], ["p", "q"]]


MEANINGS = {
    "main": """
import os.path
import torch as t
import pack.deep as deep
from torch import nn
from torch.nn import Linear as L
from pack import thing, deep as again, nothing
from . import other
from .other import *
from gone import lost
if a:
    try:
        def inside(): pass
    except E:
        late = 1
one = 1
one = two = nn.Conv2d
alias = thing
loop = loop
if __name__ == "__main__":
    guarded = 1
""",
    "other": "from torch import optim\nstarred = 3\nclass Star: pass\n",
    "pack/thing": "",
    "pack/deep": "def thing(): pass\nlevel = 2\n",
    "pack/__init__": "from .deep import thing\nfrom ..other import starred as up\n",
}


def test_what_a_name_means(tmp_path: Path) -> None:
    found = project(tmp_path, MEANINGS)
    main = found.sources[0]

    def means(text: str) -> str:
        meaning = found.resolve(main, expression(text))
        if isinstance(meaning, Symbol):
            return f"{meaning.source.place}:{meaning.name}"
        if isinstance(meaning, Value):
            return f"{meaning.source.place}={meaning.name}"
        return meaning.place if isinstance(meaning, Source) else str(meaning)

    right = {
        "t": "torch", "t.nn.Linear": "torch.nn.Linear", "os": "os", "os.path.join": "os.path.join",
        "nn.Conv2d": "torch.nn.Conv2d", "L": "torch.nn.Linear", "two": "torch.nn.Conv2d", "one": "torch.nn.Conv2d",
        "alias": "pack/deep.py:thing", "thing": "pack/deep.py:thing",
        "deep.level": "pack/deep.py=level", "again": "pack/deep.py", "nothing": "None",
        "other": "other.py", "other.Star": "other.py:Star", "starred": "other.py=starred", "optim": "torch.optim",
        "inside": "main.py:inside", "late": "main.py=late", "guarded": "None", "lost": "gone.lost", "unknown": "None",
        "loop": "main.py=loop", "f()": "None", "pack": "None",
    }  # fmt: skip
    assert {text: means(text) for text in right} == right
    package = next(source for source in found.sources if source.place == "pack/__init__.py")
    assert found.resolve(package, ast.Name("up")) == Value(found.sources[1], "starred")
    assert [source.broken for source in found.sources] == [False] * 5


def test_files_that_cannot_be_read_are_broken(tmp_path: Path) -> None:
    (source,) = project(tmp_path, {"bad": "def f(:\n"}).sources
    assert (source.broken, source.tree.body, dict(source.definitions)) == (True, [], {})
    assert Project(tmp_path / "sub", [tmp_path / "bad.py"]).sources[0].place == "bad.py"


CODE = """
import torch, fire
from torch import nn
class Net(nn.Module):
    def forward(self, x): return x
class Trainer:
    def go(self): pass
    async def wait(self): pass
def build():
    return Net()
def helper(a): deeper()
def deeper(): pass
def unused(): pass
def started(): pass
def worker(rank, net): torch.optim.SGD(net.parameters())
helper(1)
build()
x = build()
fire.Fire(started)
if __name__ == "__main__":
    net = Net()
    torch.multiprocessing.spawn(worker, args=(net, 3))
"""


def test_the_scopes_of_a_file(tmp_path: Path) -> None:
    found = project(tmp_path, {"code": CODE})
    classes = Classes(found)
    scopes = scopes_of(classes, lambda symbol: symbol.name == "build")
    assert [(s.owner, s.guarded, s.runs, s.caller and ast.unparse(s.caller[1])) for s in scopes] == [
        ("", False, True, None),
        ("", True, True, None),
        ("helper", False, True, "helper(1)"),
        ("build", False, True, "build()"),
        ("started", False, True, None),
        ("worker", False, True, "torch.multiprocessing.spawn(worker, args=(net, 3))"),
        ("deeper", False, True, "deeper()"),
        ("Trainer.go", False, False, None),
        ("Trainer.wait", False, False, None),
        ("unused", False, False, None),
    ]
    assert Training(classes).trained_in(scopes[5]) == {"net"}


@pytest.mark.parametrize(
    ("text", "trained"),
    [
        ("torch.optim.Adam(net.parameters(), lr=1)", "net"),
        ("Adam(params=[self.net.parameters(), b.named_parameters()])", "self.net b"),
        ("optim(net.parameters())", "net"), ("getattr(o, 'x')(net.parameters())", ""),
        ("list(net.parameters())", ""), ("print(net.parameters())", ""),
        ("sum(p.numel() for p in net.parameters())", ""), ("trainer.fit(net, data)", "net"), ("trainer.fit()", ""),
        ("train(a, b)", "b"), ("train(1, model=c)", "c"), ("train(*d)", ""), ("again(e)", "e"),
        ("for i in x:\n  Adam(net.parameters())", "net"),
    ],
)  # fmt: skip
def test_what_code_trains(tmp_path: Path, text: str, trained: str) -> None:
    head = (
        "import torch\ndef train(data, model):\n  SGD(model.parameters())\n"
        "def again(net):\n  again(net)\n  train(1, net)\n"
    )
    found = project(tmp_path, {"code": head + text})
    (source,) = found.sources
    scope = Scope(source, tuple(source.tree.body[3:]))
    assert Training(Classes(found)).trained_in(scope) == set(trained.split())


def test_arguments_by_their_parameters() -> None:
    function = ast.parse("def f(a, /, b, *, c=1): pass").body[0]

    def by(text: str) -> dict[str, str]:
        call = expression(text)
        assert isinstance(call, ast.Call)
        return {name: ast.unparse(value) for name, value in matched(function, call).items()}

    assert by("f(1, 2, c=3)") == {"a": "1", "b": "2", "c": "3"}
    assert by("f(1, **k)") == {"a": "1"}
    assert by("f(*k)") == {}
    assert by("mp.spawn(f, args=(x, y))") == {"b": "x"}
    assert by("mp.spawn(f, args=k)") == {}
    assert by("mp.spawn(g, args=(x,))") == {"a": "g", "args": "(x,)"}
