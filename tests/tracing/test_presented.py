"""The model that a submission's own code presents is chosen, or its error is raised: never another one in its place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from costmodel.errors import CostModelError
from costmodel.tracing.finding.candidates import parameters_of
from costmodel.tracing.finding.choice import Choice, Known, choose
from costmodel.tracing.finding.plan import built
from tests.tracing.presentations import GIVEN, NEIGHBOURS

ALL = {**GIVEN, **NEIGHBOURS}


def laid_out(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def chosen(folder: Path) -> Choice:
    return choose(folder, Known(settings={}, defaults={"input": "3x32x32"}))


@pytest.mark.parametrize("what", ALL)
def test_the_right_model_or_none(tmp_path: Path, what: str) -> None:
    files, right = ALL[what]
    folder = laid_out(tmp_path / "handed_in", files)
    if isinstance(right, str):
        with pytest.raises(CostModelError) as caught:
            chosen(folder)
        assert re.search(right, caught.value.message), caught.value.message
        assert str(tmp_path) not in caught.value.message
        return
    plan = chosen(folder).plan
    model = built(plan)
    assert (type(model).__name__, parameters_of(model)) == right


def test_what_is_said_of_a_branch_is_of_the_one_that_was_taken(tmp_path: Path) -> None:
    files, _ = NEIGHBOURS["branches that build different classes"]
    subject = chosen(laid_out(tmp_path, files)).plan.subject
    assert (subject.arguments, subject.place) == ("width=64", "net.py:22")
    assert subject.because == "net.py:22 builds it; with its defaults Net would have 162 parameters"


def test_what_shapes_the_model_after_it_is_built_is_run_too(tmp_path: Path) -> None:
    plan = chosen(laid_out(tmp_path, NEIGHBOURS["half of it frozen by a function"][0])).plan
    with plan.mode:
        parameters = dict(plan.subject.make().named_parameters())
    assert {name: p.requires_grad for name, p in parameters.items()} == {
        "c.weight": False, "c.bias": False, "f.weight": True, "f.bias": True,
    }  # fmt: skip
    assert {str(p.dtype) for p in parameters.values()} == {"torch.float16"}
