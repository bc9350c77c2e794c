"""A trace is the step itself: replayed on real tensors it gives eager's numbers, bit for bit."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import fx, nn

from costmodel.ir.tensor import Role
from costmodel.ir.trace import Phase, Trace
from costmodel.tracing.arguments import resolve
from costmodel.tracing.replay import replay, tensors_before, to_fx
from tests.tracing.networks import Checkpointed, Small, cross_entropy, own_function, small, steady


class Subtract(torch.optim.Optimizer):
    """What a beginner writes: new memory for the parameter in every step."""

    def __init__(self, parameters: Any) -> None:
        super().__init__(parameters, {})

    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for p in group["params"]:
                p.data = p.data - 0.1 * p.grad


OPTIMIZERS: list[tuple[Any, dict[str, Any]]] = [
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 1e-4}),
    ("AdamW", {"lr": 0.1, "amsgrad": True}),
    ("AdamW", {"lr": 0.1, "foreach": True}),
    ("AdamW", {"lr": 0.1, "fused": True}),
    ("Adam", {"lr": 0.1}),
    ("RMSprop", {"lr": 0.1, "momentum": 0.5, "centered": True}),
    ("Adagrad", {"lr": 0.1}),
    ("NAdam", {"lr": 0.1}),
    ("RAdam", {"lr": 0.1}),
    (lambda model: Subtract(model.parameters()), {}),
]


def _values(
    trace: Trace, model: nn.Module, optimizer: torch.optim.Optimizer, x: torch.Tensor
) -> dict[int, torch.Tensor]:
    """What the steady step starts from, by tensor id."""
    by_name = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    named = [(spec.tensor, by_name[spec.name]) for spec in (*trace.parameters, *trace.buffers)]
    states = [v for values in optimizer.state.values() for v in values.values() if isinstance(v, torch.Tensor)]
    before = sorted(tensors_before(trace))
    ids = [id for id in before if trace.role(id) is Role.OPTIMIZER_STATE]
    assert len(ids) == len(states)
    known = {id: value.detach().clone() for id, value in [*named, *zip(ids, states, strict=True)]}
    known[trace.inputs[0]] = x
    missing = [id for id in before if id not in known]
    if missing:  # new memory of parameters (p.data = q), or the literal 1 that foreach optimizers add to their steps
        replaced = [id for id in missing if trace.role(id) is Role.PARAMETER]
        known |= {id: by_name[spec.name].detach().clone() for id, spec in zip(replaced, trace.parameters, strict=False)}
        known |= {id: torch.tensor(1.0) for id in missing if trace.tensors[id].shape == ()}
        labels = [trace.tensors[id] for id in missing if trace.role(id) is Role.INPUT and trace.tensors[id].shape]
        known |= {spec.id: torch.zeros(spec.shape, dtype=torch.int64) for spec in labels}
    return known


def _eager(make: Callable[[], nn.Module], choice: Any, options: dict[str, Any], x: torch.Tensor) -> Any:
    torch.manual_seed(0)
    model = make()
    optimizer = choice(model) if callable(choice) else getattr(torch.optim, choice)(model.parameters(), **options)

    def step() -> None:
        optimizer.zero_grad()
        cross_entropy(model(x)).backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    return model, optimizer, step


@pytest.mark.parametrize(("choice", "options"), OPTIMIZERS)
def test_replaying_the_steady_step_gives_eagers_parameters(choice: Any, options: dict[str, Any]) -> None:
    trace = small(optimizer=choice, optimizer_options=options)
    x = torch.randn(2, 3, 8, 8)
    model, optimizer, step = _eager(Small, choice, options, x)
    for _ in trace.first_starts or (0,):  # RAdam's steady update comes after several others
        step()
    values = _values(trace, model, optimizer, x)
    results = replay(trace, values)
    step()
    after = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    if callable(choice):  # the new parameters are the last results of the update, in order
        made = [c.outputs[0] for c in trace.calls if c.phase is Phase.OPTIMIZER and c.packet == "aten.sub"]
        pairs = [(results[i or 0], after[p.name]) for i, p in zip(made, trace.parameters, strict=True)]
    else:
        pairs = [(results[p.tensor], after[p.name]) for p in (*trace.parameters, *trace.buffers)]
        ids = [id for id in sorted(results) if trace.role(id) is Role.OPTIMIZER_STATE]
        eager = [v for s in optimizer.state.values() for v in s.values() if isinstance(v, torch.Tensor)]
        by_storage = dict.fromkeys(trace.tensors[id].storage for id in ids)
        assert len(by_storage) == len(eager)
    assert all(torch.equal(replayed, eager) for replayed, eager in pairs)


@pytest.mark.parametrize(
    ("make", "shape"),
    [(own_function, (8,)), (Checkpointed, (3, 8, 8)), (lambda: Checkpointed(use_reentrant=True), (3, 8, 8))],
    ids=["custom Function", "checkpoint", "reentrant checkpoint"],
)
def test_other_steps_replay_too(make: Callable[[], nn.Module], shape: tuple[int, ...]) -> None:
    options = {"lr": 0.1, "momentum": 0.9}
    trace = steady(make, input="x".join(map(str, shape)), optimizer_options=options)
    x = torch.randn(2, *shape)
    model, optimizer, step = _eager(make, "SGD", options, x)
    step()
    results = replay(trace, _values(trace, model, optimizer, x))
    step()
    after = dict(model.named_parameters())
    assert all(torch.equal(results[p.tensor], after[p.name]) for p in trace.parameters)


@pytest.fixture(scope="module")
def graph() -> tuple[Trace, fx.Graph]:
    trace = small(optimizer="adamw", optimizer_options={"foreach": True})
    return trace, to_fx(trace)


def test_the_graph_has_one_node_per_call(graph: tuple[Trace, fx.Graph]) -> None:
    trace, fx_graph = graph
    fx_graph.lint()
    nodes = [n for n in fx_graph.nodes if n.op == "call_function" and n.target is not operator.getitem]
    assert [n.target for n in nodes] == [resolve(call.op) for call in trace.calls]
    found = [(n.meta["scope"], n.meta["phase"], n.meta["call"]) for n in nodes]
    assert found == [(c.scope, c.phase.value, i) for i, c in enumerate(trace.calls)]


def test_placeholders_are_what_exists_before_the_step(graph: tuple[Trace, fx.Graph]) -> None:
    trace, fx_graph = graph
    ids = [node.meta["tensors"][0] for node in fx_graph.nodes if node.op == "placeholder"]
    assert tuple(ids) == tensors_before(trace)
    named = {trace.inputs[0], *(p.tensor for p in (*trace.parameters, *trace.buffers))}
    assert named <= set(ids)
    rest = {trace.role(i) for i in set(ids) - named}
    assert rest == {Role.OPTIMIZER_STATE, Role.TEMPORARY, Role.INPUT}, "the state, a literal and the labels"


def test_a_result_of_several_is_read_with_getitem(graph: tuple[Trace, fx.Graph]) -> None:
    _, fx_graph = graph
    norm = next(n for n in fx_graph.nodes if "native_batch_norm" in n.name and n.op == "call_function")
    assert {n.args[1] for n in norm.users if n.target is operator.getitem} == {0, 1, 2}


def test_readers_of_an_in_place_result_read_the_op_that_wrote_it(graph: tuple[Trace, fx.Graph]) -> None:
    _, fx_graph = graph
    relu = next(n for n in fx_graph.nodes if n.op == "call_function" and str(n.target) == "aten.relu_.default")
    second = [n for n in fx_graph.nodes if n.meta.get("scope") == "second" and n.meta["phase"] == "forward"]
    assert second[0].args[0] is relu


def test_a_missing_value_is_an_error() -> None:
    trace = small()
    with pytest.raises(KeyError):
        replay(trace, {})
