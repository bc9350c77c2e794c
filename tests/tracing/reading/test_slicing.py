"""The statements that a value depends on, from small texts: what is kept, and what it reads."""

from __future__ import annotations

import ast
from pathlib import Path
from textwrap import dedent

import pytest

from costmodel.tracing.reading.classes import Classes
from costmodel.tracing.reading.scopes import Scope
from costmodel.tracing.reading.slicing import Slicer, read_by_models
from costmodel.tracing.reading.source import Project

HEAD = """\
import torch
from torch import nn
import torch.nn.functional as F
class Net(nn.Module):
    def grow(self):
        self.body = nn.Linear(1, 2)
    def look(self):
        return 1
def widen(options):
    options.width = 64
def only_reads(options):
    return options.width
def rebinds():
    global width
    width = 3
def dark():
    exec("width = 3")
def loads(options):
    options.width = 64
    return torch.utils.data.DataLoader([1])
def fits(options):
    options.width = 64
    loss.backward()
"""


def scope_of(folder: Path, text: str) -> tuple[Classes, Scope]:
    file = folder / "net.py"
    file.write_text(HEAD + dedent(text), encoding="utf-8")
    project = Project(folder, [file])
    (source,) = project.sources
    return Classes(project), Scope(source, tuple(source.tree.body[10:]))


def sliced(folder: Path, text: str, *names: str, models: tuple[str, ...] = (), end: str = "") -> tuple[str, set[str]]:
    classes, scope = scope_of(folder, text)
    stop = next((n for n in ast.walk(scope.source.tree) if isinstance(n, ast.stmt) and ast.unparse(n) == end), None)
    kept, needed = Slicer(classes, scope, models).before(names, stop)
    return "\n".join(ast.unparse(ast.fix_missing_locations(node)) for node in kept), needed


