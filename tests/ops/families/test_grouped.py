"""Grouped products: exact in multiply-accumulates however rows fall; products of integers and of scaled numbers."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import costmodel
from costmodel.ir.tensor import TensorMeta
from costmodel.ops import lookup
from costmodel.ops.families.grouped import grouped_mm
from costmodel.ops.families.matmul import mm
from costmodel.ops.families.scaled_products import int8_weight_mm, scaled_mm
from tests.conformance.recording import record
from tests.ops.executed import check, counted, run, same
from tests.ops.strategies import quick, sizes, tensor


def even(total: int, groups: int) -> torch.Tensor:
    """Ends of groups whose lengths differ by one at most."""
    lengths = [total // groups + (g >= groups - total % groups) for g in range(groups)]
    return torch.tensor(lengths).cumsum(0).int()


def loops(a: torch.Tensor, b: torch.Tensor, offs: torch.Tensor) -> torch.Tensor:
    """The product group by group, as torch's documentation has it."""
    ends = [0, *offs.tolist()]
    parts = [slice(i, j) for i, j in pairwise(ends)]
    if b.dim() == 3:
        return torch.cat([a[part] @ b[g] for g, part in enumerate(parts)])
    if a.dim() == 3:
        return torch.cat([a[g] @ b[:, part] for g, part in enumerate(parts)], 1)
    return torch.stack([a[:, part] @ b[part] for part in parts])


@quick
@given(st.integers(1, 3), st.integers(1, 7), sizes, sizes, st.sampled_from(["rows", "columns", "inner"]))
def test_formula_is_its_program_where_rows_are_spread_evenly(g: int, total: int, a: int, b: int, split: str) -> None:
    shapes = {"rows": ((total, a), (g, a, b)), "columns": ((g, a, b), (b, total)), "inner": ((a, total), (total, b))}
    left, right = shapes[split]
    x, y, offs = tensor(*left), tensor(*right, seed=1), even(total, g)
    expected = loops(x, y, offs)
    result, tally, macs = run(grouped_mm, {"self": x, "mat2": y, "offs": offs})
    same(result, expected)
    work = counted(grouped_mm, {"self": x, "mat2": y, "offs": offs}, expected)
    assert work.macs == macs == total * a * b
    assert work.scalar_ops == tally.scalar_ops()


@pytest.mark.skipif(not hasattr(F, "grouped_mm"), reason="this torch has no grouped_mm")
def test_its_multiply_accumulates_are_those_of_one_matrix_and_its_backward_twice_them() -> None:
    rows, experts, width, hidden = 50, 4, 16, 24
    offs = torch.tensor([1, 9, 40, rows], dtype=torch.int32)

    def step() -> torch.Tensor:
        x = torch.rand(rows, width, dtype=torch.bfloat16, requires_grad=True)
        w = torch.rand(experts, width, hidden, dtype=torch.bfloat16, requires_grad=True)
        return F.grouped_mm(x, w, offs=offs)

    recorder = record(step)
    assert not recorder.unknown
    assert recorder.work().macs == 3 * mm.work(TensorMeta((rows, width)), TensorMeta((width, hidden))).macs
    entry = lookup("aten._grouped_mm")
    assert entry is not None
    assert "evenly" in entry.traits.assumes


class Experts(nn.Module):
    """A token's expert is data; how many tokens there are is not."""

    def __init__(self) -> None:
        super().__init__()
        self.gate, self.head = nn.Linear(16, 4), nn.Linear(24, 5)
        self.experts = nn.Parameter(torch.rand(4, 16, 24))

    def forward(self, x: torch.Tensor) -> Any:
        chosen = self.gate(x).argmax(-1)
        counts = torch.histc(chosen.float(), bins=4, min=0, max=3)
        rows = F.grouped_mm(x[chosen.argsort()], self.experts, offs=counts.cumsum(0).int())
        return self.head(rows)


@pytest.mark.skipif(not hasattr(F, "grouped_mm"), reason="this torch has no grouped_mm")
def test_a_mixture_of_experts_is_complete_and_says_what_is_taken_for_granted() -> None:
    analysis = costmodel.analyze(Experts(), input="16", batch=6)
    assert analysis.totals.complete
    assert analysis.totals.macs.forward == 6 * (16 * 4 + 16 * 24 + 24 * 5)
    (said,) = [item for item in analysis.assumptions if item.what.startswith("aten._grouped_mm: ")]
    assert "spread evenly" in said.what


def test_a_batch_of_products_and_a_bias() -> None:
    x, y, out = TensorMeta((3, 2, 5)), TensorMeta((3, 5, 4)), TensorMeta((3, 2, 4))
    plain = grouped_mm.work(x, y, out=out)
    assert plain.macs == 3 * 2 * 5 * 4
    assert grouped_mm.work(x, y, bias=TensorMeta((3, 4)), out=out).scalar_ops.add == plain.scalar_ops.add + out.numel


def test_products_of_integers_are_products() -> None:
    a, b = TensorMeta((4, 8), "int8"), TensorMeta((8, 3), "int8")
    entry = lookup("aten._int_mm")
    assert entry is not None
    work = entry({"self": a, "mat2": b}, TensorMeta((4, 3), "int32"))
    assert (work.macs, work.scalar_ops.total) == (96, 96 + 84)


@pytest.mark.parametrize("each", [True, False])
def test_scales_are_multiplied_by_once_or_row_by_row(each: bool) -> None:
    a, b = tensor(3, 5), tensor(5, 4, seed=1)
    left, right = (tensor(3, 1, seed=2), tensor(1, 4, seed=3)) if each else (tensor(seed=2), tensor(seed=3))
    call = {"self": a, "mat2": b, "scale_a": left, "scale_b": right, "bias": tensor(4, seed=4)}
    check(scaled_mm, call, (a @ b) * left * right + call["bias"])
    whole, scales = torch.randint(-5, 5, (4, 5)).double(), tensor(4, seed=5)
    check(int8_weight_mm, {"self": a, "mat2": whole, "scales": scales}, a @ whole.mT * scales)
