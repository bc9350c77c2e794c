"""Calls in their order, with what they move and what they do beside their nests, on traces made by hand."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

import costmodel
from costmodel.ir.schedule import Held, Operand, ScheduledCall
from costmodel.ir.tensor import Role, Storage
from costmodel.ir.trace import Phase
from costmodel.ir.work import ScalarOps, Work
from costmodel.passes.schedule import beyond_nests, schedule
from costmodel.passes.work import count
from tests.passes.test_by_hand import nest
from tests.passes.traces import Maker, ref


def scheduled(
    maker: Maker, phase: str = "inference", **more: Any
) -> tuple[tuple[ScheduledCall, ...], tuple[Held, ...]]:
    trace = maker.trace(**more)
    found = schedule(trace, count(trace), phase)
    return found.calls, found.held


def test_operands_in_words_and_bytes() -> None:
    maker = Maker()
    x, w = maker.tensor(2, 3, role=Role.INPUT), maker.weight(3, 5)
    y, flat = maker.tensor(2, 5), maker.tensor(10, storage=2)
    z, half = maker.tensor(10), maker.tensor(10, dtype="float16")
    maker.op("mm.default", {"self": ref(x), "mat2": ref(w)}, y, scope="fc")
    maker.op("view.default", {"self": ref(y)}, flat)
    maker.op("relu.default", {"self": ref(flat)}, z, scope="act")
    maker.op("_to_copy.default", {"self": ref(z)}, half)
    storages = [Storage(id=x, nbytes=24, role=Role.INPUT, born=-1, died=None),
                Storage(id=y, nbytes=40, role=Role.ACTIVATION, born=0, died=3)]  # fmt: skip
    (product, act, cast), held = scheduled(maker, storages=tuple(storages))
    assert (product.mapped, product.in_nests, product.beside.total, product.elementwise) == (True, 50, 0, False)
    # 2·5 dots of length 3 are 30 multiplies and 20 adds; floats of 4 bytes
    assert product.reads == (Operand(held=0, words=6, nbytes=24), Operand(held=1, words=15, nbytes=60))
    assert (product.part, product.layer, product.nbytes) == ("forward", "fc", 24 + 60 + 40)
    # the view is left out; what it names is the product's memory
    assert (act.reads, act.writes) == ((Operand(held=2, words=10, nbytes=40),), (Operand(held=3, words=10, nbytes=40),))
    assert (act.mapped, act.beside, act.elementwise) == (False, ScalarOps(compare=10), True)
    assert cast.writes == (Operand(held=4, words=10, nbytes=20),)
    assert (cast.layer, cast.beside.total) == ("(model)", 0)
    # there before, gone after; of what nobody says, it outlives the step
    assert held[0] == Held(words=6, nbytes=24, before=True, after=True)
    assert held[2] == Held(words=10, nbytes=40, before=False, after=False)
    assert held[4] == Held(words=10, nbytes=20, before=False, after=True)


def test_a_look_up_reads_what_it_returns_and_a_complex_number_is_two_words() -> None:
    maker = Maker()
    table, index, rows = maker.weight(100, 4), maker.tensor(3, dtype="int64"), maker.tensor(3, 4)
    maker.op("embedding.default", {"weight": ref(table), "indices": ref(index)}, rows)
    z, w = maker.tensor(5, dtype="complex64"), maker.tensor(5, dtype="complex64")
    maker.op("neg.default", {"self": ref(z)}, w)
    (look_up, negate), held = scheduled(maker)
    assert {operand.words for operand in look_up.reads} == {12, 3}
    assert held[0].words == 400
    assert (negate.reads[0].words, negate.writes[0].nbytes) == (10, 40)


def test_parts_of_the_step_and_batch_norm_in_evaluation() -> None:
    maker = Maker()
    x, c = maker.tensor(1, 2, 3, 3), [maker.weight(2) for _ in range(4)]
    words = dict(zip(("weight", "bias", "running_mean", "running_var"), map(ref, c), strict=True))
    for training in (False, True):
        outputs = (maker.tensor(1, 2, 3, 3), maker.tensor(0 if not training else 2), maker.tensor(0))
        arguments = {"input": ref(x), **words, "training": training, "momentum": 0.1, "eps": 1e-5}
        maker.op("native_batch_norm.default", arguments, *outputs, phase=Phase.FORWARD if training else Phase.BACKWARD)
    evaluated, trained = scheduled(maker, "training")[0]
    assert (evaluated.elementwise, len(evaluated.writes)) == (True, 1)
    assert not trained.elementwise
    assert [call.part for call in scheduled(maker)[0]] == ["forward"]


def test_what_a_call_does_beyond_its_nests() -> None:
    product = nest_of(2, 3, 5)  # 30 multiply-accumulates
    full = Work(nests=((product, 2),), scalar_ops=ScalarOps(multiply=60, add=60))
    assert beyond_nests(full) == ScalarOps()
    more = Work(nests=((product, 2),), scalar_ops=ScalarOps(multiply=61, add=50, divide=3, transcendental=4))
    assert beyond_nests(more) == ScalarOps(multiply=1, divide=3, transcendental=4)
    assert beyond_nests(Work(scalar_ops=ScalarOps(add=7))) == ScalarOps(add=7)


def nest_of(rows: int, depth: int, columns: int) -> Any:
    from costmodel.ir.tensor import TensorMeta

    return nest(
        "mm", self=TensorMeta((rows, depth)), mat2=TensorMeta((depth, columns)), out=TensorMeta((rows, columns))
    )


class _Products(nn.Module):
    """Every kind of nest that torch has, on real and complex numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(4, 4))
        self.lstm, self.gru = nn.LSTM(4, 4, batch_first=True), nn.GRU(4, 4, batch_first=True)
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
        self.conv, self.back = (
            nn.Conv1d(4, 4, 3, padding=2, dilation=2, groups=2),
            nn.ConvTranspose1d(4, 4, 3, stride=2),
        )
        self.bilinear = nn.Bilinear(4, 4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.gru(self.lstm(x)[0])[0]
        x = self.attention(x, x, x)[0] + nn.functional.scaled_dot_product_attention(x, x, x)
        x = self.conv(x.mT).mT
        y = torch.baddbmm(x, x, self.weight.expand(len(x), 4, 4)) + torch.einsum("btc,cd->btd", x, self.weight)
        z = torch.complex(y, x) @ torch.complex(self.weight, self.weight)
        far = torch.cdist(y, x).mean() + torch.dot(x.flatten(), y.flatten()) + torch.mv(self.weight, x[0, 0]).sum()
        found: torch.Tensor = self.back(y.mT).sum() + self.bilinear(x, y).sum() + z.real.sum() + z.imag.sum() + far
        return found


def test_a_nest_has_a_multiply_for_each_multiply_accumulate() -> None:
    trace = costmodel.trace(_Products(), input=(6, 4), batch=2, loss="output")
    counts = costmodel.count(trace)
    assert sum(row.work.macs for row in counts.rows if row.work is not None) > 0
    assert [row.op for row in counts.rows if row.work is not None and beyond_nests(row.work).multiply < 0] == []
