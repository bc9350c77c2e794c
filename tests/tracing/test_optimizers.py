"""What the recorder says of optimizers: their ops for each parameter, their state, whose they are."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from costmodel.ir.tensor import Role
from costmodel.ir.trace import Phase
from costmodel.passes.memory import peak_memory
from tests.tracing.networks import macs, packets, phases, small

PARAMETERS = 8  # tensors of Small


# name, options, calls that update one parameter in the steady step (None: all parameters in few calls), states of one
OPTIMIZERS: list[tuple[str, dict[str, Any], list[str], int]] = [
    ("SGD", {}, ["add_"], 0),
    ("SGD", {"momentum": 0.9}, ["mul_", "add_", "add_"], 1),
    (
        "SGD",
        {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
        ["add", "mul_", "add_", "add", "add_"],
        1,
    ),
    ("Adam", {}, ["add_", "lerp_", "mul_", "addcmul_", "sqrt", "div", "add_", "addcdiv_"], 3),
    (
        "Adam",
        {"amsgrad": True},
        ["add_", "lerp_", "mul_", "addcmul_", "maximum", "sqrt", "div", "add_", "addcdiv_"],
        4,
    ),
    ("AdamW", {}, ["add_", "mul_", "lerp_", "mul_", "addcmul_", "sqrt", "div", "add_", "addcdiv_"], 3),
    ("RMSprop", {}, ["add_", "mul_", "addcmul_", "sqrt", "add_", "addcdiv_"], 2),
    ("Adagrad", {}, ["add_", "addcmul_", "sqrt", "add_", "addcdiv_"], 2),
]


@pytest.mark.parametrize(("name", "options", "expected", "states"), OPTIMIZERS)
def test_an_optimizers_ops_for_each_parameter(
    name: str, options: dict[str, Any], expected: list[str], states: int
) -> None:
    trace = small(optimizer=name, optimizer_options=options)
    weight = [c for c in trace.calls if c.phase is Phase.OPTIMIZER][: phases(trace)["optimizer"] // PARAMETERS]
    ops = [c.packet.removeprefix("aten.") for c in weight]
    assert [op for op in ops if op not in ("detach", "alias", "view_as_real", "copy_")] == expected
    assert {c.scope for c in weight} == {"first"}
    assert sum(1 for s in trace.storages if s.role is Role.OPTIMIZER_STATE and s.born == -1) == states * PARAMETERS


@pytest.mark.parametrize("name", ["NAdam", "RAdam", "Adadelta", "Adamax", "ASGD", "Rprop", "Adafactor"])
def test_every_other_optimizer_updates_every_layer(name: str) -> None:
    trace = small(optimizer=name)
    assert {c.scope for c in trace.calls if c.phase is Phase.OPTIMIZER} >= {"first", "norm", "second", "head"}
    found = {key: number for key, number in macs(trace).items() if key[1] != "optimizer"}  # Adafactor multiplies
    assert found == macs(small())


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "NAdam", "RAdam"])
def test_foreach_updates_all_parameters_at_once(name: str) -> None:
    ops = packets(small(optimizer=name, optimizer_options={"foreach": True}), Phase.OPTIMIZER)
    assert any(op.startswith("_foreach_") for op in ops)
    assert len(ops) < phases(small(optimizer=name))["optimizer"] or name == "SGD"


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "Adagrad"])
def test_fused_updates_are_one_op(name: str) -> None:
    ops = packets(small(optimizer=name, optimizer_options={"fused": True}), Phase.OPTIMIZER)
    assert ops[-1] == f"_fused_{name.lower()}_"
    assert set(ops[:-1]) <= {"_foreach_add_", "lift_fresh"}


def test_the_first_update_makes_the_state() -> None:
    trace = small(optimizer="adamw")
    first = [c.packet for c in trace.first_update]
    assert first.count("aten.zeros_like") == 2 * PARAMETERS
    assert "aten.zeros_like" not in packets(trace, Phase.OPTIMIZER)


def test_an_optimizer_of_ones_own() -> None:
    class Sign(torch.optim.Optimizer):
        def __init__(self, parameters: Any) -> None:
            super().__init__(parameters, {})

        @torch.no_grad()
        def step(self, closure: Any = None) -> None:  # type: ignore[override]
            for group in self.param_groups:
                for p in group["params"]:
                    p.sub_(p.grad.sign(), alpha=0.1)

    trace = small(optimizer=lambda model: Sign(model.parameters()))
    assert packets(trace, Phase.OPTIMIZER) == ["sign", "sub_"] * PARAMETERS
    assert [c.scope for c in trace.calls if c.phase is Phase.OPTIMIZER][::4] == [
        "first",
        "norm",
        "second",
        "head",
    ]


class Lion:
    """A sign of momentum, kept in a list; not a subclass of torch's Optimizer."""

    def __init__(self, parameters: Any) -> None:
        self.parameters = list(parameters)
        self.momentum = [torch.zeros_like(p) for p in self.parameters]

    def zero_grad(self) -> None:
        for p in self.parameters:
            p.grad = None

    @torch.no_grad()
    def step(self) -> None:
        for p, m in zip(self.parameters, self.momentum, strict=True):
            m.lerp_(p.grad, 0.1)
            p.sub_(m.sign(), alpha=0.1)


