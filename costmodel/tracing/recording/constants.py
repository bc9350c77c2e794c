"""What a step knows of values: those that hang on buffers, constants and literals alone.

A mask that the constructor made, ``torch.arange(n)``, a counter in a buffer; and small random draws of the step, which
come out otherwise each time. What parameters and the batch reach is unknown, and stays so: an op that writes it into
known memory makes that unknown too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch.utils._pytree import tree_flatten

from costmodel.tracing import compat
from costmodel.tracing.modes.draws import Place
from costmodel.tracing.modes.replaying import UnknownError
from costmodel.tracing.modes.values import Values

aten = torch.ops.aten

_ITEM = aten._local_scalar_dense.default


_MOST_DRAWN = 4096
"""Random numbers of a draw that may decide something: a few, and not the noise of a whole batch."""


class Constants:
    """Known memory of a step, by the recorder's number of its storage.

    Args:
        values: of the construction.

    Attributes:
        drew: True once a value was asked for that hangs on a draw of the step.
    """

    def __init__(self, values: Values | None) -> None:
        self._values = values or Values()
        self._began = self._values.noted
        self.drew = False
        self._known: set[int] = set()
        self._before: set[int] = set()
        self._read: set[int] = set()
        self._changed: set[int] = set()

    @property
    def evolve(self) -> bool:
        """True if the step asked for a value that it also changes: a counter in a buffer."""
        return bool(self._read & self._changed)

    def evolves(self, tensor: torch.Tensor) -> bool:
        """True if the step asked for a value that hangs on this tensor, and changes it."""
        return self._values.knows(tensor) and self._values.number(tensor) in self._read & self._changed

    @contextmanager
    def drawing(self, place: Place | None) -> Iterator[None]:
        """A stretch in which draws come out at one place of what they may be; None is anywhere."""
        before, self._values.place = self._values.place, place
        try:
            yield
        finally:
            self._values.place = before

    def meet(self, tensor: torch.Tensor, storage: int) -> None:
        """A tensor from before the step is used for the first time."""
        if self._values.knows(tensor):
            self._known.add(storage)
            self._before.add(self._values.number(tensor))

    def literal(self, storage: int) -> None:
        """A real tensor of the program is used: a number, or a list of them."""
        self._known.add(storage)

    def know(self, storages: Iterable[int]) -> bool:
        """True if every one of these storages is known."""
        known = self._known
        return all(storage in known for storage in storages)

    def unknown_now(self, storages: Iterable[int]) -> None:
        """Something unknown was written into these storages."""
        self._known.difference_update(storages)

    def ran(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], result: Any, wrote: set[int]) -> None:
        """An op of which everything is known has run, and wrote these storages."""
        if torch.Tag.nondeterministic_seeded in func.tags and _size(result) > _MOST_DRAWN:
            self.unknown_now(wrote)
            return
        self._changed |= self._before & self._values.note(func, args, kwargs, result)
        self._known |= wrote

    def computed(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """The result of an op of which everything is known.

        Raises:
            UnknownError: it hangs on a random draw of the construction, or on too much.
        """
        result, origin = self._values.computed(func, args, kwargs)
        if any(number < self._began for number in origin.draws):
            raise UnknownError
        self.drew |= bool(origin.draws)
        self._read |= self._before & origin.storages
        return result

    def item(self, tensor: torch.Tensor) -> Any:
        """The value of a known tensor of one element, None if it cannot be said."""
        try:
            return self.computed(_ITEM, (tensor,), {})
        except UnknownError:
            return None

    def sized(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], is_known: Any) -> Any:
        """The result of an op whose size hangs on values: of all its operands, or of a mask.

        ``is_known`` tells whether a tensor is.

        Raises:
            UnknownError: they are not known.
        """
        if func is aten.masked_select.default:
            shape = torch.broadcast_shapes(args[0].shape, args[1].shape)  # type: ignore[no-untyped-call]
            func, args = aten.index.Tensor, (args[0].expand(shape), [args[1].expand(shape)])
        if func is aten.index.Tensor and all(index is None or is_known(index) for index in args[1]):
            return func(args[0], [number for index in args[1] for number in self._as_numbers(index)])
        if all(is_known(t) for t in tree_flatten((args, kwargs))[0] if isinstance(t, torch.Tensor)):
            return self.computed(func, args, kwargs)
        raise UnknownError

    def numbers(self, tensor: Any) -> list[int]:
        """The whole numbers of a known tensor of one dimension.

        Raises:
            UnknownError: they cannot be said.
        """
        return [int(self.computed(_ITEM, (item,), {})) for item in tensor.unbind()]

    def as_many_as_there_are(self, func: Any, args: tuple[Any, ...]) -> Any:
        """The result of an indexing by masks that are unknown, as if they selected everything; None of any other op."""
        if func is aten.masked_select.default:
            shape = torch.broadcast_shapes(args[0].shape, args[1].shape)  # type: ignore[no-untyped-call]
            args = (args[0].expand(shape), [args[1].expand(shape)])
        elif func is not aten.index.Tensor:
            return None
        indices: list[Any] = []
        for index in args[1]:
            indices += _positions(index, index.numel()) if _is_mask(index) else [index]
        return aten.index.Tensor(args[0], indices)

    def _as_numbers(self, index: Any) -> list[Any]:
        """A mask as the positions of its true elements, one tensor for each of its dims; any other index as it is."""
        if not _is_mask(index):
            return [index]
        return _positions(index, self.computed(aten.nonzero.default, (index,), {}).shape[0])


def _is_mask(index: Any) -> bool:
    return index is not None and index.dtype in (torch.bool, torch.uint8)


def _positions(mask: Any, count: int) -> list[Any]:
    """So many positions in a mask: a tensor of numbers for each of its dims."""
    return [compat.fresh_tensor(mask.fake_mode, ((count,), (1,), 0, torch.int64)) for _ in range(mask.dim())]


def _size(result: Any) -> int:
    """Elements of an op's result."""
    return sum(leaf.numel() for leaf in tree_flatten(result)[0] if isinstance(leaf, torch.Tensor))
