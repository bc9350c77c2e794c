"""Peak memory is torch's MemTracker's, to the byte: the steady step of every network of the zoo, on fake CPU tensors.

MemTracker runs in the same fake mode on the same step. It is told of model, optimizer and batch (``track_external``)
after one whole step, so that the optimizer's state exists, and then watches the second. The collector is off, as it
is while we record.
"""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.distributed._tools.mem_tracker import MemTracker
from torch.utils._pytree import tree_leaves

import costmodel
from costmodel.ir.settings import Settings
from costmodel.passes.memory import peak_memory
from costmodel.tracing.step.build import build_step
from costmodel.tracing.training import plan_training
from examples.zoo import ZOO, Entry
from tests.oracles.test_inference_problems import CHANNELS, SIZE, Network, image_steps, token_steps
from tests.tracing.networks import Checkpointed, Small, own_function


@contextmanager
def _collector_off() -> Iterator[None]:
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def tracked(model: Any, chosen: Mapping[str, Any], steps: int = 1) -> tuple[int, dict[str, int]]:
    """MemTracker's peak, and its parts by its own names, of the step after so many others."""
    plan = plan_training(model, chosen)
    phase = plan.recipe.stretches()[0]
    with plan.mode, warnings.catch_warnings(), _collector_off():
        warnings.simplefilter("ignore")
        step = build_step(plan.subject, plan.recipe, phase, phase.batch or 1)
        assert step.update is not None
        for _ in range(steps):
            step.gradients()
            step.update()
        tracker = MemTracker()
        tracker.track_external(step.model, *step.optimizers, *tree_leaves(step.batch), *step.targets.values())
        with tracker:
            step.gradients()
            step.update()
    snapshot = {getattr(k, "value", k): v for k, v in tracker.get_tracker_snapshot("peak")[torch.device("cpu")].items()}
    return snapshot.pop("Total"), snapshot


def compare(model: Any, **settings: Any) -> None:
    trace = costmodel.trace(model, **settings).phases[0].trace
    theirs, parts = tracked(model, settings, len(trace.first_starts) or 1)
    ours = peak_memory(trace)
    assert ours.total == theirs, (ours.by_role, parts)


@pytest.mark.parametrize("entry", ZOO, ids=lambda entry: entry.name)
def test_the_zoo(entry: Entry, in_root: object) -> None:
    compare(entry.reference, input=entry.input, batch=2, optimizer="adamw")


@pytest.mark.parametrize("options", [{}, {"foreach": True}, {"fused": True}])
@pytest.mark.parametrize(
    "name", ["SGD", "Adam", "AdamW", "Adagrad", "RMSprop", "NAdam", "RAdam", "Adadelta", "Adamax", "Rprop"]
)
def test_optimizers(name: str, options: dict[str, Any], in_root: object) -> None:
    if "fused" in options and name not in ("SGD", "Adam", "AdamW", "Adagrad"):
        pytest.skip("torch has no fused one")
    compare("examples/zoo/lenet.py:LeNet5", batch=2, optimizer=name, optimizer_options=options)


@pytest.mark.parametrize(
    ("model", "input"),
    [
        (Small, "3x8x8"),
        (own_function, "8"),
        (Checkpointed, "3x8x8"),
        (lambda: Checkpointed(use_reentrant=True), "3x8x8"),
    ],
    ids=["in-place", "Function", "checkpoint", "reentrant"],
)
def test_steps_of_another_kind(model: Any, input: str) -> None:
    compare(model, input=input, batch=64, optimizer="sgd", optimizer_options={"momentum": 0.9})


class Dense(nn.Module):
    """A label for every pixel: the labels are the largest part of the memory."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(1, 2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x)  # type: ignore[no-any-return]


@pytest.mark.parametrize("loss", ["cross_entropy", "mse", "l1", "binary_cross_entropy_with_logits"])
def test_what_a_loss_compares_with_is_live_throughout(loss: str) -> None:
    compare(Dense, input="1x64x64", batch=2, loss=loss)
    compare(lambda: Dense().double(), input="1x64x64:float64", batch=2, loss=loss)


@settings(max_examples=10, deadline=None)
@given(
    st.lists(image_steps(), max_size=2),
    st.lists(token_steps, max_size=2),
    st.sampled_from(("cross_entropy", "mse", "l1")),
    st.sampled_from(("sgd", "adamw", "rmsprop")),
    st.integers(1, 3),
)
@pytest.mark.filterwarnings("ignore")
def test_random_networks(
    image: list[nn.Module], tokens: list[nn.Module], loss: str, optimizer: str, batch: int
) -> None:
    network = Network(image, tokens)
    compare(network, input=f"{CHANNELS}x{SIZE}x{SIZE}", batch=batch, loss=loss, optimizer=optimizer)


def test_a_dense_prediction_by_hand() -> None:
    trace = costmodel.trace(Dense, input="1x64x64", batch=2).phases[0].trace
    pixels, peak = 2 * 64 * 64, peak_memory(trace)
    assert peak.by_role["input"] == pixels * 4 + pixels * 8, "images and labels"
    assert peak.total == 294_936


def test_the_parts_are_theirs_too(in_root: object) -> None:
    chosen: Settings = {"input": "3x224x224", "batch": 2, "optimizer": "adamw"}
    model = "examples/zoo/vgg.py:VGG16"
    _, theirs = tracked(model, chosen)
    ours = peak_memory(costmodel.trace(model, **chosen).phases[0].trace).by_role
    assert ours["parameter"] == theirs["Parameter"]
    assert ours["buffer"] == theirs["Buffer"]
    # an update's temporaries are optimizer state to MemTracker, temporaries to us; nothing is left to differ
    assert ours["optimizer_state"] + ours["temporary"] == theirs["Optstate"] + theirs["Temp"]
    assert ours["gradient"] + ours["input"] + ours["activation"] == sum(
        theirs[k] for k in ("Gradient", "Other", "Activation")
    )


def test_a_first_step_would_say_less() -> None:
    trace = costmodel.trace(Small, input="3x8x8", batch=2, optimizer="adamw").phases[0].trace
    state = sum(s.nbytes for s in trace.storages if s.role.value == "optimizer_state")
    assert peak_memory(trace).by_role["optimizer_state"] == state > 0
