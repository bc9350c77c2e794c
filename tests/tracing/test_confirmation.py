"""A trace run on given weights: how near its scores have to be, and what is said where it cannot be run or compared."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from costmodel.errors import TraceError
from costmodel.ir.tensor import Role, Storage
from costmodel.ir.trace import Parameter, Trace
from costmodel.tracing.confirmation import _agree, contradiction
from tests.passes.traces import Maker, called, ref


@pytest.mark.parametrize(
    ("given", "due", "agree"),
    [
        # a thousandth of the spread, and a millionth of the score itself
        ([0.0, 1.0], [0.0009, 1.0], True), ([0.0, 1.0], [0.0011, 1.0], False), ([0.0, 1.0], [0.0, 1.0009], True),
        ([0.0, 100.0], [0.09, 100.0], True), ([0.0, 100.0], [0.11, 100.0], False),
        ([5.0], [5.0 + 4e-6], True), ([5.0], [5.0 + 6e-6], False), ([5.0, 5.0], [5.0, 5.1], False),
        ([1e-9, 2e-9], [1e-9, 3e-9], False), ([0.0, 1.0], [1.0, 0.0], False),
        ([0.0, 1.0], [0.0, 1.0, 2.0], False), ([], [], False),
    ],
)  # fmt: skip
def test_scores_agree_within_their_spread(given: list[float], due: list[float], agree: bool) -> None:
    assert _agree(torch.tensor(given), torch.tensor(due, dtype=torch.float64)) is agree


def test_a_class_number_is_the_largest_score() -> None:
    scores = torch.tensor([0.1, 0.9, 0.3])
    assert [_agree(scores, torch.tensor(number)) for number in (0, 1, 2)] == [False, True, False]
    # one score is no class number
    assert not _agree(scores, torch.tensor(1.0))


def doubled(**more: Any) -> Trace:
    """One sample of three numbers, times a parameter of three."""
    maker = Maker()
    x, w, y = maker.tensor(1, 3, role=Role.INPUT), maker.weight(3), maker.tensor(1, 3)
    maker.op("mul.Tensor", {"self": ref(x), "other": ref(w)}, y)
    given: dict[str, Any] = {
        "storages": tuple(
            Storage(id=t.id, nbytes=12, role=t.role, born=0 if t.id == y else -1, died=None) for t in maker.tensors
        ),
        "inputs": (x,), "parameters": (Parameter(name="w", tensor=w, trainable=True),),
        "module_calls": (called("", (x,), (y,), 0, 1),),
    }  # fmt: skip
    return maker.trace(**(given | more))


WEIGHTS = {"w": torch.tensor([1.0, 2.0, 3.0])}
INPUTS = torch.tensor([[1.0, 1.0, 1.0], [2.0, 0.0, 1.0]])
SCORES = torch.tensor([[1.0, 2.0, 3.0], [2.0, 0.0, 3.0]])


def test_predictions_and_weights_that_do_not_fit() -> None:
    trace = doubled()
    assert contradiction(trace, WEIGHTS, INPUTS, SCORES) is None
    assert contradiction(trace, WEIGHTS, INPUTS, torch.tensor([2, 2])) is None
    wrong = SCORES.clone()
    wrong[1, 1] = 1
    assert contradiction(trace, WEIGHTS, INPUTS, wrong) == (
        "sample 1: the traced network gives another prediction than the one handed in"
    )
    assert contradiction(trace, WEIGHTS, INPUTS, SCORES[:1]) == "1 predictions for 2 inputs"
    assert contradiction(trace, {}, INPUTS, SCORES) == "parameter w of the trace is not among the weights"
    assert contradiction(trace, {"w": torch.zeros(2)}, INPUTS, SCORES) == (
        "parameter w is (2,) among the weights, (3,) in the trace"
    )
    more = {**WEIGHTS, "v": torch.zeros(1)}
    assert contradiction(trace, more, INPUTS, SCORES) == "v among the weights is not in the trace"
    # another name of the same memory is the same parameter
    assert contradiction(trace, {**WEIGHTS, "tied": WEIGHTS["w"]}, INPUTS, SCORES) is None


def test_a_trace_that_cannot_be_confirmed() -> None:
    for trace, known, said in (
        (doubled(), lambda packet: packet != "aten.mul", "aten.mul.Tensor is not known"),
        (doubled(inputs=()), lambda _: True, "it reads tensors that are neither weights nor the input"),
        (doubled(inputs=(0, 0)), lambda _: True, "it reads tensors that are neither weights nor the input"),
        (doubled(module_calls=()), lambda _: True, "the model returns no tensor"),
        (doubled(module_calls=(called("", (), (), 0, 1),)), lambda _: True, "the model returns no tensor"),
        (doubled(module_calls=(called("part", (), (2,), 0, 1),)), lambda _: True, "the model returns no tensor"),
    ):
        with pytest.raises(TraceError, match=f"^the trace cannot be confirmed: {said}$"):
            contradiction(trace, WEIGHTS, INPUTS, SCORES, known)