@pytest.mark.parametrize(
    ("text", "names", "kept", "reads"),
    [
        ("a = 1\nb = 2\nc = a", "c", "a = 1\nc = a", "a c"),
        ("a = b\na = 2", "a", "a = b\na = 2", "a b"),
        ("import os\nprint(1)\nx = os.name", "x", "import os\nx = os.name", "x os os.name"),
        ("import os.path as p\nimport sys.x\nx = p(sys)", "x",
         "import os.path as p\nimport sys.x\nx = p(sys)", "x p sys"),
        ("a = []\na.append(b)\nd = []\nd.append(a)", "a", "a = []\na.append(b)", "a b a.append"),
        ("a = {}\na['x'] = b\ndel a['y']\nc[a] = 1", "a", "a = {}\na['x'] = b\ndel a['y']", "a b"),
        ("a = C()\na.b.c = d", "a", "a = C()\na.b.c = d", "a C d a.b a.b.c"),
        ("a = 1\nF.relu(a)\ntorch.manual_seed(a)", "a", "a = 1", "a"),
        ("width = 1\nwiden(options)\noptions = 2\nwiden(options)", "options",
         "widen(options)\noptions = 2\nwiden(options)",
         "options widen"),
        ("options = 1\nonly_reads(options)\nwiden(options=options)", "options", "options = 1\nwiden(options=options)",
         "options widen"),
        ("width = 1\nrebinds()\ndark()", "width", "width = 1\nrebinds()\ndark()", "width rebinds dark"),
        ("x = 1\nsetattr(x, 'a', y)\nx.__dict__.update(z)", "x", "x = 1\nsetattr(x, 'a', y)\nx.__dict__.update(z)",
         "x y z setattr x.__dict__ x.__dict__.update"),
        # compound statements: what matters of their blocks, with what their heads read
        ("if a:\n  x = b\n  y = 1\nelse:\n  y = 2", "x", "if a:\n    x = b", "x a b"),
        ("if a:\n  y = 1\nelse:\n  x = b", "x", "if a:\n    pass\nelse:\n    x = b", "x a b"),
        ("if a:\n  y = 1", "x", "", "x"),
        ("for i in r:\n  x = i\n  y = i", "x", "for i in r:\n    x = i", "x i r"),
        ("for x in r:\n  y = x", "x", "for x in r:\n    pass", "x r"),
        ("b = 1\nfor i in r:\n  x = c\n  c = b", "x", "b = 1\nfor i in r:\n    x = c\n    c = b", "x c b i r"),
        ("with f() as x:\n  y = 1", "x", "with f() as x:\n    pass", "x f"),
        ("try:\n  x = a\nexcept E:\n  x = b\nelse:\n  y = 1\nfinally:\n  z = 1", "x",
         "try:\n    x = a\nexcept E:\n    x = b", "x a b E"),
        ("try:\n  x = a\nfinally:\n  y = 1", "x", "try:\n    x = a\nfinally:\n    pass", "x a"),
        ("match a:\n  case 1:\n    x = b\n  case _:\n    y = 1", "x",
         "match a:\n    case 1:\n        x = b\n    case _:\n        pass",
         "x a b"),
        ("match a:\n  case K(b) if c:\n    x = 1", "x", "match a:\n    case K(b) if c:\n        x = 1", "x a K c"),
        ("while a:\n  x = b", "x", "while a:\n    x = b", "x a b"),
        # definitions read what is not their own
        ("a = 1\ndef f(b, *c, d=a, **e):\n  g = 1\n  return a + b + g + h\nx = f", "x",
         "a = 1\ndef f(b, *c, d=a, **e):\n    g = 1\n    return a + b + g + h\nx = f", "x f a h"),
        ("class K(B, metaclass=M):\n  y = z\nx = K", "x", "class K(B, metaclass=M):\n    y = z\nx = K", "x K B M z y"),
        ("x = lambda a: a + b", "x", "x = lambda a: a + b", "x a b"),
    ],
)  # fmt: skip
def test_what_a_value_depends_on(tmp_path: Path, text: str, names: str, kept: str, reads: str) -> None:
    found, needed = sliced(tmp_path, text, *names.split())
    assert found.strip() == kept
    assert needed == set(reads.split())


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        # moved, wrapped, run: the same network
        ("net = Net()\nnet = net.cuda()\nnet = net.to('cuda:0')\nnet = nn.DataParallel(net)\nnet.train()\nnet(x)",
         "net = Net()"),
        ("net = Net()\nnet = other.cuda()\nnet = nn.DataParallel(other)",
         "net = Net()\nnet = other.cuda()\nnet = nn.DataParallel(other)"),
        # its methods: those that store into it, and torch's that change its structure
        ("net = Net()\nnet.grow()\nnet.look()", "net = Net()\nnet.grow()"),
        ("net = Net()\nnet.add_module('a', b)\nnet.load_state_dict(c)", "net = Net()\nnet.add_module('a', b)"),
        ("net = Net()\nnet.fc = nn.Linear(2, 3)", "net = Net()\nnet.fc = nn.Linear(2, 3)"),
        ("net = Net()\nfor p in net.parameters():\n  p.requires_grad = False",
         "net = Net()\nfor p in net.parameters():\n    p.requires_grad = False"),
        ("net = Net()\nfor p in net.parameters():\n  p.requires_grad_(False)",
         "net = Net()\nfor p in net.parameters():\n    p.requires_grad_(False)"),
        ("net = Net()\nfor p in net.parameters():\n  print(p)", "net = Net()"),
        ("net = Net()\nfor p in other.parameters():\n  p.requires_grad = False", "net = Net()"),
        # a loop that builds it is run once
        ("for seed in seeds:\n  net = Net()\n  fit(net)", "if True:\n    net = Net()"),
    ],
)  # fmt: skip
def test_what_a_model_depends_on(tmp_path: Path, text: str, kept: str) -> None:
    assert sliced(tmp_path, text, "net", models=("net",))[0] == kept


