"""Files are imported as plain Python run from the submission's root would: packages as people lay them out."""

from __future__ import annotations

import ast
import importlib
import sys
from pathlib import Path

import pytest
import torch

import costmodel
from costmodel.errors import SubjectError
from costmodel.files.fingerprint import fingerprint
from costmodel.tracing import compat
from costmodel.tracing.finding.identity import class_place
from costmodel.tracing.finding.importing import Session
from costmodel.tracing.modes.fake import FakeMode
from tests.tracing.presentations import BLOCK, OF_BLOCK
from tests.tracing.test_presented import laid_out

LAYOUTS = {
    # the file of the network, and how it imports the block
    "relative": ("pkg/a.py", "from .blocks import Block\n", {"pkg/__init__.py": "", "pkg/blocks.py": BLOCK}),
    "relative, no __init__": ("pkg/a.py", "from .blocks import Block\n", {"pkg/blocks.py": BLOCK}),
    "relative, two up": ("pkg/sub/a.py", "from ..blocks import Block\n", {"pkg/blocks.py": BLOCK}),
    "by the package's name": ("pkg/a.py", "from pkg.blocks import Block\n", {"pkg/blocks.py": BLOCK}),
    "by the package, whose __init__ names itself from the root": (
        "src/pkg/a.py",
        "from .blocks import Block\n",
        {
            "src/pkg/blocks.py": BLOCK,
            "src/pkg/__init__.py": "from src.pkg.other import other\n",
            "src/pkg/other.py": "other = 1",
        },
    ),
    "by a neighbour, who names another from the root": (
        "src/pkg/a.py",
        "from .blocks import Block\n",
        {"src/pkg/blocks.py": f"from src.pkg.other import other\n{BLOCK}", "src/pkg/other.py": "other = 1"},
    ),
    "beside it": ("pkg/a.py", "from blocks import Block\n", {"pkg/blocks.py": BLOCK}),
    "of a folder that is no identifier": (
        "hw-2 (1)/a.py",
        "from .blocks import Block\n",
        {"hw-2 (1)/blocks.py": BLOCK},
    ),
    "a name of Python's own": ("types.py", "from blocks import Block\n", {"blocks.py": BLOCK}),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_file_of_a_package_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: str) -> None:
    file, imports, others = LAYOUTS[layout]
    laid_out(tmp_path, {file: f"import torch, torch.nn as nn\n{imports}{OF_BLOCK}", **others})
    before = list(sys.path)
    for reference, folder in ((f"{tmp_path}/{file}:Net", Path("/")), (f"{file}:Net", tmp_path)):
        monkeypatch.chdir(folder)
        analysis = costmodel.analyze(reference, input="3x32x32")
        assert analysis.totals.parameters == 238
        assert analysis.subject.judged is not None
        assert (analysis.subject.judged.name, analysis.subject.judged.line) == ("Net", 3)
    assert sys.path == before


def test_a_change_of_a_block_above_the_file_makes_a_stored_answer_stale(tmp_path: Path) -> None:
    text = f"import torch, torch.nn as nn\nfrom pkg.blocks import Block\n{OF_BLOCK}"
    laid_out(tmp_path, {"pkg/a.py": text, "pkg/blocks.py": BLOCK})
    before = fingerprint(f"{tmp_path}/pkg/a.py:Net", {})
    assert before == fingerprint(f"{tmp_path}/pkg/a.py:Net", {})
    (tmp_path / "pkg" / "blocks.py").write_text(BLOCK.replace("w=6", "w=7"), encoding="utf-8")
    assert before != fingerprint(f"{tmp_path}/pkg/a.py:Net", {})


