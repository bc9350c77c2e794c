"""An argument of a call: plain values, tensors by their ids, and names for what JSON has no word for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class TensorRef:
    """A tensor as an argument of a call: the id of its :class:`~costmodel.ir.tensor.TensorSpec`."""

    tensor: int


@dataclass(frozen=True, slots=True)
class Symbol:
    """An argument that JSON has no word for: ``kind`` is dtype, layout, device, memory_format, float or complex."""

    kind: str
    name: str


Argument: TypeAlias = "None | bool | int | float | str | TensorRef | Symbol | tuple[Argument, ...]"


def tensor_ids(value: Argument) -> Iterator[int]:
    """The ids of the tensors inside an argument, in order."""
    if isinstance(value, TensorRef):
        yield value.tensor
    elif isinstance(value, tuple):
        for item in value:
            yield from tensor_ids(item)