class Kept(torch.optim.Optimizer):
    """torch's, with momentum in an attribute, a nested state and a memory that is made in the first step."""

    def __init__(self, parameters: Any) -> None:
        super().__init__(parameters, {})
        self.slow: dict[str, list[torch.Tensor]] = {"slow": []}

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        every = [p for group in self.param_groups for p in group["params"]]
        for p in every:
            history = self.state[p].setdefault("history", {"last": [torch.zeros_like(p)]})
            history["last"][0].add_(p.grad)
            p.sub_(history["last"][0], alpha=0.1)
        if not self.slow["slow"]:
            self.slow["slow"] = [torch.zeros_like(p) for p in every]


class Around:
    """Another optimizer with something around it."""

    def __init__(self, inner: torch.optim.Optimizer) -> None:
        self.inner = inner
        self.zero_grad, self.step = inner.zero_grad, inner.step


@pytest.mark.parametrize(
    ("make", "times"),
    [
        (lambda model: Lion(model.parameters()), 1),
        (lambda model: Kept(model.parameters()), 2),
        (lambda model: Around(torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)), 1),
    ],
    ids=["list", "nested", "around"],
)
def test_what_an_optimizer_of_ones_own_keeps_is_its_state(make: Any, times: int) -> None:
    trace = small(optimizer=make)
    parameters = sum(trace.tensors[p.tensor].nbytes for p in trace.parameters)
    peak = peak_memory(trace).by_role
    assert peak["optimizer_state"] == times * parameters
    assert peak["input"] == 2 * 3 * 8 * 8 * 4 + 2 * 8, "images and labels"
    assert peak["parameter"] == parameters
    assert {c.scope for c in trace.calls if c.phase is Phase.OPTIMIZER} >= {"first", "norm", "second", "head"}


def test_a_parameter_that_gets_new_memory_stays_a_parameter() -> None:
    class Replace(torch.optim.Optimizer):
        def __init__(self, parameters: Any) -> None:
            super().__init__(parameters, {})

        def step(self, closure: Any = None) -> None:  # type: ignore[override]
            for group in self.param_groups:
                for p in group["params"]:
                    p.data = p.data - 0.1 * p.grad

    trace = small(optimizer=lambda model: Replace(model.parameters()))
    new = [c.outputs[0] for c in trace.calls if c.packet == "aten.sub"]
    assert len(new) == PARAMETERS
    assert all(
        trace.role(i or 0) is Role.PARAMETER and trace.storages[trace.tensors[i or 0].storage].born >= 0 for i in new
    )
    assert {c.scope for c in trace.calls if c.phase is Phase.OPTIMIZER} == {"first", "norm", "second", "head"}