def test_two_module_names_of_one_file_are_one_class(tmp_path: Path) -> None:
    text = {"src/net.py": BLOCK, "src/a.py": "from src.net import Block\n", "src/b.py": "from net import Block\n"}
    laid_out(tmp_path, text)
    session = Session(FakeMode(), tmp_path)
    first, second = session.load(tmp_path / "src/a.py").Block, session.load(tmp_path / "src/b.py").Block
    assert first is not second
    assert class_place(first) == class_place(second) == (str((tmp_path / "src/net.py").resolve()), "Block", 2)


def test_a_neighbours_import_is_not_run_a_second_time(tmp_path: Path) -> None:
    laid_out(tmp_path, {"net.py": BLOCK, "train.py": "from net import Block\n"})
    session = Session(FakeMode(), tmp_path)
    train = session.load(tmp_path / "train.py")
    assert session.load(tmp_path / "net.py").Block is train.Block


def test_two_submissions_do_not_hear_of_each_other(tmp_path: Path) -> None:
    for name, width in (("ana", 6), ("ben", 8)):
        files = {"net.py": f"import torch, torch.nn as nn\nfrom blocks import Block\n{OF_BLOCK}"}
        files["net.py"] = files["net.py"].replace("Linear(6", f"Linear({width}")
        laid_out(tmp_path / name, {**files, "blocks.py": BLOCK.replace("w=6", f"w={width}")})
    found = [costmodel.analyze(f"{tmp_path}/{name}/net.py:Net", input="3x32x32") for name in ("ana", "ben", "ana")]
    assert [analysis.totals.parameters for analysis in found] == [238, 28 * 8 + 9 * 10, 238]


def test_what_a_user_has_imported_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    laid_out(tmp_path, {"net_of_a_user.py": BLOCK})
    monkeypatch.syspath_prepend(tmp_path)
    import net_of_a_user  # type: ignore[import-not-found]

    costmodel.analyze(f"{tmp_path}/net_of_a_user.py:Block", input="3x32x32", loss="mse")
    assert sys.modules["net_of_a_user"] is net_of_a_user
    assert not isinstance(net_of_a_user.Block().c.weight, compat.FakeTensor)
    del sys.modules["net_of_a_user"]


def test_the_command_line_of_a_submission_is_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["costmodel", "--unknown"])
    text = "import argparse\nargs = argparse.ArgumentParser().parse_args()\n" + BLOCK
    laid_out(tmp_path, {"net.py": text})
    assert Session(FakeMode(), tmp_path).load(tmp_path / "net.py").Block
    assert sys.argv == ["costmodel", "--unknown"]


def test_an_import_inside_a_function_finds_its_neighbours(tmp_path: Path) -> None:
    text = "def get_model():\n    from blocks import Block\n    return Block()\n"
    laid_out(tmp_path, {"net.py": text, "blocks.py": BLOCK})
    trace = costmodel.trace(f"{tmp_path}/net.py:get_model", input="3x8x8", optimizer="none").phases[0].trace
    assert [trace.tensors[p.tensor].shape for p in trace.parameters] == [(6, 3, 3, 3), (6,)]


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("w.pt", r"^w\.pt holds weights"),
        ("empty", r"^there is no Python file in the submission$"),
        ("a.ipynb", r"^a\.ipynb: no readable notebook"),
        ("notes.txt", r"^notes\.txt is no Python file"),
    ],
)
def test_a_subject_that_is_no_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reference: str, said: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    for name in ("w.pt", "a.ipynb", "notes.txt"):
        (tmp_path / name).write_text("x", encoding="utf-8")
    with pytest.raises(SubjectError, match=said):
        costmodel.analyze(reference)


def test_an_unknown_option_is_named_with_the_known_ones() -> None:
    with pytest.raises(
        SubjectError, match=r"^Linear has no option 'width'; its options: in_features, out_features, bias"
    ):
        costmodel.trace(torch.nn.Linear, model_options={"width": 3})


