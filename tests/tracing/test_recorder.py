"""What is recorded: the ops of the user's own step, whatever it is made of."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from costmodel.errors import TraceError
from costmodel.ir.tensor import Role
from costmodel.ir.trace import OpCall, Phase, Trace
from tests.tracing.networks import Small, cross_entropy, macs, packets, phases, small, steady

PARAMETERS = 8  # tensors of Small


@pytest.fixture(scope="module")
def sgd() -> Trace:
    return small()


def test_the_forward_ops_are_atens_own_undecomposed(sgd: Trace) -> None:
    ops = [op for op in packets(sgd, Phase.FORWARD) if op not in ("detach", "empty")]
    counted = "add_"  # num_batches_tracked
    norm = [counted, "native_batch_norm", "relu_"]
    assert ops == ["convolution", *norm, "convolution", "relu", "view", "t", "addmm"]


def test_a_first_layers_input_gradient_is_none_and_keeps_its_place(sgd: Trace) -> None:
    backward = [c for c in sgd.calls if c.packet == "aten.convolution_backward"]
    assert [[o is None for o in c.outputs] for c in backward] == [[False] * 3, [True, False, False]]


def test_an_in_place_result_is_the_tensor_itself(sgd: Trace) -> None:
    call = next(c for c in sgd.calls if c.packet == "aten.relu_")
    assert call.outputs == call.inputs


def test_views_share_memory(sgd: Trace) -> None:
    view = next(c for c in sgd.calls if c.packet in ("aten.view", "aten._unsafe_view") and c.phase is Phase.FORWARD)
    assert view.outputs[0] is not None
    assert sgd.tensors[view.inputs[0]].storage == sgd.tensors[view.outputs[0]].storage


def test_roles_of_memory(sgd: Trace) -> None:
    roles = {role: sum(1 for s in sgd.storages if s.role is role) for role in Role}
    assert roles[Role.PARAMETER] == roles[Role.GRADIENT] == PARAMETERS
    assert roles[Role.BUFFER] == 3
    assert roles[Role.INPUT] == 1
    assert roles[Role.OPTIMIZER_STATE] == 0


# name, options, calls that update one parameter in the steady step (None: all parameters in few calls), states of one
OPTIMIZERS: list[tuple[str, dict[str, Any], list[str], int]] = [
    ("SGD", {}, ["add_"], 0),
    ("SGD", {"momentum": 0.9}, ["mul_", "add_", "add_"], 1),
    ("SGD", {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}, ["add", "mul_", "add_", "add", "add_"], 1),
    ("Adam", {}, ["add_", "lerp_", "mul_", "addcmul_", "sqrt", "div", "add_", "addcdiv_"], 3),
    ("Adam", {"amsgrad": True}, ["add_", "lerp_", "mul_", "addcmul_", "maximum", "sqrt", "div", "add_", "addcdiv_"], 4),
    ("AdamW", {}, ["add_", "mul_", "lerp_", "mul_", "addcmul_", "sqrt", "div", "add_", "addcdiv_"], 3),
    ("RMSprop", {}, ["add_", "mul_", "addcmul_", "sqrt", "add_", "addcdiv_"], 2),
    ("Adagrad", {}, ["add_", "addcmul_", "sqrt", "add_", "addcdiv_"], 2),
]


@pytest.mark.parametrize(("name", "options", "expected", "states"), OPTIMIZERS)
def test_an_optimizers_ops_for_each_parameter(name: str, options: dict[str, Any], expected: list[str], states: int) -> None:
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
    assert [c.scope for c in trace.calls if c.phase is Phase.OPTIMIZER][::4] == ["first", "norm", "second", "head"]


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
    assert all(trace.role(i or 0) is Role.PARAMETER and trace.storages[trace.tensors[i or 0].storage].born >= 0 for i in new)
    assert {c.scope for c in trace.calls if c.phase is Phase.OPTIMIZER} == {"first", "norm", "second", "head"}


Step = Callable[[nn.Module, torch.optim.Optimizer, Any], Any]


def _plain(model: nn.Module, optimizer: torch.optim.Optimizer, loss: torch.Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()


def test_clipping_belongs_to_the_update() -> None:
    def step(model: nn.Module, optimizer: torch.optim.Optimizer, batch: Any) -> None:
        cross_entropy(model(batch[0])).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()

    ops = packets(small(step=step), Phase.OPTIMIZER)
    assert ops.count("linalg_vector_norm") == PARAMETERS + 1
    assert ops.count("mul_") == PARAMETERS


def test_label_smoothing() -> None:
    trace = small(loss=lambda output, batch: F.cross_entropy(output, torch.zeros(2, dtype=torch.int64), label_smoothing=0.1))
    assert "mul" in packets(trace, Phase.LOSS)
    assert macs(trace) == macs(small())


def test_mixup_with_a_python_number() -> None:
    def step(model: nn.Module, optimizer: torch.optim.Optimizer, batch: Any) -> None:
        weight, order = 0.3, torch.randperm(2)
        x = weight * batch[0] + (1 - weight) * batch[0][order]
        _plain(model, optimizer, cross_entropy(model(x)))

    trace = small(step=step)
    assert packets(trace, Phase.PREPROCESS) == ["randperm", "mul", "index", "mul", "add"]
    assert trace.assumptions == ()


def test_mixup_with_a_sampled_number_is_an_assumption() -> None:
    def step(model: nn.Module, optimizer: torch.optim.Optimizer, batch: Any) -> None:
        weight = torch.distributions.Beta(0.2, 0.2).sample().item()
        _plain(model, optimizer, cross_entropy(model(weight * batch[0])))

    line = step.__code__.co_firstlineno + 1
    (assumption,) = small(step=step).assumptions
    assert assumption.where == f"test_recorder.py:{line}"


def test_logging_the_loss_is_an_assumption_with_file_and_line() -> None:
    def step(model: nn.Module, optimizer: torch.optim.Optimizer, batch: Any) -> float:
        loss = cross_entropy(model(batch[0]))
        _plain(model, optimizer, loss)
        return loss.item()

    line = step.__code__.co_firstlineno + 3
    (assumption,) = small(step=step).assumptions
    assert assumption.where == f"test_recorder.py:{line}"
    assert "value is taken to be 0.0" in assumption.what


def test_a_grad_scaler_takes_its_step() -> None:
    scaler = torch.amp.GradScaler("cpu")  # type: ignore[attr-defined]

    def step(model: nn.Module, optimizer: torch.optim.Optimizer, batch: Any) -> None:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = cross_entropy(model(batch[0]))
        optimizer.zero_grad()
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()

    trace = small(step=step)
    assert packets(trace, Phase.OPTIMIZER).count("add_") == PARAMETERS
    assert all(a.where.startswith("test_recorder.py:") for a in trace.assumptions)
    assert trace.assumptions
    low = [c for c in trace.calls if c.packet == "aten.convolution"]
    assert {trace.tensors[i].dtype for c in low for i in c.inputs} == {"bfloat16"}


def test_a_scheduler_costs_nothing() -> None:
    schedulers = []

    def optimizer(model: nn.Module) -> torch.optim.Optimizer:
        result = torch.optim.SGD(model.parameters(), lr=0.1)
        schedulers.append(torch.optim.lr_scheduler.OneCycleLR(result, 0.1, total_steps=10))
        return result

    def step(model: nn.Module, optimizer: torch.optim.Optimizer, batch: Any) -> None:
        _plain(model, optimizer, cross_entropy(model(batch[0])))
        schedulers[-1].step()

    momentum = small(optimizer_options={"momentum": 0.9})
    assert macs(small(step=step, optimizer=optimizer)) == macs(momentum)
    assert phases(small(step=step, optimizer=optimizer)) == phases(momentum)


def test_channels_last() -> None:
    def make() -> nn.Module:
        return Small().to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]

    def preprocess(model: nn.Module, optimizer: torch.optim.Optimizer, batch: Any) -> None:
        _plain(model, optimizer, cross_entropy(model(batch[0].to(memory_format=torch.channels_last))))

    trace = steady(make, step=preprocess)
    assert macs(trace) == macs(small())
    (copied,) = [c for c in trace.calls if c.phase is Phase.PREPROCESS]
    assert copied.packet == "aten._to_copy"


def test_an_average_of_the_weights_costs_its_ops() -> None:
    averages: list[nn.Module] = []

    def optimizer(model: nn.Module) -> torch.optim.Optimizer:
        averages.append(copy.deepcopy(model))
        return torch.optim.SGD(model.parameters())

    def step(model: nn.Module, optimizer: torch.optim.Optimizer, batch: Any) -> None:
        _plain(model, optimizer, cross_entropy(model(batch[0])))
        with torch.no_grad():
            for mean, now in zip(averages[-1].parameters(), model.parameters(), strict=True):
                mean.lerp_(now, 0.1)

    trace = small(step=step, optimizer=optimizer)
    assert sum(1 for c in trace.calls if c.packet == "aten.lerp_") == PARAMETERS
    copied = averages[-1].get_parameter("first.weight")
    assert isinstance(copied, nn.Parameter)
    assert copied.requires_grad
    assert [s.born for s in trace.storages if s.role is Role.INPUT] == [-1] * (1 + PARAMETERS)


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU])
def test_recurrent_layers(kind: Any) -> None:
    class Recurrent(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = kind(6, 5, batch_first=True)
            self.head = nn.Linear(5, 5)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            logits: torch.Tensor = self.head(self.layer(x)[0][:, -1])
            return logits

    found = macs(steady(Recurrent, input="3x6"))
    gates = 4 if kind is nn.LSTM else 3
    assert found["layer", "forward"] == 2 * 3 * gates * 5 * (6 + 5)
    assert found["layer", "backward"] > found["layer", "forward"]


def test_scaled_dot_product_attention() -> None:
    model = "examples/zoo/transformer.py:GPT2"
    options = {"vocabulary": 50, "context": 16, "width": 16, "depth": 1, "heads": 2}
    trace = steady(model, input="8:int64", model_options=options)
    assert "_scaled_dot_product_flash_attention_for_cpu" in packets(trace, Phase.FORWARD)
    assert "_scaled_dot_product_flash_attention_for_cpu_backward" in packets(trace, Phase.BACKWARD)
    assert macs(trace)["blocks.0.attention", "forward"] == 2 * 2 * 2 * 8 * 8 * 8


def test_module_calls_say_which_ops_ran_inside(sgd: Trace) -> None:
    calls = {call.path: call for call in sgd.module_calls}
    assert list(calls) == ["first", "norm", "second", "head", ""]
    inside: list[OpCall] = list(sgd.calls[calls["norm"].first : calls["norm"].last])
    assert {c.scope for c in inside} == {"norm"}
    assert [c.packet for c in inside if c.packet != "aten.empty"] == ["aten.add_", "aten.native_batch_norm"]
    assert calls[""].inputs == sgd.inputs


def test_another_device_is_traced_as_cpu_and_said() -> None:
    class Wanting(Small):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x + torch.zeros(8, device="cuda"))

    trace = steady(Wanting)
    line = Wanting.forward.__code__.co_firstlineno + 1
    assert [a.where for a in trace.assumptions] == [f"test_recorder.py:{line}"]
    assert {t.device for t in trace.tensors} == {"cpu"}


def test_a_value_inside_the_model_is_an_error() -> None:
    class Asks(Small):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x) * x.mean().item()

    line = Asks.forward.__code__.co_firstlineno + 1
    with pytest.raises(TraceError, match=rf"^test_recorder\.py:{line}: .*torch\.where"):
        steady(Asks)
