"""Peaks of memory and of activations on traces made by hand, each bound from both sides."""

from __future__ import annotations

from typing import Any

import pytest

from costmodel.ir.tensor import Role, Storage
from costmodel.passes.activations import op_peak, peak_activation
from costmodel.passes.memory import peak_memory
from tests.passes.traces import Maker, called, module, ref, relu


def test_the_peak_is_the_first_of_the_largest_moments() -> None:
    maker = Maker()
    for _ in range(3):
        relu(maker, 1)

    def peak(*storages: tuple[int, Role, int, int | None]) -> tuple[int, dict[str, int]]:
        held = tuple(
            Storage(id=0, nbytes=nbytes, role=role, born=born, died=died) for nbytes, role, born, died in storages
        )
        found = peak_memory(maker.trace(storages=held))
        return found.total, {role: n for role, n in found.by_role.items() if n}

    parameter, state, temporary = Role.PARAMETER, Role.OPTIMIZER_STATE, Role.TEMPORARY
    assert peak() == (0, {})
    assert peak((5, parameter, -1, None)) == (5, {"parameter": 5})
    # before the step, gone before its first call
    assert peak((5, parameter, -1, 0), (4, state, 0, 1)) == (5, {"parameter": 5})
    assert peak((5, parameter, -1, 0), (6, state, 0, 1)) == (6, {"optimizer_state": 6})
    # of two moments that are equal, the first
    assert peak((5, state, 0, 1), (5, temporary, 1, 2)) == (5, {"optimizer_state": 5})
    assert peak((5, state, 0, 2), (4, temporary, 1, 2), (7, parameter, 2, None)) == (
        9, {"optimizer_state": 5, "temporary": 4},
    )  # fmt: skip
    assert peak((3, state, 2, None), (3, state, 2, None)) == (6, {"optimizer_state": 6})
    assert peak((9, temporary, 1, 1), (1, state, 2, None)) == (1, {"optimizer_state": 1})
    assert set(peak_memory(maker.trace()).by_role) == {role.value for role in Role}


def lab(kind: str, batch: int = 2, blocks: tuple[tuple[str, dict[str, Any]], ...] = (), **attributes: Any) -> int:
    """Elements by the course's script: a layer with 30 in and 70 out, within blocks with 11 in."""
    maker = Maker()
    x, a, b = maker.tensor(batch, 5, role=Role.INPUT), maker.tensor(batch, 30), maker.tensor(batch, 70)
    at = maker.tensor(batch, 11)
    modules = [module("net.layer", f"torch.nn.{kind}", attributes=attributes)]
    calls = [called("net.layer", (a,), (b,), 2, 4, where="net.py:7")]
    for n, (block, given) in enumerate(blocks):
        modules.append(module(f"block{n}", block, leaf=False, attributes=given))
        calls.append(called(f"block{n}", (at,), (b,), 1, 5))
    for _ in range(5):
        relu(maker, 1)
    peak = peak_activation(maker.trace(inputs=(x,), modules=tuple(modules), module_calls=tuple(calls)))
    assert (peak.lab_profiler_layer, peak.lab_profiler_where) == (
        ("net.layer", "net.py:7") if peak.lab_profiler else ("", "")
    )
    assert peak.lab_profiler % 4 == 0
    return peak.lab_profiler // 4


RESNET = "torchvision.models.resnet"


