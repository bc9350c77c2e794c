"""Lowering: the nests that count are the nests that are mapped."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import pytest
from torch import nn

import costmodel
from costmodel.ir.codec import dumps, loads
from costmodel.ir.trace import Trace
from costmodel.ir.workload import SCHEMA, Workload
from costmodel.passes.lower import PARTS_OF, lower
from costmodel.passes.schedule import schedule
from examples.zoo import ZOO, Entry

SMALL = {"ResNet-50": "3x64x64", "VGG-16": "3x224x224", "MobileNetV2": "3x64x64", "U-Net": "3x32x32"}


def traced(entry: Entry) -> Trace:
    input = SMALL.get(entry.name, entry.input)
    return costmodel.trace(entry.reference, input=input).phases[0].trace


def counted(entry: Entry) -> costmodel.Counts:
    return costmodel.count(traced(entry))


@pytest.mark.parametrize("entry", ZOO, ids=lambda e: e.name)
def test_every_multiply_accumulate_is_in_a_layer(entry: Entry, in_root: Path) -> None:
    trace = traced(entry)
    counts = costmodel.count(trace)
    for phase, parts in PARTS_OF.items():
        workload = lower(counts, phase)
        rows = [row for row in counts.rows if row.part in parts and row.work is not None]
        assert workload.macs == sum(row.work.macs for row in rows if row.work is not None)
        assert workload.operations == sum(row.work.scalar_ops.total for row in rows if row.work is not None)
        beside = sum(row.work.scalar_ops.total for row in rows if row.work is not None and not row.work.nests)
        assert sum(item.operations for item in workload.not_mapped) == beside
        # and the schedule has every operation and every byte once
        calls = schedule(trace, counts, phase).calls
        assert sum(call.in_nests + call.beside.total for call in calls) == workload.operations
        assert sum(call.nbytes for call in calls) == workload.bytes_moved
        assert sum(call.in_nests for call in calls) <= 2 * workload.macs
        assert sum(call.beside.total for call in calls if not call.mapped) == beside


def test_lenet_is_the_recorded_course_workload(in_root: Path) -> None:
    workload = lower(counted(ZOO[0]))
    shapes = [tuple(layer.instance[dim] for dim in ("C", "M", "R", "S", "N", "P", "Q")) for layer in workload.layers]
    # layers of the lab's starter network as its profiler gave them to Timeloop (abf149/lab2-2022-abf149, db64e27)
    assert shapes == [
        (3, 6, 5, 5, 1, 28, 28),
        (6, 16, 5, 5, 1, 10, 10),
        (400, 120, 1, 1, 1, 1, 1),
        (120, 84, 1, 1, 1, 1, 1),
        (84, 10, 1, 1, 1, 1, 1),
    ]
    assert workload.layers[0].names == ("forward:conv1",)


def one(module: nn.Module, input: str, phase: str = "inference") -> Workload:
    model = nn.Sequential(OrderedDict(layer=module, flatten=nn.Flatten()))
    return lower(costmodel.count(costmodel.trace(model, input=input).phases[0].trace), phase)


def test_strides_dilations_and_axes() -> None:
    layer = one(nn.Conv2d(4, 8, (3, 2), stride=(2, 1), dilation=(1, 3)), "4x9x8").layers[0]
    assert dict(layer.instance) == {
        "C": 4, "M": 8, "R": 3, "S": 2, "N": 1, "P": 4, "Q": 5,
        "Wstride": 2, "Hstride": 1, "Wdilation": 1, "Hdilation": 3,
    }  # fmt: skip


def test_depthwise_has_no_m_and_groups_are_repeats() -> None:
    depthwise = one(nn.Conv2d(6, 6, 3, groups=6), "6x8x8").layers[0]
    assert depthwise.depthwise
    assert "M" not in depthwise.instance
    assert (depthwise.instance["C"], depthwise.repeats) == (6, 1)
    grouped = one(nn.Conv2d(6, 8, 3, groups=2), "6x8x8").layers[0]
    assert (grouped.instance["C"], grouped.instance["M"], grouped.repeats) == (3, 4, 2)
    assert not grouped.depthwise


def test_gradients_become_matrix_products_over_the_same_points() -> None:
    workload = one(nn.Sequential(nn.Conv2d(3, 4, 1), nn.Conv2d(4, 8, 3)), "3x8x8", "training")
    second = [layer for layer in workload.layers if layer.names == ("backward:layer.1",)]
    assert {layer.lowered_as for layer in second} == {"matrix product"}
    positions, window = 6 * 6, 4 * 9
    assert {tuple(layer.instance[dim] for dim in ("N", "M", "C")) for layer in second} == {
        (positions, window, 8),
        (window, 8, positions),
    }


def test_equal_layers_merge_and_keep_their_names(in_root: Path) -> None:
    workload = lower(counted(ZOO[1]))
    repeated = next(layer for layer in workload.layers if layer.repeats == 4)
    assert len(repeated.names) == 4


def test_a_workload_comes_back_from_json(in_root: Path) -> None:
    workload = lower(counted(ZOO[0]), "training")
    assert loads(Workload, dumps(workload, SCHEMA), SCHEMA) == workload
