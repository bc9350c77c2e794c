"""Remembered results never change a trace: with a memory that always asks torch, every byte is the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch

from costmodel.ir.codec import dumps
from costmodel.ir.trace import SCHEMA
from costmodel.tracing import compat
from costmodel.tracing.modes import fake
from costmodel.tracing.recording import recorder
from costmodel.tracing.recording.results import ResultMemory
from tests.tracing.networks import Checkpointed, Small, own_function, steady


class AlwaysTorch(ResultMemory):
    """Remembers nothing."""

    def __call__(
        self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], run: Callable[..., Any] | None = None
    ) -> Any:
        return (run or func)(*args, **kwargs)


class Counting(ResultMemory):
    """Notes how often it is asked."""

    asked = 0

    def __call__(
        self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], run: Callable[..., Any] | None = None
    ) -> Any:
        type(self).asked += 1
        return super().__call__(func, args, kwargs, run)


NETWORKS: list[tuple[Any, str, dict[str, Any]]] = [
    ("examples/zoo/lenet.py:LeNet5", "3x32x32", {}),
    ("examples/zoo/resnet.py:ResNet18", "3x32x32", {}),
    (
        "examples/zoo/mobilenet.py:InvertedResidual",
        "16x8x8",
        {"inputs": 16, "outputs": 16, "stride": 1, "expansion": 2},
    ),
    ("examples/zoo/transformer.py:GPT2", "32:int64", {"width": 64, "depth": 2, "heads": 4}),
    (
        "examples/zoo/transformer.py:ViT",
        "3x32x32",
        {"image": 32, "patch": 8, "width": 64, "depth": 2, "heads": 4},
    ),
    ("examples/zoo/recurrent.py:LSTMClassifier", "4:int64", {}),
    ("examples/zoo/recurrent.py:GRUClassifier", "4:int64", {}),
    ("examples/zoo/unet.py:UNet", "3x32x32", {"width": 8}),
    (Checkpointed, "3x8x8", {}),
    (own_function, "8", {}),
]


def _both(monkeypatch: pytest.MonkeyPatch, model: Any, **settings: Any) -> tuple[str, str]:
    remembering = dumps(steady(model, **settings), SCHEMA)
    for place in (recorder, fake):
        monkeypatch.setattr(place, "ResultMemory", AlwaysTorch)
    return remembering, dumps(steady(model, **settings), SCHEMA)


def name_of(value: Any) -> str:
    return str(getattr(value, "__name__", value))[-24:]


@pytest.mark.parametrize(("model", "input", "options"), NETWORKS, ids=name_of)
def test_over_networks(
    model: Any, input: str, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch, in_root: object
) -> None:
    remembering, asking = _both(monkeypatch, model, input=input, model_options=options, optimizer="adamw")
    assert remembering == asking


@pytest.mark.parametrize(
    "name",
    [
        "SGD",
        "Adam",
        "RMSprop",
        "Adagrad",
        "NAdam",
        "RAdam",
        "Adadelta",
        "Adamax",
        "ASGD",
        "Rprop",
        "Adafactor",
    ],
)
def test_over_optimizers(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    extra = {"foreach": True} if name in ("Adam", "Rprop", "ASGD") else {}
    remembering, asking = _both(monkeypatch, Small, optimizer=name, optimizer_options=extra)
    assert remembering == asking


def test_the_other_memory_is_really_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "ResultMemory", Counting)
    trace = steady(Small)
    assert Counting.asked >= len(trace.calls)


def test_a_remembered_result_has_memory_of_its_own() -> None:
    memory = ResultMemory()
    with compat.BareMode():
        x = torch.ones(3, 4)
        first, second = (memory(torch.ops.aten.mul.Tensor, (x, x), {}) for _ in range(2))
        assert first is not second
        assert first.untyped_storage()._cdata != second.untyped_storage()._cdata
        assert (first.shape, first.stride(), first.dtype) == (second.shape, second.stride(), second.dtype)


def test_a_remembered_view_looks_into_its_base() -> None:
    memory = ResultMemory()
    with compat.BareMode():
        for _ in range(2):
            x = torch.ones(3, 4)
            view = memory(torch.ops.aten.t.default, (x,), {})
            assert view.untyped_storage()._cdata == x.untyped_storage()._cdata
            assert (view.shape, view.stride()) == ((4, 3), (1, 4))


def test_results_depend_on_strides_and_types() -> None:
    memory = ResultMemory()
    with compat.BareMode():
        for x in (torch.ones(3, 3), torch.ones(3, 3).t(), torch.ones(3, 3, dtype=torch.float64)):
            wanted = torch.ops.aten.mul.Tensor(x, x)
            memory(torch.ops.aten.mul.Tensor, (x, x), {})
            found = memory(torch.ops.aten.mul.Tensor, (x, x), {})
            assert (found.stride(), found.dtype) == (wanted.stride(), wanted.dtype)
        one, yes = (memory(torch.ops.aten.add.Scalar, (torch.ones(2), value), {}) for value in (1, True))
        assert one.dtype == yes.dtype


def test_a_known_value_stays_known() -> None:
    memory = ResultMemory()
    with compat.BareMode():
        step = torch.tensor(0.0)
        assert compat.known_value(step) == 0.0
        memory(torch.ops.aten.add_.Tensor, (step, 1), {})
        assert compat.known_value(step) == 1.0
