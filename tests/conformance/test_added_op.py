"""An op is one file that exists: formula, program and traits; no other file hears of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import costmodel
from costmodel import ops
from costmodel.ops import families, formula
from costmodel.ops.number import Tally
from costmodel.ops.traits import NO_TRAITS
from costmodel.passes.traffic import bytes_moved
from costmodel.passes.widths import widths
from costmodel.tracing.training import plan_training, trace_inference

FAMILY = '''
"""Ops of this test."""

import torch

from costmodel.ops.formula import formula, scalar
from costmodel.ops.pointwise import pointwise


@pointwise(torch.ops.dummy.twice_plus)
def twice_plus(self, addend):
    return self + self + addend


@formula(torch.ops.dummy.rows, looks_up="self")
def rows(self, index):
    # [k, ..] = dummy.rows([n, ..], [k])
    return scalar()
'''


@pytest.fixture
def dummy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two ops of our own, and the one file that describes them."""
    library: Any = torch.library.Library("dummy", "DEF")  # type: ignore[no-untyped-call]
    library.define("twice_plus(Tensor self, float addend) -> Tensor")
    library.define("rows(Tensor self, Tensor index) -> Tensor")
    library.impl("twice_plus", lambda x, addend: x + x + addend, "CompositeExplicitAutograd")
    library.impl("rows", lambda x, index: x[index], "CompositeExplicitAutograd")
    (tmp_path / "dummy_family.py").write_text(FAMILY, encoding="utf-8")
    monkeypatch.setattr(families, "__path__", [*families.__path__, str(tmp_path)])
    ops.formulas.cache_clear()
    yield
    sys.modules.pop("costmodel.ops.families.dummy_family", None)
    for name in [name for name in formula._registry if name.startswith("dummy.")]:
        del formula._registry[name]
    ops.formulas.cache_clear()
    library._destroy()


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.last(torch.ops.dummy.twice_plus(self.first(x), 3.0))
        return result


def test_a_file_in_the_families_is_all_that_an_op_needs(dummy: None) -> None:
    with torch.no_grad():
        plan = plan_training(Net(), {"input": "3x6x6"})
        trace = trace_inference(plan)
    row = next(row for row in costmodel.count(trace).rows if row.op == "dummy.twice_plus.default")
    assert row.work is not None
    assert row.work.scalar_ops.total == 2 * 8 * 4 * 4
    # its traits are read by the passes: an elementwise op keeps channels, a look-up reads what it returns
    assert [(w.size, len(w.uses)) for w in widths(trace)] == [(8, 2)]
    assert ops.traits_of("dummy.rows").looks_up == "self"


def test_its_program_is_executed_against_its_count_and_against_torch(dummy: None) -> None:
    entry: Any = ops.lookup("dummy.twice_plus")
    tally = Tally()
    x = torch.randn(2, 3, dtype=torch.float64)
    numbers = np.vectorize(tally.number, otypes=[object])(x.numpy())
    mine = entry.on_arrays(self=numbers, addend=3.0)
    theirs = torch.ops.dummy.twice_plus(x, 3.0)
    assert [n.value for n in mine.reshape(-1)] == theirs.reshape(-1).tolist()
    assert tally.scalar_ops().total == 2 * x.numel()


def test_a_look_up_of_its_own_reads_what_it_returns(dummy: None) -> None:
    class Pick(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            picked: torch.Tensor = torch.ops.dummy.rows(x, torch.zeros(2, dtype=torch.int64))
            return picked

    with torch.no_grad():
        trace = trace_inference(plan_training(Pick(), {"input": "100"}))
    call = next(call for call in trace.calls if call.packet == "dummy.rows")
    assert bytes_moved(call, trace) == (2 * 100 * 4 + 2 * 8, 2 * 100 * 4)


def test_without_the_file_the_op_is_unknown_and_never_zero() -> None:
    assert ops.lookup("dummy.twice_plus") is None
    assert ops.traits_of("dummy.twice_plus") == NO_TRAITS


def test_a_trait_that_does_not_exist_is_refused() -> None:
    with pytest.raises(TypeError, match="keeps_chanels"):
        formula.formula(torch.ops.aten.relu, keeps_chanels=True)
