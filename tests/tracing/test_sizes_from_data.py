"""Rows that a mask selects, packed sequences and lazy layers: sizes that are not in the code."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from torch.utils._python_dispatch import TorchDispatchMode

import costmodel
from costmodel.errors import TraceError
from costmodel.ir.trace import Phase


class Moves(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = torch.zeros_like(x)
        mask = x > 0
        out[mask] = x[mask]
        logits: torch.Tensor = self.layer(out)
        return logits


class Sums(Moves):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.layer(x)
        return logits * x[x > 0].sum()


class Backwards(Moves):
    """The gradient of what is moved is added up, row by row."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.layer(x)
        out = torch.zeros_like(logits)
        out[logits > 0] = logits[logits > 0]
        return out


def test_rows_that_are_only_moved_cost_nothing() -> None:
    analysis = costmodel.analyze(Moves, input="8", batch=4)
    assert analysis.totals.complete
    assert analysis.totals.macs.forward == 4 * 8 * 3
    assert analysis.totals.operations.forward == 4 * 8 + 4 * 3 * (8 + 8)  # the comparison; products, sums with the bias


@pytest.mark.parametrize(("model", "op"), [(Sums, "aten.sum"), (Backwards, "aten.index_put")])
def test_rows_that_are_computed_with_are_refused_with_the_line(model: type[nn.Module], op: str) -> None:
    with pytest.raises(TraceError, match=f"a mask of the data selects how many rows {op}") as caught:
        costmodel.analyze(model, input="8", batch=4)
    if model is Sums:
        assert str(caught.value).startswith("test_sizes_from_data.py:")


LENGTHS = [4, 3, 3, 1]


class Packed(nn.Module):
    def __init__(self, kind: Any, **options: Any) -> None:
        super().__init__()
        self.rnn = kind(5, 6, batch_first=True, **options)
        self.head = nn.Linear(6 * (2 if options.get("bidirectional") else 1), 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        packed = pack_padded_sequence(x, LENGTHS, batch_first=True)
        out, _ = self.rnn(packed)
        padded, lengths = pad_packed_sequence(out, batch_first=True)
        assert padded.shape[:2] == (4, 4)
        assert lengths.shape == (4,)
        logits: torch.Tensor = self.head(padded[:, 0])
        return logits


class _Ops(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.seen: Counter[str] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.seen[str(func)] += 1
        return func(*args, **(kwargs or {}))


_COPIES = ("slice", "view", "copy_", "empty", "zeros", "lift", "detach", "alias", "scalar", "as_strided", "full",
           "transpose", "select", "unbind", "clone", "new_")  # fmt: skip
"""Parts of the names of what moves data, which is done here in Python and there in C++."""


@pytest.mark.parametrize(
    ("kind", "options"),
    [(nn.GRU, {}), (nn.GRU, {"bidirectional": True}), (nn.LSTM, {"num_layers": 2}), (nn.RNN, {})],
)
def test_a_packed_sequence_runs_the_ops_of_a_real_one(kind: type[nn.RNNBase], options: dict[str, Any]) -> None:
    ops = _Ops()
    model = Packed(kind, **options)
    x = torch.randn(4, 4, 5)
    with ops:
        F.cross_entropy(model(x), torch.zeros(4, dtype=torch.int64)).backward()  # type: ignore[no-untyped-call]
    real = Counter({op: n for op, n in ops.seen.items() if not any(part in op for part in _COPIES)})
    training = costmodel.trace(lambda: Packed(kind, **options), input="4x5", batch=4)
    calls = [c for c in training.phases[0].trace.calls if c.phase is not Phase.OPTIMIZER]
    traced = Counter(c.op for c in calls if not any(part in c.op for part in _COPIES))
    assert traced == real


class Lazy(nn.Module):
    def __init__(self, sized: bool) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.LazyConv2d(4, 3), nn.LazyBatchNorm2d(), nn.ReLU(), nn.Flatten(), nn.LazyLinear(5)
        )
        if sized:
            self.layers(torch.zeros(2, 3, 8, 8))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.layers(x)
        return logits


LAZY = {
    "sized in the constructor": lambda: Lazy(True),
    "sized by the batch": lambda: Lazy(False),
    "an instance with sizes": Lazy(True),
    "an instance without": Lazy(False),
}


@pytest.mark.parametrize("how", LAZY)
def test_a_lazy_layer_is_the_layer_that_it_becomes(how: str) -> None:
    plain = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 5))
    due = costmodel.analyze(plain, input="3x8x8", batch=2, optimizer="adam").totals
    found = costmodel.analyze(LAZY[how], input="3x8x8", batch=2, optimizer="adam").totals
    assert found.peak_activation_bytes.layer_io == due.peak_activation_bytes.layer_io
    memory, other = (replace(totals.peak_memory_bytes, over_step=()) for totals in (found, due))
    assert memory == other  # the moments of the step name their layers, which are called otherwise here
    activation, peak = due.peak_activation_bytes, due.peak_memory_bytes
    assert replace(found, peak_activation_bytes=activation, peak_memory_bytes=peak) == due
    inference = costmodel.analyze(LAZY[how], input="3x8x8", phase="inference").totals
    assert inference.operations == costmodel.analyze(plain, input="3x8x8", phase="inference").totals.operations
