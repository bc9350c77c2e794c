"""Outputs that are structures: the tensor that a loss compares is taken by a rule, and said."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import nn

from costmodel.errors import RecipeError
from tests.tracing.networks import steady


@dataclass
class Output:
    loss: torch.Tensor | None = None
    logits: torch.Tensor | None = None


Pair = namedtuple("Pair", "hidden logits")
A, B = (2, 5), (2, 7)


class Net(nn.Module):
    """Two heads of 5 and of 7 classes; ``shape`` makes its output of them."""

    shape: Any = None

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(4, 5), nn.Linear(4, 7)

    def forward(self, x: torch.Tensor) -> Any:
        return type(self).shape(self.a(x), self.b(x))


CASES = {
    # the output, the shape of what the loss compares, what is said
    "a tuple": (lambda a, b: (a, b), A, "'0' of the output, and leaves 1 aside"),
    "a tuple of values first": (lambda a, b: (a.detach().mean(), b), B, ""),
    "a dict": (lambda a, b: OrderedDict(aux=a, out=b), B, "'out' of the output, and leaves aux aside"),
    "other names": (lambda a, b: {"first": a, "second": b}, A, "'first' of the output, and leaves second aside"),
    "a named tuple": (Pair, B, "'logits' of the output, and leaves hidden aside"),
    "a dataclass": (lambda a, _: Output(logits=a), A, ""),
    "a nest": (lambda a, b: {"heads": [a, b]}, A, "'heads.0' of the output, and leaves heads.1 aside"),
    "an own loss": (lambda a, b: Output(loss=a.mean(), logits=b), None, "the model's own: the 'loss' of its output"),
    "a list": (lambda a, _: [a], A, ""),
}


@pytest.mark.parametrize("case", CASES)
def test_what_the_loss_compares(case: str) -> None:
    shape, compared, said = CASES[case]
    model = type("Shaped", (Net,), {"shape": staticmethod(shape)})
    trace = steady(model, input="4", loss="cross_entropy")
    notes = [a.what for a in trace.assumptions if "the loss" in a.what]
    assert len(notes) == bool(said)
    assert all(said in note for note in notes)
    calls = [call for call in trace.calls if call.op.startswith("aten._log_softmax.")]
    assert [trace.tensors[call.inputs[0]].shape for call in calls] == ([compared] if compared else [])


@pytest.mark.parametrize("shape", [lambda *_: {}, lambda *both: (both[0].detach(), "text"), lambda *_: None])
def test_nothing_to_compare_is_an_error(shape: Any) -> None:
    with pytest.raises(RecipeError, match="training_step"):
        steady(type("Shaped", (Net,), {"shape": staticmethod(shape)}), input="4")


def test_an_output_whose_loss_is_none_says_that_it_needs_labels() -> None:
    class Theirs(Net):
        shape = staticmethod(lambda a, _: Output(logits=a))

    with pytest.raises(RecipeError, match="the model's output has one only where the model gets labels"):
        steady(Theirs, input="4", loss="output")
