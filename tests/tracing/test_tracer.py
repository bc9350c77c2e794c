"""Traces are deterministic plain data; what cannot be traced is one line with file, line and advice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
import torch
from torch import nn

import costmodel
from costmodel.errors import TraceError
from costmodel.ir.codec import dumps, loads
from costmodel.ir.trace import SCHEMA, Phase, Trace
from tests.conftest import ROOT
from tests.tracing.networks import Small, small, steady

CAPTURED = torch.ones(3, 8, 8)


@torch.library.custom_op("costmodel_tests::twice", mutates_args=())
def twice(x: torch.Tensor) -> torch.Tensor:
    return x * 2


class Branch(Small):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x * 2 if x.sum() > 0 else x)


class Mask(Small):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x) * x[x > 0].sum()


class NonZero(Small):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x) + x.nonzero().shape[0]


class Numpy(Small):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = super().forward(x) * x.detach().numpy().max()
        return out


class NumpyFunction(Small):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = super().forward(x) * np.clip(x.detach(), 0, 1).sum()
        return out


class Captured(Small):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x * CAPTURED)


class Unfaked(Small):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(twice(x))


class WrongShape(Small):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x[:, :2])


class Raises(Small):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        raise KeyError("nothing here")


FAILURES: list[tuple[type[nn.Module], int, str]] = [
    (Branch, 1, "torch.where"),
    (Mask, 1, "depends on the data.*torch.where"),
    (NonZero, 1, "depends on the data"),
    (Numpy, 1, "use torch instead"),
    (NumpyFunction, 1, "use torch instead"),
    (Captured, 1, "register_buffer"),
    (Unfaked, 1, "twice.*register_fake"),
    (Raises, 1, "KeyError: 'nothing here'"),
]


@pytest.mark.parametrize(("model", "offset", "advice"), FAILURES, ids=[f[0].__name__ for f in FAILURES])
def test_what_cannot_be_traced_says_where_and_what_to_do(model: type[nn.Module], offset: int, advice: str) -> None:
    line = model.forward.__code__.co_firstlineno + offset
    with pytest.raises(TraceError, match=advice) as caught:
        steady(model)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"test_tracer.py:{line}"), message


def test_a_wrong_shape_names_the_op_and_the_layer() -> None:
    line = Small.forward.__code__.co_firstlineno + 1
    with pytest.raises(TraceError, match=rf"networks\.py:{line} \(aten\.convolution\.default in first\).*--input"):
        steady(WrongShape)


def test_a_custom_op_with_a_fake_kernel_is_traced_and_uncounted() -> None:
    @torch.library.custom_op("costmodel_tests::thrice", mutates_args=())
    def thrice(x: torch.Tensor) -> torch.Tensor:
        return x * 3

    thrice.register_fake(torch.empty_like)

    class Fine(Small):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(thrice(x))

    (row,) = [r for r in costmodel.count(steady(Fine)).rows if r.work is None]
    assert row.op == "costmodel_tests.thrice.default"


def test_a_failed_trace_leaves_nothing_behind() -> None:
    before = dumps(small(), SCHEMA)
    for model in (Branch, Mask, Raises):
        with pytest.raises(TraceError):
            steady(model)
    assert dumps(small(), SCHEMA) == before
    assert torch.ones(2).sum().item() == 2.0


SUBJECTS: list[tuple[str, dict[str, Any]]] = [
    ("examples/zoo/lenet.py:LeNet5", {"input": "3x32x32", "optimizer": "adamw"}),
    (
        "examples/zoo/resnet.py:ResNet18",
        {"input": "3x32x32", "batch": 2, "optimizer_options": {"momentum": 0.9}},
    ),
    ("examples/zoo/recurrent.py:LSTMClassifier", {"input": "8:int64", "optimizer": "adam"}),
]


@pytest.fixture(scope="module", params=SUBJECTS, ids=["LeNet", "ResNet-18", "LSTM"])
def trace(request: pytest.FixtureRequest) -> Trace:
    reference, settings = request.param
    return (
        costmodel.trace(str(ROOT / reference.partition(":")[0]) + ":" + reference.partition(":")[2], **settings)
        .phases[0]
        .trace
    )


def test_json_round_trip(trace: Trace) -> None:
    text = dumps(trace, SCHEMA)
    again = loads(Trace, text, SCHEMA)
    assert again == trace
    assert dumps(again, SCHEMA) == text


def test_ids_are_positions_and_every_reference_is_known(trace: Trace) -> None:
    assert [t.id for t in trace.tensors] == list(range(len(trace.tensors)))
    assert [s.id for s in trace.storages] == list(range(len(trace.storages)))
    used = {
        i for c in (*trace.calls, *trace.first_update) for i in (*c.inputs, *(o for o in c.outputs if o is not None))
    }
    assert used <= set(range(len(trace.tensors)))
    paths = {m.path for m in trace.modules}
    assert {c.scope for c in trace.calls} <= paths | {"<loss>"}


def test_lifetimes_lie_around_the_uses(trace: Trace) -> None:
    for index, call in enumerate(trace.calls):
        for id in call.inputs:
            storage = trace.storages[trace.tensors[id].storage]
            assert storage.born < index or call.outputs == (id,)
            assert storage.died is None or storage.died > index or storage.nbytes == 0
        for output in call.outputs:
            if output is not None:
                assert trace.storages[trace.tensors[output].storage].born <= index


def test_networkx_is_an_acyclic_dataflow(trace: Trace) -> None:
    graph: nx.DiGraph[int] = trace.to_networkx()
    assert nx.is_directed_acyclic_graph(graph)
    assert list(graph.nodes) == list(range(len(trace.calls)))
    edges: list[tuple[int, int, tuple[int, ...]]] = list(graph.edges(data="tensors"))
    for source, target, tensors in edges:
        assert source < target
        assert set(tensors) <= set(trace.calls[source].written)
        assert set(tensors) <= set(trace.calls[target].inputs)
        # and it is the last call before the target that wrote the tensor
        for id in tensors:
            later = [i for i in range(source + 1, target) if id in trace.calls[i].written]
            assert later == []
    loss = next(i for i, c in enumerate(trace.calls) if c.packet == "aten.nll_loss_forward")
    first = next(i for i, c in enumerate(trace.calls) if c.phase is Phase.FORWARD)
    assert nx.has_path(graph, first, loss)


def test_an_update_of_many_tensors_is_their_producer() -> None:
    trace = small(optimizer="adamw", optimizer_options={"foreach": True})
    graph = trace.to_networkx()
    many = [i for i, c in enumerate(trace.calls) if c.packet.startswith("aten._foreach_") and not c.outputs]
    assert len(many) > 3
    step = next(i for i in many if trace.calls[i].packet == "aten._foreach_lerp_")
    assert any(source == step for source, _ in graph.edges)


def test_the_same_step_gives_the_same_bytes() -> None:
    assert dumps(small(optimizer="adamw"), SCHEMA) == dumps(small(optimizer="adamw"), SCHEMA)


_PRINT = """
import sys, costmodel
from costmodel.ir.codec import dumps
from costmodel.ir.training import SCHEMA
training = costmodel.trace("examples/zoo/lenet.py:LeNet5", input="3x32x32", batch=2, optimizer="adamw", samples=5)
sys.stdout.write(dumps(training, SCHEMA))
"""


def test_hash_seeds_do_not_matter() -> None:
    def run(seed: str) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        return subprocess.Popen([sys.executable, "-c", _PRINT], cwd=ROOT, env=environment, stdout=subprocess.PIPE)

    outputs = [process.communicate()[0] for process in (run("1"), run("4242"))]
    assert outputs[0] == outputs[1]
    assert json.loads(outputs[0])["phases"][0]["last_batch"] == 1


_SEVEN_BILLION = r"""
import pathlib, re, resource, sys, torch
import torch._dynamo  # what the first fake trace imports belongs to torch

def peak():
    # VmHWM begins anew with the process; getrusage's peak is inherited from the process that started this one
    status = pathlib.Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)

before = peak()
import costmodel
options = {"vocabulary": 32000, "context": 2048, "width": 4096, "depth": 34, "heads": 32}
training = costmodel.trace(
    "examples/zoo/transformer.py:GPT2", input="2048:int64", model_options=options, optimizer="adamw"
)
after = peak()
trace = training.phases[0].trace
elements = sum(trace.tensors[p.tensor].meta.numel for p in trace.parameters)
print(elements, (after - before) // 1024, len(trace.calls))
"""


def test_seven_billion_parameters_need_no_memory() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(_SEVEN_BILLION)],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    elements, mebibytes, calls = map(int, done.stdout.split())
    assert elements >= 6_800_000_000
    assert mebibytes < 1024
    assert calls > 2000


def test_nothing_of_the_machine_is_in_a_trace(tmp_path: Path, in_root: Path) -> None:
    text = dumps(costmodel.trace(str(ROOT / "examples/zoo/lenet.py") + ":LeNet5"), "x")
    assert str(ROOT) not in text
