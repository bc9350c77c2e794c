"""What was done to make a tensor, as notes, and their running again on real tensors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils._pytree import tree_map

from costmodel.tracing import compat
from costmodel.tracing.modes.draws import Place, compared, place

aten = torch.ops.aten

_EMPTY = frozenset({aten.empty, aten.empty_like, aten.empty_strided, aten.new_empty, aten.new_empty_strided})
"""Memory with anything in it, here zeros: the same values each time."""


@dataclass(frozen=True)
class Lies:
    """Where a tensor lies: its storage, and how it looks into it."""

    storage: int
    size: tuple[int, ...]
    stride: tuple[int, ...]
    offset: int
    dtype: torch.dtype


@dataclass(frozen=True)
class Literal:
    """A tensor that was real when the op saw it."""

    tensor: torch.Tensor


@dataclass(frozen=True)
class Note:
    """One op: what it was given, and the memory that it wrote."""

    func: Any
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    results: tuple[Lies | None, ...]
    writes: frozenset[int]
    reads: frozenset[int]
    elements: int


class UnknownError(Exception):
    """A value that does not come from constants alone, or from too many; its text says which."""


class Replay:
    """A stretch of notes on real tensors."""

    def __init__(self, notes: list[tuple[int, Note]], seed: int, place: Place | None) -> None:
        self._notes = notes
        self._seed = seed
        self._drawn_at = place
        self._memory: dict[int, torch.Tensor] = {}

    def run(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], number: int) -> Any:
        """The result of an op after them."""
        with compat.without_modes(), torch.no_grad(), torch.random.fork_rng(devices=[]):
            for place, note in self._notes:
                result = self._one(note.func, note.args, note.kwargs, place)
                for where, tensor in zip(note.results, leaves(result), strict=True):
                    if where is not None and where.storage not in self._memory:
                        self._memory[where.storage] = _stored(tensor, where)
            return self._one(func, args, kwargs, number)

    def _one(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], number: int) -> Any:
        # a draw is the same whenever it is looked at; torch.manual_seed would seed every device, and note where from
        torch.default_generator.manual_seed(self._seed + number)
        args, kwargs = tree_map(self._decoded, args), tree_map(self._decoded, kwargs)
        result = func(*args, **kwargs)
        if self._drawn_at is not None:
            compared(func, args, self._drawn_at)
            if torch.Tag.nondeterministic_seeded in func.tags:
                place(result, func, args, kwargs, self._drawn_at)
        return result.zero_() if func.overloadpacket in _EMPTY else result

    def _decoded(self, leaf: Any) -> Any:
        if isinstance(leaf, Literal):
            return leaf.tensor.clone()
        if isinstance(leaf, torch.device):
            return torch.device("cpu")
        if isinstance(leaf, torch.Generator):
            return None
        if not isinstance(leaf, Lies):
            return leaf
        memory = self._memory.get(leaf.storage)
        if memory is None:
            raise UnknownError
        return _look(memory, leaf)


def leaves(value: Any) -> list[Any]:
    """The items of a result: a tensor, or a tuple of tensors and None."""
    return [leaf for item in value for leaf in leaves(item)] if isinstance(value, (list, tuple)) else [value]


def _look(memory: torch.Tensor, place: Lies) -> torch.Tensor:
    bare = torch.empty(0, dtype=place.dtype)
    return bare.set_(memory.untyped_storage(), place.offset, place.size, place.stride)


def _stored(tensor: torch.Tensor, place: Lies) -> torch.Tensor:
    """Memory with a result in it, laid out as the fake one was."""
    layout = tuple(tensor.shape), tuple(tensor.stride()), tensor.storage_offset()
    if layout == (place.size, place.stride, place.offset):
        return tensor
    extent = 1 + place.offset + sum((n - 1) * s for n, s in zip(place.size, place.stride, strict=True))
    memory = torch.zeros(max(extent, 0), dtype=place.dtype)
    _look(memory, place).copy_(tensor)
    return memory
