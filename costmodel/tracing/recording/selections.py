"""Rows that a mask of the data selects, as long as they are only moved: ``out[m] = x[m]``.

How many they are does not exist before the run. Moving data is free, whatever its amount, so they may be as many as
there are; the first op that does arithmetic with them is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from costmodel.errors import TraceError
from costmodel.ir.trace import OpCall
from costmodel.tracing.hints import CONCRETE

aten = torch.ops.aten

_MOVES = frozenset(
    {
        aten.view, aten._unsafe_view, aten.reshape, aten.clone, aten.detach, aten.alias, aten.copy_, aten.contiguous,
        aten._to_copy, aten.expand, aten.permute, aten.transpose, aten.t, aten.unsqueeze, aten.squeeze, aten.select,
        aten.zeros_like, aten.empty_like, aten.ones_like,
    }
)  # fmt: skip
_ASKS = frozenset({aten.new_zeros, aten.new_empty, aten.new_full, aten.new_ones, aten.new_empty_strided})
"""Ops that take nothing but type and place."""
_PUTS = frozenset({aten.index_put, aten.index_put_, aten._index_put_impl_, aten._unsafe_index_put})


class Selections:
    """Memory of which nobody knows how much of it there is, by the recorder's numbers of its storages."""

    def __init__(self) -> None:
        self._lines: dict[int, str] = {}

    def __bool__(self) -> bool:
        return bool(self._lines)

    def taken(self, storage: int, line: str) -> None:
        """What a mask selects lies in this storage; ``line`` is where it was asked for."""
        self._lines[storage] = line

    def used(self, func: Any, call: OpCall, storage_of: Callable[[int], int]) -> None:
        """An op has run; what it moved out of such memory is such memory too.

        Raises:
            TraceError: it computes with rows of which nobody knows how many they are.
        """
        line = next((found for i in call.inputs if (found := self._lines.get(storage_of(i)))), None)
        if line is None:
            return
        packet = func.overloadpacket
        if packet in _PUTS and not dict(call.arguments).get("accumulate"):
            return  # into memory whose size is known
        if packet in _ASKS:
            return
        if packet not in _MOVES:
            raise TraceError(
                f"{line}: a mask of the data selects how many rows {func} computes with, so its cost depends on the "
                "data; use torch.where or a fixed number of rows",
                hint=CONCRETE,
            )
        self._lines.update((storage_of(i), line) for i in call.outputs if i is not None)
