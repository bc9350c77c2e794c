"""Messages and hints: what anyone can act on, and the option that only a command line has."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import pytest
import torch
from torch import nn

import costmodel
from costmodel.errors import CostModelError, NoChoiceError, SubjectError, TraceError, joined
from costmodel.tracing.finding.choice import Known, choose
from costmodel.tracing.hints import explained

NET = """from torch import nn


class {name}(nn.Linear):
    def __init__(self{argument}):
        super().__init__(8, 2)
"""


class Normed(nn.Module):
    """A batch of one cannot be normalised."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(3)
        self.last = nn.Linear(3, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(self.norm(x))  # type: ignore[no-any-return]


def test_the_text_is_the_message_and_the_hint() -> None:
    error = CostModelError("it does not fit", hint="try --other")
    assert (str(error), error.message, error.hint) == ("it does not fit; try --other", "it does not fit", "try --other")
    assert str(CostModelError("it does not fit")) == CostModelError("it does not fit").message == "it does not fit"
    assert joined("a", "", "b", "a") == "a; b"


def test_both_survive_a_process_pool_and_another_error_of_ours() -> None:
    error = NoChoiceError("which?", hint="say --model", several=True)
    again = pickle.loads(pickle.dumps(error))
    assert (again.message, again.hint, again.several) == ("which?", "say --model", True)
    with pytest.raises(NoChoiceError) as caught, explained(SubjectError, "building failed"):
        raise error
    assert (caught.value.message, caught.value.hint) == ("which?", "say --model")


def test_a_user_of_the_command_line_is_told_of_its_options_and_nobody_else() -> None:
    with pytest.raises(TraceError) as caught:
        costmodel.trace(nn.Linear(8, 2), input="9")
    assert "--" not in caught.value.message
    assert caught.value.hint == "do --input and --batch fit the model?"
    with pytest.raises(TraceError) as caught:
        costmodel.trace(nn.Linear(8, 2), input="8,8")
    assert "--" not in caught.value.message
    assert caught.value.hint.startswith("--input lists the model's inputs")


def test_the_last_partial_batch_keeps_message_and_hint_apart() -> None:
    with pytest.raises(TraceError) as caught:
        costmodel.trace(Normed, input="3", batch=4, samples=5, epochs=1)
    assert re.match(r"the last partial batch of 1: .*more than 1 value per channel", caught.value.message)
    assert "--" not in caught.value.message
    assert caught.value.hint.endswith("; --drop-last leaves it out")


def written(folder: Path, **nets: str) -> Path:
    for name, argument in nets.items():
        (folder / f"{name.lower()}.py").write_text(NET.format(name=name, argument=argument), encoding="utf-8")
    return folder


def test_a_choice_names_no_option_in_its_message(tmp_path: Path) -> None:
    known = Known(settings={}, defaults={"input": "8"})
    with pytest.raises(SubjectError) as caught:
        choose(written(tmp_path, A=", width"), known)
    assert caught.value.message.endswith("missing a required argument: 'width'")
    assert caught.value.hint == "give arguments with --model-option NAME=VALUE"
    with pytest.raises(NoChoiceError) as none:
        choose(written(tmp_path, B=", depth"), known)
    assert "'width'" in none.value.message
    assert "'depth'" in none.value.message
    assert "--" not in none.value.message
    assert none.value.hint == "give arguments with --model-option NAME=VALUE"
    with pytest.raises(NoChoiceError) as several:
        choose(written(tmp_path, A="", B=""), known)
    assert several.value.message.endswith("all take the input; say which by a recipe() in its file")
    assert several.value.hint == "or name it as FILE.py:NAME (check and grade: --model)"
