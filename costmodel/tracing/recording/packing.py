"""Packed sequences (``pack_padded_sequence``) whose lengths are known.

Torch's recurrent layers loop in C++ over the number of rows at each time step, which they read from memory: these
numbers are a real tensor in a step of fake ones, and so is what is made of them alone.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import torch
from torch.utils._pytree import tree_flatten

from costmodel.tracing import compat
from costmodel.tracing.modes.replaying import UnknownError

aten = torch.ops.aten

_PACK = aten._pack_padded_sequence.default
_UNPACK_GRADIENT = aten._pack_padded_sequence_backward.default


@contextmanager
def padded_in_python() -> Iterator[None]:
    """A stretch in which ``pad_packed_sequence`` does in Python what torch does in C++, where it writes into memory."""
    plain = torch._VF._pad_packed_sequence

    def pad(data: torch.Tensor, sizes: torch.Tensor, batch_first: bool, value: float, total: int) -> Any:
        if isinstance(sizes, compat.FakeTensor) or not isinstance(data, compat.FakeTensor):
            return plain(data, sizes, batch_first, value, total)
        with compat.without_modes():
            rows = sizes.tolist()
        padded = torch.full((max(total, len(rows)), rows[0], *data.shape[1:]), value, dtype=data.dtype)
        start = offset = 0
        for step in range(1, len(rows) + 1):  # steps of equally many rows are moved together
            if step < len(rows) and rows[step] == rows[start]:
                continue
            count = rows[start] * (step - start)
            piece = data[offset : offset + count].view(step - start, rows[start], *data.shape[1:])
            padded[start:step, : rows[start]].copy_(piece)
            start, offset = step, offset + count
        lengths = torch.tensor([sum(count > row for count in rows) for row in range(rows[0])])
        return padded.transpose(0, 1) if batch_first else padded, lengths

    with (
        patch.object(torch._VF, "_pad_packed_sequence", pad, create=True),
        patch.object(torch, "ctc_loss", _with_lengths_as_tensors(torch.ctc_loss)),
    ):
        yield


def _with_lengths_as_tensors(plain: Any) -> Any:
    """``F.ctc_loss`` with lengths that are lists: torch makes tensors of them in C++, which writes into memory."""

    @functools.wraps(plain)
    def ctc_loss(scores: torch.Tensor, targets: torch.Tensor, *lengths: Any, **words: Any) -> torch.Tensor:
        if isinstance(scores, compat.FakeTensor):
            lengths = tuple(torch.tensor(x) if isinstance(x, (list, tuple)) else x for x in lengths)
        loss: torch.Tensor = plain(scores, targets, *lengths, **words)
        return loss

    return ctc_loss


class Packing:
    """The real tensors of a step: numbers of rows."""

    def __init__(self) -> None:
        self._real: dict[int, torch.Tensor] = {}

    def packed(self, padded: torch.Tensor, counts: Sequence[int], batch_first: bool) -> Any:
        """The rows of a padded batch one after the other, and how many there are at each time step.

        Args:
            padded: [batch, time, …], or [time, batch, …].
            counts: the length of each sequence.
            batch_first: which of the two it is.

        Raises:
            UnknownError: no such lengths can be; torch says why.
        """
        time = padded.shape[1 if batch_first else 0]
        if min(counts) < 1 or max(counts) > time:
            raise UnknownError
        rows = compat.fresh_zeros(padded, (sum(counts), *padded.shape[2:]), padded.dtype)
        with compat.without_modes():
            sizes = torch.tensor([sum(count > step for count in counts) for step in range(max(counts))])
        return rows, self._kept(sizes)

    def concerns(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
        """True for an op that is given such numbers."""
        return bool(self._real) and any(
            isinstance(leaf, torch.Tensor) and leaf.untyped_storage()._cdata in self._real
            for leaf in tree_flatten((args, kwargs))[0]
        )

    def run(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """The result of such an op."""
        if func is _UNPACK_GRADIENT:
            return compat.fresh_zeros(args[0], args[1], args[0].dtype)
        with compat.without_modes():
            result = func(*args, **kwargs)
        for leaf in tree_flatten(result)[0]:
            if isinstance(leaf, torch.Tensor):
                self._kept(leaf)
        return result

    def _kept(self, tensor: torch.Tensor) -> torch.Tensor:
        self._real[tensor.untyped_storage()._cdata] = tensor
        return tensor
