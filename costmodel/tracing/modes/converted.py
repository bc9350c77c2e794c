"""``net.half()`` and ``net.cuda()`` on fake parameters: what torch does to plain ones by another way."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import torch

from costmodel.tracing import compat


@contextmanager
def convertible() -> Iterator[None]:
    """A stretch in which ``Module.to`` converts a parameter that something refers to.

    Torch swaps a fake parameter for the converted one, and refuses where anything else holds it: the graph of what was
    computed from it, or the note of a constant's value (``nn.Parameter(torch.tensor(0.1))``). Of a plain parameter it
    sets the data, which nothing stands against.
    """
    swap: Any = torch.utils.swap_tensors

    @functools.wraps(swap)
    def swapped(one: torch.Tensor, other: torch.Tensor) -> None:
        try:
            swap(one, other)
        except RuntimeError:
            if not isinstance(one, compat.FakeTensor) or not isinstance(other, compat.FakeTensor):
                raise
            one.data = other.detach()
            one.constant = None  # its value was of another type

    with patch.object(torch.utils, "swap_tensors", swapped):
        yield
