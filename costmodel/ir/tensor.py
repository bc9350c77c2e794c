"""Tensors as plain data: a shape, an element type, and the memory that they share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from math import prod

from costmodel.errors import FormatError

_ITEM_BYTES = {
    "bool": 1,
    "uint8": 1,
    "int8": 1,
    "float8_e4m3fn": 1,
    "float8_e5m2": 1,
    "int16": 2,
    "uint16": 2,
    "float16": 2,
    "bfloat16": 2,
    "int32": 4,
    "uint32": 4,
    "float32": 4,
    "complex32": 4,
    "int64": 8,
    "uint64": 8,
    "float64": 8,
    "complex64": 8,
    "complex128": 16,
}


class Role(str, Enum):
    """What a tensor's memory is for, in the words of torch's MemTracker."""

    INPUT = "input"
    PARAMETER = "parameter"
    BUFFER = "buffer"
    ACTIVATION = "activation"
    GRADIENT = "gradient"
    OPTIMIZER_STATE = "optimizer_state"
    TEMPORARY = "temporary"


def item_bytes(dtype: str) -> int:
    """Bytes of one element of ``dtype`` (torch's name without the ``torch.``)."""
    try:
        return _ITEM_BYTES[dtype]
    except KeyError:
        raise FormatError(f"unknown element type {dtype!r}; known: {sorted(_ITEM_BYTES)}") from None


@dataclass(frozen=True)
class TensorMeta:
    """Shape and element type: all that a formula may see of a tensor."""

    shape: tuple[int, ...]
    dtype: str = "float32"

    @cached_property
    def numel(self) -> int:
        """Number of elements."""
        return prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of the elements (not of the storage)."""
        return self.numel * item_bytes(self.dtype)

    @property
    def is_floating(self) -> bool:
        """True for real and complex floating types: arithmetic on others is index work (COUNTING row 15)."""
        return self.dtype.startswith(("float", "bfloat", "complex"))


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorSpec:
    """One tensor of a trace; ``storage`` ties views and in-place results to the memory they share."""

    id: int
    shape: tuple[int, ...]
    dtype: str
    device: str
    role: Role
    storage: int

    @property
    def meta(self) -> TensorMeta:
        """Shape and element type alone."""
        return TensorMeta(self.shape, self.dtype)

    @property
    def nbytes(self) -> int:
        """Bytes of the tensor's elements."""
        return self.meta.nbytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """A piece of memory and its lifetime, in calls of the recorded step.

    Born with the call numbered ``born`` (-1: before the step), gone before the call numbered ``died`` runs
    (None: outlives the step).
    """

    id: int
    nbytes: int
    role: Role
    born: int
    died: int | None
