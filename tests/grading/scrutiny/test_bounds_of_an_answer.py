"""What an answer may say of its training, each bound from both sides: phases, words, parameters, samples, inputs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from costmodel.errors import ForgedError
from costmodel.grading.child.messages import Wanted
from costmodel.grading.scrutiny import validate
from costmodel.ir.analysis import Subject
from costmodel.ir.judged import Judged
from costmodel.ir.tensor import Role
from costmodel.ir.trace import Parameter, Trace
from costmodel.ir.training import TracedPhase, Training
from tests.passes.traces import Maker, ref, relu

JUDGED = Judged(name="Net", file="net.py", line=1)


def trace(elements: int = 3) -> Trace:
    maker = Maker()
    relu(maker, elements)
    return maker.trace()


TRACE, OTHER = trace(), trace(4)


def phase(**more: Any) -> TracedPhase:
    given: dict[str, Any] = {"name": "p", "batch": 4, "steps": 5, "trace": TRACE, "makes_state": False}
    return TracedPhase(**(given | more))


LAST: dict[str, Any] = {"last_trace": OTHER, "last_batch": 3, "last_steps": 1}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, ""), ({"steps": None}, ""), ({"steps": 0}, ""), ({"steps": 10**12}, ""), ({"batch": 1}, ""), (LAST, ""),
        (LAST | {"last_steps": 10**12}, ""), (LAST | {"last_batch": 1}, ""),
        ({"name": "\x1b"}, "a phase whose name is not printable"), ({"batch": 0}, "phase 'p': batch 0"),
        ({"steps": -1}, "phase 'p': -1 steps"), ({"steps": 10**12 + 1}, "phase 'p': 1000000000001 steps"),
        ({"last_steps": -1}, "phase 'p': -1 last steps"),
        (LAST | {"last_steps": 10**12 + 1}, "phase 'p': 1000000000001 last steps"),
        ({"last_steps": 1}, "phase 'p': half a last batch"), ({"last_batch": 3}, "phase 'p': half a last batch"),
        ({"last_trace": OTHER}, "phase 'p': half a last batch"), (LAST | {"last_steps": 0}, "phase 'p': half a last batch"),  # noqa: E501
        (LAST | {"last_batch": 4}, "phase 'p': last batch 4"), (LAST | {"last_batch": 0}, "phase 'p': last batch 0"),
        ({"name": "n" * 70, "batch": 0}, f"phase {'n' * 60!r}: batch 0"),
    ],
)  # fmt: skip
def test_a_phase(more: dict[str, Any], said: str) -> None:
    if not said:
        validate._check_phase(phase(**more))
        return
    with pytest.raises(ForgedError) as caught:
        validate._check_phase(phase(**more))
    assert str(caught.value) == said


SUBJECT = Subject(
    name="net.py:Net", model_options={}, input="3", batch=4, loss="mse", optimizer="sgd", samples=None, epochs=None,
    convention="haet", source_digest="", judged=JUDGED,
)  # fmt: skip


def judged(**more: Any) -> Judged:
    return replace(JUDGED, **more)


@pytest.mark.parametrize(
    ("subject", "training", "settings", "said"),
    [
        ({}, {}, {}, ""), ({"batch": 5}, {}, {}, "the subject's batch is not that of its first phase"),
        ({"judged": None}, {}, {}, "it does not say which model it is of"),
        *(({field: "w" * 4096}, {}, {}, "") for field in ("name", "input", "loss", "optimizer")),
        *(({field: "w" * 4097}, {}, {}, "a word of the subject is too long") for field in ("name", "input", "loss", "optimizer")),  # noqa: E501
        ({"model_options": {"a": "w" * 4097}}, {}, {}, "a word of the subject is too long"),
        *(({"judged": judged(**{field: "w" * 4097})}, {}, {}, "a word of the subject is too long")
          for field in ("name", "file", "arguments", "because")),
        ({}, {}, {"batch": 4}, ""), ({}, {}, {"batch": 5}, "batch is 4, not 5"),
        ({"epochs": 2}, {}, {"epochs": 3}, "epochs is 2, not 3"), ({}, {}, {"samples": 7}, "samples is None, not 7"),
        # 5 steps of 4 are 20 samples; of an epoch the last batch may be dropped
        ({"samples": 20}, {}, {}, ""), ({"samples": 23}, {}, {}, ""), ({"samples": 19}, {}, {}, "20 samples are trained on, not 19"),  # noqa: E501
        ({"samples": 24}, {}, {}, "20 samples are trained on, not 24"), ({"samples": 99}, {}, {"steps": 5}, ""),
        ({"samples": 99}, {"steps": None}, {}, ""), ({"samples": 23}, LAST, {}, ""),
        ({"samples": 22}, LAST, {}, "23 samples are trained on, not 22"),
        ({"samples": 13, "epochs": 2}, {}, {}, ""), ({"samples": 14, "epochs": 2}, {}, {}, "20 samples are trained on, not 28"),  # noqa: E501
        ({"samples": 9, "epochs": 2}, {}, {}, "20 samples are trained on, not 18"),
    ],
)  # fmt: skip
def test_the_words_of_a_subject(
    subject: dict[str, Any], training: dict[str, Any], settings: dict[str, Any], said: str
) -> None:
    given = replace(SUBJECT, **subject), Training(phases=(phase(**training),)), Wanted(settings=settings)
    if not said:
        validate._check_words(*given)
        return
    with pytest.raises(ForgedError) as caught:
        validate._check_words(*given)
    assert str(caught.value) == said


def test_of_several_phases_nobody_adds_up_the_samples() -> None:
    validate._check_words(replace(SUBJECT, samples=1), Training(phases=(phase(), phase())), Wanted())


def test_every_trace_once_with_its_name() -> None:
    training = Training(
        phases=(phase(**LAST), phase(name="q"), phase(name="r", trace=OTHER), phase(name="s", trace=trace(5)))
    )
    assert list(validate.traces(training, None)) == [("p", TRACE), ("p, last batch", OTHER), ("s", trace(5))]
    assert [what for what, _ in validate.traces(training, TRACE)] == ["inference", "p", "p, last batch", "s"]
    assert [what for what, _ in validate.traces(Training(phases=(phase(),)), None)] == ["p"]
    assert (validate.MOST_PHASES, validate.MOST_STEPS) == (64, 10**12)


def with_parameters(**shapes: tuple[int, ...]) -> Trace:
    maker = Maker()
    parameters = tuple(Parameter(name=n, tensor=maker.weight(*shape), trainable=True) for n, shape in shapes.items())
    return maker.trace(parameters=parameters)


def test_the_parameters_are_those_of_the_first_step() -> None:
    first = with_parameters(w=(2, 3), b=(2,))
    same = with_parameters(b=(2,), w=(2, 3))
    validate._check_parameters(Training(phases=(phase(trace=first), phase(name="q", trace=same))), same)
    for other, name in ((with_parameters(w=(3, 2), b=(2,)), "w"), (with_parameters(w=(2, 3)), "b")):
        with pytest.raises(ForgedError, match=f"^inference: parameter {name} is not that of the first step$"):
            validate._check_parameters(Training(phases=(phase(trace=first),)), other)
        # a later phase may train another network, which is remarked; its last batch trains the same one
        validate._check_parameters(Training(phases=(phase(trace=first), phase(name="q", trace=other))), None)
        cut = phase(name="q", trace=first, last_trace=other, last_batch=1, last_steps=1)
        with pytest.raises(ForgedError, match=f"^q: parameter {name} is not that of the first step$"):
            validate._check_parameters(Training(phases=(phase(trace=first), cut)), None)


def inference(
    *inputs: tuple[tuple[int, ...], str, bool], weights: tuple[tuple[tuple[int, ...], str], ...] = ()
) -> Trace:
    """Inputs of these shapes and types, read by the forward pass or not, and weights."""
    maker = Maker()
    numbers = [maker.tensor(*shape, dtype=dtype, role=Role.INPUT) for shape, dtype, _ in inputs]
    for number, (_, _, read) in zip(numbers, inputs, strict=True):
        if read:
            maker.op("relu.default", {"self": ref(number)}, maker.tensor(1))
    own = [maker.tensor(*shape, dtype=dtype, role=Role.PARAMETER) for shape, dtype in weights]
    return maker.trace(
        inputs=tuple(numbers),
        parameters=tuple(Parameter(name=f"w{n}", tensor=n, trainable=True) for n in own),
    )


def own_input(given: Trace, **wanted: Any) -> list[str]:
    return [notice.message for notice in validate._own_input(given, Wanted(**wanted))]


def test_the_input_is_the_contracts_or_it_is_said() -> None:
    image, labels = ((1, 3, 8), "float32", True), ((1,), "int64", False)
    asked = {"input": "3x8"}
    assert own_input(inference(image), settings=asked) == own_input(inference(image), defaults=asked) == []
    assert own_input(inference(image)) == []
    # a batch may hold labels, which the forward does not read
    assert own_input(inference(image, labels), settings=asked) == []
    for wrong in (
        inference(((1, 3, 9), "float32", True)), inference(((1, 3, 8), "float64", True)), inference(),
        inference(image, ((1,), "int64", True)), inference(labels, image),
    ):  # fmt: skip
        with pytest.raises(
            ForgedError, match=r"^inference: its input is \[.*\], the contract's is \[\(\(1, 3, 8\), 'float32'\)\]$"
        ):
            own_input(wrong, settings=asked)
        (said,) = own_input(wrong, defaults=asked)
        assert said.endswith("], the rules' is [((1, 3, 8), 'float32')]")
    # a network in half precision gets its images in half precision, of whatever its norms and tables are
    for weight, kind in (("float16", "float16"), ("bfloat16", "bfloat16"), ("float32", "float32"), ("int8", "float32")):
        own = inference(((1, 3, 8), kind, True), weights=(((4, 3), weight), ((4,), "float32"), ((9, 4), "int64")))
        assert own_input(own, settings=asked) == []
    mixed = inference(((1, 3, 8), "float16", True), weights=(((4, 3), "float16"), ((4, 4), "float32")))
    (said,) = own_input(mixed, defaults=asked)
    assert said.endswith("], the rules' is [((1, 3, 8), 'float32')]")
    # what is a setting is no default
    assert own_input(inference(image), settings=asked, defaults={"input": "9"}) == []
