"""What is recorded: the ops of the user's own step, whatever it is made of."""

from __future__ import annotations

import copy
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
    assert roles[Role.INPUT] == 2, "the images and the labels"
    assert roles[Role.OPTIMIZER_STATE] == 0


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
    trace = small(
        loss=lambda output, _: F.cross_entropy(output, torch.zeros(2, dtype=torch.int64), label_smoothing=0.1)
    )
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
    scaler = torch.amp.GradScaler("cpu")

    def step(model: nn.Module, optimizer: torch.optim.Optimizer, batch: Any) -> None:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = cross_entropy(model(batch[0]))
        optimizer.zero_grad()
        scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
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

    def plain(model: nn.Module, optimizer: torch.optim.Optimizer, batch: Any) -> None:
        _plain(model, optimizer, cross_entropy(model(batch[0])))

    momentum = small(step=plain, optimizer_options={"momentum": 0.9})
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
    *given, classes = sgd.inputs
    assert list(calls[""].inputs) == given
    assert (sgd.tensor(classes).dtype, len(sgd.tensor(classes).shape)) == ("int64", 1)


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