def test_a_message_has_no_address(tmp_path: Path) -> None:
    text = (
        "import torch.nn as nn\nclass Net(nn.Linear):\n    def __init__(self, width, act=lambda x: x):\n        pass\n"
    )
    text += "def bad():\n    raise ValueError(f'{object()} {id(nn)}')\n"
    laid_out(tmp_path, {"net.py": text})
    with pytest.raises(SubjectError, match=r"Net\(width, act=<lambda>\): missing a required argument: 'width'"):
        costmodel.trace(f"{tmp_path}/net.py:Net")
    with pytest.raises(SubjectError, match=r"ValueError: <object object at 0x…> …$"):
        costmodel.trace(f"{tmp_path}/net.py:bad")


def test_a_long_reason_is_cut(tmp_path: Path) -> None:
    missing = "m" * 180
    (tmp_path / "net.py").write_text(f"import torch\nimport {missing}\n\nclass Net(torch.nn.Module):\n    pass\n")
    mode = FakeMode()
    assert Session(mode, tmp_path).load(tmp_path / "net.py").Net
    said = [what.partition(": ")[2] for what, _ in mode.notes]
    assert [len(one) for one in said] == [200, 200]
    assert said[0].startswith("importing it fails at net.py:2: ")
    assert said[1] == f"ModuleNotFoundError: No module named '{missing[:162]}"


@pytest.mark.parametrize(("depth", "is_found"), [(0, True), (1, True), (4, True), (5, False)])
def test_a_file_by_itself_imports_from_four_folders_above_it(tmp_path: Path, depth: int, is_found: bool) -> None:
    place = tmp_path.joinpath(*"abcde"[:depth])
    laid_out(tmp_path, {"far_block.py": BLOCK})
    place.mkdir(parents=True, exist_ok=True)
    (place / "net.py").write_text("import far_block\n")
    if is_found:
        assert Session(FakeMode()).load(place / "net.py").far_block
    else:
        with pytest.raises(SubjectError, match="far_block"):
            Session(FakeMode()).load(place / "net.py")


def test_installed_packages_are_imported_first_also_those_that_neighbours_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        "pack/__init__.py": "import inside_pack\n",
        "pack/deep.py": "import inside_deep\nimport near\n",
        "near.py": "import inside_near\nfrom pack import deep\ndef f():\n    import never\n",
        "broken.py": "import (\n",
        "src/below.py": "import inside_below\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    text = """
import one.part, near
from pack.deep import a
from two.part import b
from . import c
import broken, gone_away, below
if d:
    import three
class E:
    import four
if __name__ == "__main__":
    import five
"""
    asked: list[str] = []

    def noted(name: str) -> None:
        asked.append(name)
        raise ModuleNotFoundError

    session = Session(FakeMode(), root=tmp_path)
    session._add_places(tmp_path / "main.py", ast.parse(text), [])
    monkeypatch.setattr(importlib, "import_module", noted)
    session.import_packages(ast.parse(text))
    # depth first, each file once; what a package's own file imports comes with it
    assert asked == [
        "one.part", "inside_near", "inside_pack", "inside_deep", "two.part", "gone_away", "inside_below", "three",
    ]  # fmt: skip


def test_a_submission_stays_as_it_was_handed_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "__init__.py").write_text("")
    (tmp_path / "parts" / "late.py").write_text("SCALE = 2\n")
    (tmp_path / "blocks.py").write_text("from torch import nn\n\nclass Block(nn.Linear): pass\n")
    (tmp_path / "net.py").write_text(
        "from torch import nn\nfrom blocks import Block\n\nclass Net(nn.Module):\n"
        "    def __init__(self):\n        super().__init__()\n        self.block = Block(4, 2)\n\n"
        "    def forward(self, x):\n        from parts.late import SCALE\n        return self.block(x) * SCALE\n"
    )
    before = sorted(tmp_path.rglob("*"))
    assert costmodel.analyze(f"{tmp_path}/net.py:Net", input="4", cache=False).totals.parameters == 10
    assert sorted(tmp_path.rglob("*")) == before
    assert not sys.dont_write_bytecode
