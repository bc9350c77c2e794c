"""Initialisers that take fewer ops give torch's own values."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from costmodel.tracing.modes.initialisers import quick_initialisers


@pytest.mark.parametrize(
    ("shape", "groups"),
    [((4, 3, 3), 1), ((3, 5, 2, 4), 1), ((6, 2, 3, 3), 3), ((6, 4, 1, 2), 2), ((4, 2, 3, 3, 3), 2)],
)
def test_dirac_is_torchs(shape: tuple[int, ...], groups: int) -> None:
    due = nn.init.dirac_(torch.rand(shape), groups)
    with quick_initialisers():
        assert torch.equal(nn.init.dirac_(torch.rand(shape), groups), due)
    assert due.sum() == groups * min(shape[0] // groups, shape[1])


def test_what_torch_refuses_is_refused() -> None:
    with quick_initialisers(), pytest.raises(ValueError, match="divisible by groups"):
        nn.init.dirac_(torch.rand(4, 2, 3), 3)
