"""Which object of a folder is the model: the same answer for ``check`` and for ``grade``."""

from __future__ import annotations

from pathlib import Path

import pytest

from costmodel.errors import NoChoiceError, SubjectError
from costmodel.grading.walled_trace import trace_behind_wall
from costmodel.tracing.finding.candidates import Given
from costmodel.tracing.finding.choice import Known, choose
from costmodel.tracing.finding.ranks import ranked
from costmodel.tracing.reading.classes import Classes
from costmodel.tracing.reading.presented import Reader
from costmodel.tracing.reading.source import Project

TWO = """from torch import nn


class Block(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv2d(3, 3, 3, padding=1), nn.ReLU())


class Net(nn.Sequential):
    def __init__(self):
        super().__init__(Block(), nn.Flatten(), nn.Linear(3 * 64, 10))
"""
OTHER = """from torch import nn


class Other(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Flatten(), nn.Linear(192, 10))
"""
INPUT = {"input": "3x8x8"}


def chosen(folder: Path, file: str | None = None, name: str | None = None) -> str:
    choice = choose(folder, Known(file=file, name=name, settings={}, defaults=INPUT))
    return choice.reference.removeprefix(f"{folder}/")


def walled(folder: Path) -> str:
    subject = trace_behind_wall(folder, None, {}, INPUT).subject
    return "" if subject is None else subject.name


def test_the_network_is_chosen_and_not_its_blocks(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(TWO, encoding="utf-8")
    assert chosen(tmp_path) == walled(tmp_path) == "net.py:Net"
    assert chosen(tmp_path, name="Block") == "net.py:Block"


def test_two_networks_are_one_too_many_unless_a_recipe_says_which(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(TWO, encoding="utf-8")
    (tmp_path / "other.py").write_text(OTHER, encoding="utf-8")
    with pytest.raises(NoChoiceError, match=r"net\.py:Net, other\.py:Other all take the input") as several:
        chosen(tmp_path)
    assert several.value.several
    assert chosen(tmp_path, file="other.py") == "other.py:Other"
    (tmp_path / "recipe.yaml").write_text("model: other.py:Other\ninput: 3x8x8\n", encoding="utf-8")
    assert chosen(tmp_path) == "recipe.yaml"
    assert walled(tmp_path) == "other.py:Other"


def test_no_model_says_what_is_there(tmp_path: Path) -> None:
    with pytest.raises(NoChoiceError, match="no Python file"):
        chosen(tmp_path)
    (tmp_path / "a.py").write_text("x = 1\n", encoding="utf-8")
    with pytest.raises(NoChoiceError, match=r"no nn\.Module class in a\.py") as none:
        chosen(tmp_path)
    assert not none.value.several
    (tmp_path / "a.py").write_text("def broken(:\n", encoding="utf-8")
    with pytest.raises(SubjectError, match=r"a\.py:1: syntax error"):
        chosen(tmp_path)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (TWO, [("net.py:Net", "no other class contains it")]),
        (OTHER, [("net.py:Other", "")]),  # the only one needs no reason
        (TWO + OTHER, [("net.py:Net", ""), ("net.py:Other", "")]),
    ],
)
def test_a_class_by_itself_says_why_it_is_the_model(tmp_path: Path, text: str, found: list[tuple[str, str]]) -> None:
    (tmp_path / "net.py").write_text(text, encoding="utf-8")
    reader = Reader(Classes(Project(tmp_path, [tmp_path / "net.py"])))
    candidates = ranked(Given(tmp_path, INPUT, reader), reader.classes.project.sources)
    assert [(one.label, one.plan().subject.because) for one in candidates] == found


@pytest.mark.parametrize(
    ("maker", "is_model"),
    [
        ("transformers.BertForSequenceClassification(c)", True), ("transformers.AutoModel.from_config(c)", True),
        ("transformers.GPT2LMHeadModel(c)", True), ("transformers.ViTModel(c)", True),
        ("transformers.Trainer(c)", False),
        ("transformers.TrainingArguments(c)", False), ("transformers.BertConfig(c)", False),
        ("transformers.DataCollatorForLanguageModeling(c)", False), ("timm.create_model('vit')", True),
        ("transformers.AutoTokenizer.from_pretrained('gpt2')", False), ("torchvision.models.resnet18()", True),
    ],
)  # fmt: skip
def test_what_of_a_library_makes_a_network(tmp_path: Path, maker: str, is_model: bool) -> None:
    text = f"import transformers, timm, torchvision\nc = 1\none = {maker}\n"
    (tmp_path / "net.py").write_text(text, encoding="utf-8")
    presented = Reader(Classes(Project(tmp_path, [tmp_path / "net.py"]))).presented()
    assert [one.name for one in presented] == ["one"] * is_model