def test_the_statements_before_one_in_a_block(tmp_path: Path) -> None:
    text = "a = 1\nif b:\n  a = 2\n  fit(a)\n  a = 3\na = 4"
    assert sliced(tmp_path, text, "a", end="fit(a)")[0] == "a = 1\na = 2"
    text = "a = 1\ntry:\n  pass\nexcept E:\n  a = 2\n  fit(a)\na = 3"
    assert sliced(tmp_path, text, "a", end="fit(a)")[0] == "a = 1\na = 2"
    assert sliced(tmp_path, "a = 1\nfit(a)", "a", end="a = 1")[0] == ""


def test_variables_that_classes_read_when_they_are_built(tmp_path: Path) -> None:
    classes, scope = scope_of(
        tmp_path, "args = 1\nother = 2\nclass Two(nn.Module):\n  def __init__(self):\n    self.a = args"
    )
    assert read_by_models(classes, scope) == {"args"}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        # what ends a turn or a loop, with what that hangs on
        ("x = []\nfor w in r:\n  if w == a:\n    continue\n  x.append(w)\n  print(w)",
         "x = []\nfor w in r:\n    if w == a:\n        continue\n    x.append(w)"),
        ("x = []\nwhile True:\n  n = len(x)\n  x.append(1)\n  if n > 2:\n    break",
         "x = []\nwhile True:\n    n = len(x)\n    x.append(1)\n    if n > 2:\n        break"),
        # the jumps of a loop inside are its own; those of its else belong to the loop around it
        ("x = []\nfor w in r:\n  for v in r:\n    if v > w:\n      break\n  else:\n    continue\n  x.append(w)",
         "x = []\nfor w in r:\n    for v in r:\n        if v > w:\n            break\n    else:\n        continue\n"
         "    x.append(w)"),
        ("for w in r:\n  if w:\n    continue\n  print(w)", ""),
        # of a training only what it stores: its turns cannot be had
        ("x = C()\nwhile True:\n  x.epoch = n\n  loss.backward()\n  if loss < 1:\n    break",
         "x = C()\nif True:\n    x.epoch = n"),
        ("x = C()\nfor e in itertools.count():\n  x.epoch = e\n  loss.backward()\n  if loss < 1:\n    break",
         "x = C()\nif True:\n    x.epoch = e"),
        ("x = C()\nfor e in r:\n  x.epoch = e\n  loss.backward()\n  if loss < 1:\n    break",
         "x = C()\nfor e in r:\n    x.epoch = e"),
        # an attempt whose failure decides
        ("try:\n  import apex\n  x = 64\nexcept ImportError:\n  x = 8",
         "try:\n    import apex\n    x = 64\nexcept ImportError:\n    x = 8"),
        ("try:\n  get_ipython()\nexcept NameError:\n  x = 8\nelse:\n  x = 64",
         "try:\n    get_ipython()\nexcept NameError:\n    x = 8\nelse:\n    x = 64"),
        ("x = 8\nwith suppress(ImportError):\n  import apex\n  print(1)\n  x = 64",
         "x = 8\nwith suppress(ImportError):\n    import apex\n    x = 64"),
        ("try:\n  download()\n  x = 64\nexcept OSError:\n  print(1)", "try:\n    x = 64\nexcept OSError:\n    pass"),
        # a call whose result is kept elsewhere, and that changes it beside
        ("x = C()\ny = widen(x)\nz = only_reads(x)", "x = C()\ny = widen(x)"),
        ("x = C()\ny = [rebinds(), widen(options=x)]", "x = C()\ny = [rebinds(), widen(options=x)]"),
        ("x = C()\ny = loads(x)\nfits(x)", "x = C()\ny = loads(x)"),
    ],
)  # fmt: skip
def test_what_decides_without_storing_it(tmp_path: Path, text: str, kept: str) -> None:
    assert sliced(tmp_path, text, "x")[0] == kept
