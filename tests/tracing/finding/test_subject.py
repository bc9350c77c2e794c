"""Finding the model: files, packages, objects; and one line for everything that is wrong with them."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import costmodel
from costmodel.errors import SubjectError
from costmodel.ir.trace import Trace
from costmodel.tracing import compat
from costmodel.tracing.finding.importing import Session
from costmodel.tracing.finding.subject import find_model, from_object, load_source
from costmodel.tracing.modes.fake import FakeMode

Write = Callable[[str, str], str]

NET = (
    "from torch import nn\nclass Net(nn.Linear):\n    def __init__(self, width=4):\n"
    "        super().__init__(width, 2)\n"
)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(name: str, text: str) -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def traced(reference: object, **settings: Any) -> Trace:
    return costmodel.trace(reference, **{"input": "4", **settings}).phases[0].trace


def test_a_named_class(write: Write) -> None:
    assert [p.name for p in traced(write("net.py", NET) + ":Net").parameters] == ["weight", "bias"]


def test_the_only_class_needs_no_name(write: Write) -> None:
    assert len(traced(write("net.py", NET)).parameters) == 2


def test_options_reach_the_constructor(write: Write) -> None:
    trace = traced(write("net.py", NET), model_options={"width": 7}, input="7")
    assert trace.tensors[trace.parameters[0].tensor].shape == (2, 7)


@pytest.mark.parametrize(
    ("extra", "name"),
    [
        ("def make():\n    return Net()\n", "make"),
        ("net = Net()\n", "net"),
        ("class Zoo:\n    small = Net\n", "Zoo.small"),
    ],
)
def test_functions_instances_and_dotted_names(write: Write, extra: str, name: str) -> None:
    assert len(traced(write("net.py", NET + extra) + f":{name}").parameters) == 2


def test_a_file_beside_it_can_be_imported(write: Write) -> None:
    write("layers_of_mine.py", NET)
    assert (
        len(traced(write("main.py", "from layers_of_mine import Net\ndef make(): return Net()\n") + ":make").parameters)
        == 2
    )
    sys.modules.pop("layers_of_mine")


def test_a_package(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write("package_of_mine/__init__.py", "")
    write("package_of_mine/nets.py", NET)
    monkeypatch.chdir(tmp_path)
    assert len(traced("package_of_mine.nets:Net").parameters) == 2


def test_an_object_is_not_touched() -> None:
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Linear(3, 2)).eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    trace = traced(model, batch=2)
    assert len(trace.parameters) == 6
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(p.grad is None and type(p) is nn.Parameter for p in model.parameters())
    assert not model.training


def test_a_function_may_return_an_object() -> None:
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))
    assert len(traced(lambda: model, batch=2).parameters) == 4
    assert all(type(p) is nn.Parameter for p in model.parameters())


def test_an_object_keeps_its_tied_and_frozen_weights() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    model[1].weight = model[0].weight
    model[0].bias.requires_grad_(False)
    trace = traced(model)
    assert [(p.name, p.trainable) for p in trace.parameters] == [
        ("0.weight", True),
        ("0.bias", False),
        ("1.bias", True),
    ]


def test_a_path_on_another_system() -> None:
    with pytest.raises(SubjectError, match="no such file"):
        load_source(r"C:\somewhere\net.py", Session(FakeMode()))


ERRORS = [
    # file, name asked for, what the line says
    ("class Net(\n", ":Net", r"net\.py:1: syntax error"),
    (
        "import nothing_of_this_name\n",
        ":Net",
        r"net\.py: importing it failed at net\.py:1: ModuleNotFoundError",
    ),
    ("x = 1 / 0\n", ":Net", r"at net\.py:1: ZeroDivisionError"),
    ("import sys\nsys.exit(3)\n", ":Net", r"at net\.py:2: SystemExit"),
    (NET, ":Nett", r"Nett.*Net"),
    (NET + "class Other(Net): ...\n", "", r"which is the model\?.*:Net, .*:Other all"),
    ("x = 1\n", "", r"there is no model: no nn\.Module class in net\.py"),
    ("Net = 3\n", ":Net", r"is a int, not an nn\.Module"),
    ("def Net(): return 3\n", ":Net", r"returned a int, not an nn\.Module"),
    (NET.replace("=4", ""), ":Net", r"missing a required argument: 'width'.*--model-option NAME=VALUE"),
    (
        NET + "        raise ValueError('no')\n",
        ":Net",
        r"building the model failed at net\.py:5: ValueError: no",
    ),
]


@pytest.mark.parametrize(("text", "name", "message"), ERRORS)
def test_errors_are_one_line(write: Write, text: str, name: str, message: str) -> None:
    path = write("net.py", text)
    with pytest.raises(SubjectError, match=message) as caught:
        traced(path + name)
    assert "\n" not in str(caught.value)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(SubjectError, match=r"gone\.py: no such file"):
        traced(str(tmp_path / "gone.py") + ":Net")


def test_options_for_something_built() -> None:
    with pytest.raises(SubjectError, match="already built"):
        from_object(nn.Linear(2, 2), {"width": 3}, "net")


def test_an_unknown_option(write: Write) -> None:
    with pytest.raises(SubjectError, match="depth"):
        traced(write("net.py", NET), model_options={"depth": 3})


def test_importing_a_file_allocates_nothing(write: Write) -> None:
    path = write("net.py", "import torch\nhuge = torch.zeros(10**6, 10**6)\n" + NET)
    module, name = load_source(path, Session(FakeMode()))
    assert isinstance(module.huge, compat.FakeTensor)
    assert find_model(module, name, {}, path).name == path


class Tabled(nn.Module):
    """Plain tensors in attributes, lists and dicts; a mask and a number that decide."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 4)
        self.mean = torch.ones(4)
        self.tables = [{"scale": torch.full((4,), 2.0)}]
        self.times = torch.tensor(2)
        self.register_buffer("keep", torch.tensor([True, False, True, True]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = self.layer((x - self.mean) / self.tables[0]["scale"])[:, self.keep]
        return y if self.times > 1 else y.sum()


def test_an_object_is_what_its_class_is(tmp_path: Path) -> None:
    due = costmodel.analyze(Tabled, input="4", batch=2).totals.operations
    assert due.forward == 2 * 4 * 2 + 2 * 4 * (4 + 4)
    assert costmodel.analyze(Tabled(), input="4", batch=2).totals.operations == due
    file = tmp_path / "net.py"
    lines = inspect.getsource(Tabled)
    file.write_text(f"import torch\nfrom torch import nn\n{lines}\nnet = Tabled()\n", encoding="utf-8")
    assert costmodel.analyze(f"{file}:net", input="4", batch=2).totals.operations == due
