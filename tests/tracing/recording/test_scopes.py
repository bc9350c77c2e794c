"""Every op knows its module and phase; a layer's backward has twice its forward's products."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from costmodel.ir.trace import LOSS_SCOPE, Phase
from tests.tracing.networks import (
    MACS,
    Checkpointed,
    Small,
    cross_entropy,
    macs,
    own_function,
    phases,
    small,
    steady,
)


def by_phase(model: Any, **settings: Any) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for (scope, phase), number in macs(steady(model, **settings)).items():
        found.setdefault(phase, {})[scope] = number
    return found


NETWORKS: list[tuple[Any, str, str]] = [
    ("examples/zoo/lenet.py:LeNet5", "3x32x32", "conv1"),
    ("examples/zoo/resnet.py:ResNet18", "3x32x32", ""),
    ("examples/zoo/vgg.py:VGG16", "3x224x224", "features.0"),
    ("examples/zoo/mobilenet.py:MobileNetV2", "3x64x64", ""),
    (Checkpointed, "3x8x8", "stem"),
    (lambda: Checkpointed(use_reentrant=True), "3x8x8", "stem"),
    (own_function, "8", "0"),
]


@pytest.mark.parametrize(
    ("model", "input", "first"),
    NETWORKS,
    ids=["LeNet", "ResNet-18", "VGG-16", "MobileNetV2", "checkpoint", "reentrant", "Function"],
)
def test_backward_is_twice_forward_in_every_layer(model: Any, input: str, first: str, in_root: object) -> None:
    found = by_phase(model, input=input)
    forward, backward = found["forward"], found["backward"]
    once = first or next(iter(forward))
    assert backward == {scope: number * (1 if scope == once else 2) for scope, number in forward.items()}


@pytest.mark.parametrize("use_reentrant", [False, True])
def test_recomputation_is_a_phase_of_its_own(use_reentrant: bool) -> None:
    found = by_phase(lambda: Checkpointed(use_reentrant))
    again = {"block.0": 10368, "block.2": 10368}
    if not use_reentrant:  # stops as soon as everything that backward needs is there again
        del again["block.2"]
    assert found["recompute"] == again


def test_recomputation_of_a_plain_function() -> None:
    class Functional(Checkpointed):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = torch.utils.checkpoint.checkpoint(
                lambda y: torch.relu(self.block[0](y)) * 2, self.stem(x), use_reentrant=False
            )
            logits: torch.Tensor = self.head(x.flatten(1))
            return logits

    assert by_phase(Functional)["recompute"] == {"block.0": 10368}


def test_frozen_layers_have_no_backward() -> None:
    def frozen() -> nn.Module:
        model = Small()
        model.first.requires_grad_(False)
        return model

    trace = steady(frozen)
    assert ("first", "backward") not in macs(trace)
    assert [p.name for p in trace.parameters if not p.trainable] == ["first.weight", "first.bias"]


def test_a_tied_weight_belongs_to_its_first_owner() -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.tokens = nn.Embedding(11, 8)
            self.head = nn.Linear(8, 11, bias=False)
            self.head.weight = self.tokens.weight

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            logits: torch.Tensor = self.head(self.tokens(x).mean(1))
            return logits

    trace = steady(Tied, input="4:int64")
    assert [p.name for p in trace.parameters] == ["tokens.weight"]
    assert [m.path for m in trace.modules if m.parameters] == ["tokens"]
    assert macs(trace) == {("head", "forward"): 176, ("head", "backward"): 352}
    assert {c.scope for c in trace.calls if c.phase is Phase.OPTIMIZER} == {"tokens"}


def test_the_loss_and_its_gradient_have_their_own_scope() -> None:
    trace = small()
    assert {c.scope for c in trace.calls if c.phase is Phase.LOSS} == {LOSS_SCOPE}
    gradient = [c.packet for c in trace.calls if c.phase is Phase.BACKWARD and c.scope == LOSS_SCOPE]
    assert "aten.nll_loss_backward" in gradient
    assert "aten._log_softmax_backward_data" in gradient


def test_the_phases_come_in_order() -> None:
    order = [call.phase for call in small().calls]
    assert order == sorted(order, key=list(Phase).index)


def test_a_gradient_penalty_is_backward_of_the_layer_that_is_differentiated() -> None:
    def step(model: nn.Module, optimizer: torch.optim.Optimizer, batch: Any) -> None:
        x = batch[0].requires_grad_(True)
        output = model(x)
        (gradient,) = torch.autograd.grad(output.sum(), x, create_graph=True)
        loss = cross_entropy(output) + ((gradient.flatten(1).norm(dim=1) - 1) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    trace = small(step=step)
    found = macs(trace)
    # autograd.grad: dX. Its own backward: that of a convolution with both operands in the graph, 2. The loss's: 2.
    assert found["second", "backward"] == 5 * MACS["second"]
    assert found["first", "backward"] == 5 * MACS["first"]
    # the first of the linear layer has a constant for a gradient: only the weight's derivative is wanted
    assert found["head", "backward"] == 4 * MACS["head"]
    assert {scope for scope, _ in found} == set(MACS)
    penalty = [c.packet for c in trace.calls if c.phase is Phase.LOSS]
    assert "aten.linalg_vector_norm" in penalty
    assert phases(trace)["optimizer"] == phases(small())["optimizer"]


def test_accumulated_gradients_double_everything_but_the_update() -> None:
    def step(model: nn.Module, optimizer: torch.optim.Optimizer, batch: Any) -> None:
        optimizer.zero_grad()
        for _ in range(2):
            cross_entropy(model(batch[0])).backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    once, twice = small(), small(step=step)
    assert macs(twice) == {key: 2 * number for key, number in macs(once).items()}
    assert phases(twice)["optimizer"] == phases(once)["optimizer"]
    adds = [c for c in twice.calls if c.packet == "aten.add_" and c.phase is Phase.BACKWARD]
    assert {c.scope for c in adds} == {"first", "norm", "second", "head"}  # into each parameter's gradient


def test_weight_norm_is_work_of_the_layer_that_it_parametrizes() -> None:
    def normed() -> nn.Module:
        layer = nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 4, 3))
        return nn.Sequential(layer, nn.Flatten(), nn.Linear(144, 5))

    trace = steady(normed)
    scopes = {c.scope for c in trace.calls if c.packet == "aten._weight_norm_interface"}
    assert scopes == {"0.parametrizations.weight.0"}
    assert macs(trace)["0", "forward"] == MACS["first"]
    assert next(m for m in trace.modules if m.path == "0").leaf


def test_hooks_are_gone_after_a_trace() -> None:
    kept: list[nn.Module] = []

    def make() -> nn.Module:
        kept.append(Small())
        return kept[-1]

    steady(make)
    assert all(not m._forward_hooks and not m._forward_pre_hooks for model in kept for m in model.modules())
