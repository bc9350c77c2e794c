"""Honest traces pass, changed ones do not; a trace of another network is caught by its predictions."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils._pytree import tree_leaves

import costmodel
from costmodel.errors import ForgedError, FormatError
from costmodel.grading.child.messages import ANSWER, Answer, Wanted
from costmodel.grading.notice import NoticeKind
from costmodel.grading.scrutiny.parse import parse
from costmodel.grading.scrutiny.remarks import remarks
from costmodel.grading.scrutiny.structure import check_structure
from costmodel.grading.scrutiny.validate import check
from costmodel.ir.codec import dumps, to_data
from costmodel.ir.trace import OpCall, Trace
from costmodel.ops import lookup
from costmodel.tracing import compat
from costmodel.tracing.confirmation import contradiction, read_tensors
from costmodel.tracing.description import describe
from costmodel.tracing.shapes import disagreement
from costmodel.tracing.step.step import Step
from costmodel.tracing.tracer import trace_step
from costmodel.tracing.training import plan_training, trace_inference, trace_training
from tests.conformance.snippets import SNIPPETS
from tests.tracing.networks import Small

WANTED = Wanted(settings={"input": "3x8x8", "batch": 2, "samples": 5})


def known(packet: str) -> bool:
    return lookup(packet) is not None


@pytest.fixture(scope="module")
def answer() -> Answer:
    plan = plan_training(Small, WANTED.settings)
    training = trace_training(plan)
    return Answer(training=training, inference=trace_inference(plan), subject=describe(plan, training))


def test_what_is_honest_is_taken(answer: Answer) -> None:
    assert parse(dumps(answer, ANSWER).encode()) == answer
    assert check(answer, WANTED) == ()


def test_every_op_of_the_conformance_suite_has_the_shapes_that_torch_gives() -> None:
    checked = 0
    for name, snippet in SNIPPETS.items():

        def gradients(snippet: Callable[[], Any] = snippet) -> None:
            results = [x for x in tree_leaves(snippet()) if isinstance(x, torch.Tensor) and x.requires_grad]
            if results:
                torch.autograd.backward(results, [torch.ones_like(x) for x in results])

        try:
            with compat.BareMode():
                trace = trace_step(Step(nn.Identity(), (), (), gradients, lambda: None))
        except Exception:  # a snippet that looks at values: other tests say which
            continue
        check_structure(trace)
        assert disagreement(trace, known) is None, name
        checked += 1
    assert checked > 0.95 * len(SNIPPETS)


class Pieces(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def forward(self, x: Any) -> Any:
        first, _ = x.split(4, 1)
        left, *_ = x.unbind(1)
        half, _ = x.chunk(2, 1)
        one, _, _ = x.split([1, 2, 5], 1)
        return self.weight * (first.sum() + left.sum() + half.sum() + one.sum() + x.tensor_split(3, 1)[0].sum())


def test_a_list_of_results_is_as_long_as_its_schema_says_before_torch_is_asked() -> None:
    trace = trace_inference(plan_training(Pieces, {"input": "8", "loss": "output"}))
    assert disagreement(trace, known) is None
    index, call = call_at(trace, "aten.split.Tensor")
    said = []
    for size, axis in ((1, 8), (1, 9_999_999), (4, 10**9)):
        x = trace.tensors[call.inputs[0]]
        arguments = tuple((n, size if n == "split_size" else value) for n, value in call.arguments)
        calls = (*trace.calls[:index], replace(call, arguments=arguments), *trace.calls[index + 1 :])
        tensors = (*trace.tensors[: x.id], replace(x, shape=(1, axis)), *trace.tensors[x.id + 1 :])
        said.append(disagreement(replace(trace, calls=calls, tensors=tensors), known) or "")
    assert "it gives 8 results, the trace has 2" in said[0]
    assert "too many pieces" in said[1]
    assert "too many pieces" in said[2]


def call_at(trace: Trace, op: str) -> tuple[int, OpCall]:
    return next((i, call) for i, call in enumerate(trace.calls) if call.op == op)


def with_call(trace: Trace, of: str, **changes: Any) -> Trace:
    index, call = call_at(trace, of)
    return replace(trace, calls=(*trace.calls[:index], replace(call, **changes), *trace.calls[index + 1 :]))


def without(trace: Trace, op: str) -> Trace:
    return replace(trace, calls=tuple(call for call in trace.calls if call.op != op))


def with_tensor(trace: Trace, number: int, **changes: Any) -> Trace:
    changed = replace(trace.tensors[number], **changes)
    return replace(trace, tensors=(*trace.tensors[:number], changed, *trace.tensors[number + 1 :]))


def with_argument(trace: Trace, op: str, name: str, value: Any) -> Trace:
    _, call = call_at(trace, op)
    arguments = tuple((n, value if n == name else v) for n, v in call.arguments)
    return with_call(trace, op, arguments=arguments)


CONVOLUTION, VIEW = "aten.convolution.default", "aten.view.default"

FORGERIES: dict[str, tuple[Callable[[Trace], Trace], str]] = {
    "a call left out": (lambda t: without(t, CONVOLUTION), "nothing has made|died at call"),
    "a call made free": (lambda t: with_call(t, CONVOLUTION, arguments=(), outputs=()), "nothing has made"),
    "another op": (lambda t: with_call(t, CONVOLUTION, op="aten.relu.default"), "torch refuses|results"),
    "no op": (lambda t: with_call(t, CONVOLUTION, op="aten.convolution.defalt"), "no such op"),
    "Python": (lambda t: with_call(t, CONVOLUTION, op="__init__.__globals__.x"), "is not an op"),
    "a smaller result": (lambda t: with_tensor(t, call_at(t, CONVOLUTION)[1].outputs[0] or 0, shape=(1, 1)), "gives"),
    "another type": (lambda t: with_tensor(t, call_at(t, CONVOLUTION)[1].outputs[0] or 0, dtype="int8"), "torch|gives"),
    "no type": (lambda t: with_tensor(t, 0, dtype="float3"), "unknown element type"),
    "other groups": (lambda t: with_argument(t, CONVOLUTION, "groups", 3), "torch refuses"),
    "a wrong kind of argument": (lambda t: with_argument(t, CONVOLUTION, "groups", "x"), "torch refuses"),
    "an unknown tensor": (lambda t: with_call(t, CONVOLUTION, outputs=(10**6,)), "does not exist"),
    "a negative tensor": (lambda t: replace(t, inputs=(-1,)), "does not exist"),
    "an unknown scope": (lambda t: with_call(t, CONVOLUTION, scope="nowhere"), "no module"),
    "a parameter less": (lambda t: replace(t, parameters=t.parameters[1:]), "is not that of the first step"),
    "a parameter twice": (lambda t: replace(t, parameters=t.parameters * 2), "of one name"),
    "no modules": (lambda t: replace(t, modules=()), "no model"),
    "another input": (lambda t: with_tensor(t, t.inputs[0], shape=(1, 3, 4, 4)), "contract|torch|gives"),
    "tensors out of order": (lambda t: replace(t, tensors=t.tensors[::-1]), "its id is"),
    "nothing in memory": (lambda t: replace(t, storages=t.storages[:1]), "no storage"),
    "another clock": (lambda t: replace(t, provenance={"torch": "\x1b[2J"}), "provenance"),
    "a group of none": (
        lambda t: replace(t, modules=tuple(replace(m, attributes={**m.attributes, "groups": 0}) for m in t.modules)),
        "a formula fails",
    ),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_changed_trace_is_refused(name: str, answer: Answer) -> None:
    forge, message = FORGERIES[name]
    assert answer.inference is not None
    assert answer.training is not None
    if name == "a group of none":  # the figures that divide by it are those of the training
        phases = tuple(replace(p, trace=forge(p.trace)) for p in answer.training.phases)
        changed = replace(answer, training=replace(answer.training, phases=phases))
    else:
        changed = replace(answer, inference=forge(answer.inference))
    with pytest.raises(ForgedError, match=message):
        check(changed, WANTED)


def test_the_contract_holds(answer: Answer) -> None:
    for settings in ({"batch": 3}, {"samples": 6}, {"input": "3x9x9"}):
        with pytest.raises(ForgedError, match=r"contract|not"):
            check(answer, replace(WANTED, settings={**WANTED.settings, **settings}))
    (remark,) = check(answer, Wanted(defaults={"input": "3x9x9"}))
    assert remark.kind is NoticeKind.INPUT
    with pytest.raises(ForgedError, match="not what was asked for"):
        check(replace(answer, inference=None), WANTED)


def test_what_is_no_answer(answer: Answer) -> None:
    data = to_data(answer)
    bad = [b"", b"{}", b"[" * 10**5, b"\xff", b'{"schema": "costmodel.answer/1"}', b'"\\ud800"', b"1" * 10**5]
    bad.append(json.dumps({**data, "schema": ANSWER, "held": [float("nan")]}).encode())
    bad.append(json.dumps({**data, "schema": ANSWER, "held": ["\ud800"]}).encode())
    bad.append(json.dumps({**data, "schema": ANSWER, "more": 1}).encode())
    for text in bad:
        with pytest.raises(FormatError):
            parse(text)


def test_predictions_give_another_network_away(answer: Answer, tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = Small().eval()
    inputs = torch.randn(3, 3, 8, 8)
    scores = model(inputs).detach()
    torch.save(model.state_dict(), tmp_path / "weights.pt")
    weights = read_tensors(tmp_path / "weights.pt")
    assert answer.inference is not None
    assert contradiction(answer.inference, weights, inputs, scores, known) is None
    assert contradiction(answer.inference, weights, inputs, scores.argmax(1), known) is None
    other = contradiction(answer.inference, weights, inputs, scores + 1, known)
    assert other is not None
    assert "sample 0" in other
    # scores may be as small as one likes: what counts is how far they lie apart
    tiny = {name: tensor * 1e-6 if name.startswith("head.") else tensor for name, tensor in weights.items()}
    assert contradiction(answer.inference, tiny, inputs, scores * 1e-6, known) is None
    assert contradiction(answer.inference, tiny, inputs, scores.flip(1) * 1e-6, known) is not None
    del weights["head.bias"]
    assert "head.bias" in (contradiction(answer.inference, weights, inputs, scores, known) or "")
    weights = {**model.state_dict(), "hidden.weight": torch.zeros(3)}
    assert "hidden.weight" in (contradiction(answer.inference, weights, inputs, scores, known) or "")


def test_weights_are_tensors_and_nothing_else(tmp_path: Path) -> None:
    for content in ({"a": 1}, {"f": print}, [1]):
        torch.save(content, tmp_path / "weights.pt")
        with pytest.raises(FormatError):
            read_tensors(tmp_path / "weights.pt")
    (tmp_path / "weights.pt").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(FormatError):
        read_tensors(tmp_path / "weights.pt")


def test_a_phase_that_trains_another_network_is_remarked() -> None:
    phases: list[dict[str, Any]] = [
        {"name": "training", "steps": 2},
        {"name": "small", "model": lambda: nn.Sequential(nn.Flatten(), nn.Linear(192, 5)), "steps": 1},
    ]
    training = costmodel.trace(Small, input="3x8x8", batch=2, phases=phases)
    said = [n.message for n in remarks(training, None) if n.kind is NoticeKind.ASYMMETRIC]
    assert said == ["phase 'small' trains another network, of 965 parameters"]