def test_the_courses_own_script() -> None:
    for kind in ("Conv1d", "Conv2d", "Conv3d", "Linear"):
        assert lab(kind) == 100
    assert (lab("Conv2d", groups=7), lab("Conv2d", groups=3)) == (30 + 10, 30 + 23)
    alone = ("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "GroupNorm", "ReLU", "ReLU6", "LeakyReLU", "Sigmoid", "Tanh")
    for kind in alone:
        assert lab(kind) == 30
    for kind in ("GELU", "LayerNorm", "MaxPool2d", "ConvTranspose2d"):
        assert lab(kind) == 0
    for block in (f"{RESNET}.BasicBlock", f"{RESNET}.Bottleneck", "torchvision.models.mobilenetv2.InvertedResidual"):
        assert lab("ReLU", blocks=((block, {}),)) == 41
        assert lab("ReLU", blocks=((block, {"use_res_connect": False}),)) == 30
        assert lab("ReLU", blocks=((block, {"use_res_connect": True}), (block, {}))) == 52
        assert lab("GELU", blocks=((block, {}),)) == 0
    assert lab("ReLU", blocks=(("own.BasicBlock", {}),)) == 30


def test_a_block_adds_its_input_to_the_layers_inside_it() -> None:
    maker = Maker()
    a = maker.tensor(1, 30)
    for _ in range(9):
        relu(maker, 1)
    modules = (
        module("l", "torch.nn.ReLU"),
        module("b", f"{RESNET}.BasicBlock", leaf=False),
        module("c", f"{RESNET}.Bottleneck", leaf=False),
    )
    for first, last, inside in ((1, 5, True), (2, 4, True), (3, 5, False), (1, 3, False), (3, 4, False), (2, 3, False)):
        calls = (called("l", (a,), (a,), 2, 4), called("b", (a,), (a,), first, last), called("c", (), (a,), 0, 9))
        assert peak_activation(maker.trace(modules=modules, module_calls=calls)).lab_profiler == (
            240 if inside else 120
        )
    nothing = (called("l", (), (a,), 2, 4),)
    assert peak_activation(maker.trace(modules=modules, module_calls=nothing)).lab_profiler == 0


@pytest.mark.parametrize(
    ("shape", "batch", "elements"),
    [
        ((2, 3), (2, 9), 3), ((4, 3), (2, 9), 6), ((3, 4), (2, 9), 12), ((), (2, 9), 1), ((2, 3), (), 6), ((2, 3), None, 6),  # noqa: E501
        ((2, 3), (0, 9), 6),
    ],
)  # fmt: skip
def test_of_one_sample(shape: tuple[int, ...], batch: tuple[int, ...] | None, elements: int) -> None:
    for dtype, parts in (("float32", 1), ("float16", 1), ("int64", 1), ("complex64", 2), ("complex128", 2)):
        maker = Maker()
        x = () if batch is None else (maker.tensor(*batch, role=Role.INPUT),)
        a, b = maker.tensor(*shape, dtype=dtype), maker.tensor(1)
        maker.op("relu.default", {"self": ref(a)}, None)
        trace = maker.trace(
            inputs=x, modules=(module("l", "torch.nn.ReLU"),), module_calls=(called("l", (a,), (b,), 0, 0),)
        )
        peak = peak_activation(trace)
        assert peak.lab_profiler == 4 * elements
        # of the layer that is called, whose output is one element
        assert peak.layer_io == 4 * elements * parts + 4
        assert op_peak(trace) == (4 * elements * parts, "relu")


def test_the_largest_op() -> None:
    maker = Maker()
    x, w, y = maker.tensor(2, 10, role=Role.INPUT), maker.weight(10, 20), maker.tensor(2, 20)
    assert op_peak(maker.trace(inputs=(x,))) == (0, "")
    maker.op("mm.default", {"self": ref(x), "mat2": ref(w)}, y, scope="fc")
    # a weight is no activation, and a view of one is no op; the same memory is there once, at its largest
    view = maker.tensor(20, 10, role=Role.PARAMETER, storage=w)
    maker.op("t.default", {"self": ref(w)}, view)
    part = maker.tensor(2, 5, storage=y)
    maker.op("add.Tensor", {"self": ref(y), "other": ref(part)}, maker.tensor(2, 1))
    assert op_peak(maker.trace(inputs=(x,))) == (4 * 30, "fc.mm")
    buffer = maker.weight(2, 50, role=Role.BUFFER)
    maker.op("copy_.default", {"self": ref(buffer), "src": ref(y)}, buffer)
    assert op_peak(maker.trace(inputs=(x,))) == (4 * 30, "fc.mm")
    # once data of the batch is in it, a buffer is an activation
    maker.op("relu.default", {"self": ref(buffer)}, maker.tensor(2, 1))
    assert op_peak(maker.trace(inputs=(x,))) == (4 * 51, "relu")


def test_the_first_input_says_how_many_samples_there_are() -> None:
    maker = Maker()
    first, second, read = maker.tensor(2, 3, role=Role.INPUT), maker.tensor(6, role=Role.INPUT), maker.tensor(12)
    maker.op("relu.default", {"self": ref(read)}, None)
    for inputs, elements in (((first, second), 6), ((second, first), 2), ((maker.tensor(role=Role.INPUT), second), 12)):
        assert op_peak(maker.trace(inputs=inputs)) == (4 * elements, "relu")
