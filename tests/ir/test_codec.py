from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import costmodel
from costmodel.errors import FormatError
from costmodel.ir.codec import dumps, loads
from costmodel.ir.trace import SCHEMA, Argument, OpCall, Phase, Symbol, TensorRef, Trace
from costmodel.ir.training import SCHEMA as TRAINING
from costmodel.ir.training import Training

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
)
leaves = st.one_of(
    scalars, st.builds(TensorRef, st.integers(0, 9)), st.builds(Symbol, st.just("dtype"), st.text(max_size=5))
)
arguments = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3).map(tuple), max_leaves=6)


@given(st.lists(st.tuples(st.text(max_size=4), arguments), max_size=3).map(tuple))
@settings(derandomize=True, deadline=None, max_examples=60)
def test_any_call_comes_back(pairs: tuple[tuple[str, Argument], ...]) -> None:
    call = OpCall(op="aten.x.y", arguments=pairs, outputs=(1, None), scope="a.b", phase=Phase.BACKWARD)
    assert loads(OpCall, dumps(call)) == call


@pytest.fixture(scope="module")
def training() -> Training:
    from torch import nn

    class Net(nn.Sequential):
        def __init__(self) -> None:
            super().__init__(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))

    return costmodel.trace(Net, input="4", samples=5, batch=2)


def test_a_training_comes_back_and_counts_the_same(training: Training) -> None:
    text = dumps(training, TRAINING)
    again = loads(Training, text, TRAINING)
    assert again == training
    assert dumps(again, TRAINING) == text
    assert costmodel.count(again.phases[0].trace) == costmodel.count(training.phases[0].trace)


def test_json_is_compact_and_sorted(training: Training) -> None:
    text = dumps(training.phases[0].trace, SCHEMA)
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.update(schema="costmodel.trace/0"), "expected a file of schema costmodel.trace/1"),
        (lambda d: d.update(extra=1), "unknown fields ['extra']"),
        (lambda d: d.pop("inputs"), "missing fields ['inputs']"),
        (lambda d: d["calls"][0].update(op=7), "$.calls[0].op"),
        (lambda d: d["calls"][0].update(phase="sideways"), "none of preprocess"),
        (lambda d: d["tensors"][0].update(shape=[1, "2"]), "$.tensors[0].shape[1]"),
        (lambda d: d["tensors"][0].update(id=True), "$.tensors[0].id"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_path(training: Training, change: object, said: str) -> None:
    data = json.loads(dumps(training.phases[0].trace, SCHEMA))
    change(data)  # type: ignore[operator]
    with pytest.raises(FormatError) as caught:
        loads(Trace, json.dumps(data), SCHEMA)
    assert said in str(caught.value)


def test_not_json_is_refused() -> None:
    with pytest.raises(FormatError, match="not JSON"):
        loads(Trace, "{", SCHEMA)
