"""Lengths that are lists give the step that tensors give; a form of an op without a formula says what it is."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn
from torch._subclasses import FakeTensorMode
from torch.nn import functional as F
from torch.utils._python_dispatch import TorchDispatchMode

import costmodel
from costmodel.tracing.modes.replaying import UnknownError
from costmodel.tracing.recording.packing import Packing, padded_in_python


class Speech(nn.Module):
    def __init__(self, kind: str) -> None:
        super().__init__()
        self.letters, self.kind = nn.Linear(4, 6), kind

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        scores = self.letters(x).log_softmax(-1).transpose(0, 1)
        lengths: tuple[Any, Any] = ([7, 5], (3, 2))
        if self.kind == "tensors":
            lengths = torch.tensor([7, 5]), torch.tensor([3, 2])
        targets = torch.ones(2, 3, dtype=torch.long)
        if self.kind == "module":
            loss: torch.Tensor = nn.CTCLoss()(scores, targets, *lengths)
            return loss
        return F.ctc_loss(scores, targets, *lengths)


@pytest.mark.parametrize("kind", ["lists", "module"])
def test_lengths_in_lists_are_those_in_tensors(kind: str) -> None:
    one, other = (costmodel.analyze(Speech(k), input="7x4", batch=2, loss="output") for k in (kind, "tensors"))
    assert one.totals.complete
    assert one.totals.operations == other.totals.operations
    assert one.totals.parameters == other.totals.parameters == 30


class Iterates(nn.Module):
    """Least squares by singular values, which has no count that shapes give; by QR it has."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.eye(3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = torch.linalg.lstsq(self.w.detach(), torch.ones(3, 1), driver="gelsd").solution
        return found.sum() + self.w.sum() * x.sum()


def test_a_form_without_a_formula_says_what_it_is() -> None:
    analysis = costmodel.analyze(Iterates(), input="1", loss="output")
    assert not analysis.totals.complete
    (called,) = [u for u in analysis.uncounted if u.op == "aten.linalg_lstsq.default"]
    assert called.message.endswith("is not that of this call (complex numbers, or another algorithm)")


class Copies(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """The shapes of what is copied."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.shapes: list[tuple[int, ...]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.ops.aten.copy_.default:
            self.shapes.append(tuple(args[1].shape))
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize(
    ("lengths", "moved"),
    [
        # rows at each step: 4 3 3 1 1, 2 2 2, 3 2 1, 1
        ([5, 3, 3, 1], [(1, 4, 2), (2, 3, 2), (2, 1, 2)]),
        ([3, 3], [(3, 2, 2)]),
        ([3, 2, 1], [(1, 3, 2), (1, 2, 2), (1, 1, 2)]),
        ([1], [(1, 1, 2)]),
    ],
)
@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("total", [0, 7])
def test_what_is_packed_comes_back_in_as_few_pieces_as_there_are_numbers_of_rows(
    lengths: list[int], moved: list[tuple[int, ...]], batch_first: bool, total: int
) -> None:
    rows = torch.tensor([sum(n > step for n in lengths) for step in range(max(lengths))])
    data = torch.randn(int(rows.sum()), 2)
    right, known = torch._VF._pad_packed_sequence(data, rows, batch_first, 0.0, total)
    with FakeTensorMode() as mode, padded_in_python(), Copies() as copies:
        found, told = torch._VF._pad_packed_sequence(mode.from_tensor(data), rows, batch_first, 0.0, total)
    assert (found.shape, told.shape) == (right.shape, known.shape)
    assert copies.shapes == moved


def test_rows_of_a_padded_batch() -> None:
    with FakeTensorMode() as mode:
        packing = Packing()
        padded = mode.from_tensor(torch.zeros(3, 5, 2))
        for batch_first, counts, rows in ((True, [5, 2, 1], [3, 2, 1, 1, 1]), (False, [3, 3, 1, 1, 1], [5, 2, 2])):
            data, sizes = packing.packed(padded, counts, batch_first)
            assert (tuple(data.shape), sizes.tolist()) == ((sum(counts), 2), rows)
            assert packing.concerns((data, [sizes]), {})
            assert packing.concerns((), {"sizes": sizes})
        assert not packing.concerns((padded, 3), {})
        assert not Packing().concerns((sizes,), {})
        for counts in ([6, 1, 1], [3, 0, 1]):
            with pytest.raises(UnknownError):
                packing.packed(padded, counts, True)
        packing.packed(padded, [1, 1, 1], True)
        more = packing.run(torch.ops.aten.cumsum.default, (sizes, 0), {})
        assert packing.concerns((more,), {})
        assert more.tolist() == [5, 7, 9]
