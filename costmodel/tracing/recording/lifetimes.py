"""Storages and how long they live, watched through weak references while the step runs."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from dataclasses import dataclass

import torch

from costmodel.ir.tensor import Role
from costmodel.tracing import compat

BEFORE = (-1, 0)
"""The moment before everything: in no segment."""


@dataclass(slots=True)
class Life:
    """A storage under observation; times are (segment, number of calls made in it so far)."""

    nbytes: int
    role: Role
    born: tuple[int, int]
    died: tuple[int, int] | None = None
    owner: str | None = None


class Lifetimes:
    """Numbers storages and notes when each appears and disappears.

    Nothing here keeps a storage alive. A storage is recognised by its address in C++ while it lives; the weak
    reference's callback forgets the address the moment the memory is given back.
    """

    def __init__(self) -> None:
        self.lives: list[Life] = []
        self.now = (0, 0)
        self._by_address: dict[int, tuple[int, weakref.ref[torch.UntypedStorage]]] = {}

    def number(self, tensor: torch.Tensor, role: Role) -> int:
        """The id of the tensor's storage; a new one is born now, with ``role``."""
        storage, _ = compat.memory_of(tensor)
        address = storage._cdata
        known = self._by_address.get(address)
        if known is not None:
            return known[0]
        number = len(self.lives)
        self.lives.append(Life(storage.nbytes(), role, self.now))

        def gone(_: object) -> None:
            self.lives[number].died = self.now
            self._by_address.pop(address, None)

        self._by_address[address] = (number, weakref.ref(storage, gone))
        return number

    def owner_of(self, read: Iterable[int], written: Iterable[int]) -> str:
        """The module for whose parameter an op of the optimizer works, "" if for several; its results are the module's.

        Args:
            read: storages that it reads.
            written: those of its results.
        """
        owners = {owner for storage in read if (owner := self.lives[storage].owner) is not None}
        if len(owners) != 1:
            return ""
        (owner,) = owners
        for storage in written:
            if self.lives[storage].owner is None:
                self.lives[storage].owner = owner
        return owner

    def forget(self) -> None:
        """Stop watching: later deaths are not part of the step."""
        self._by_address.clear()
