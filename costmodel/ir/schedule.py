"""The calls of a step in their order, with the memory that each reads and writes."""

from __future__ import annotations

from dataclasses import dataclass

from costmodel.ir.work import ScalarOps


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A piece of memory of the step (a storage), as long as it lives.

    Attributes:
        words: elements of the largest tensor in it; a complex number is two.
        nbytes: bytes of that tensor.
        before: it is there before the first call (the batch, weights, an optimizer's state).
        after: it outlives the last call.
    """

    words: int
    nbytes: int
    before: bool
    after: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Operand:
    """What a call moves of one piece of memory, which is named by its place in ``Schedule.held``."""

    held: int
    words: int
    nbytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledCall:
    """One call.

    Attributes:
        part: of the step.
        layer: as reports name it.
        op: full overload name.
        mapped: it has loop nests: the machine's mapping moves its operands.
        in_nests: operations that are the nests' multiply-accumulates (see :mod:`costmodel.passes.schedule`).
        beside: the other operations by kind, all of them where nothing is mapped.
        elementwise: each element of its result needs one element of each operand.
        reads, writes: its operands; empty where nothing moves.
    """

    part: str
    layer: str
    op: str
    mapped: bool
    in_nests: int
    beside: ScalarOps
    elementwise: bool
    reads: tuple[Operand, ...]
    writes: tuple[Operand, ...]

    @property
    def nbytes(self) -> int:
        """Bytes that it reads and writes."""
        return sum(operand.nbytes for operand in (*self.reads, *self.writes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The calls of a phase in order of execution; views, which do nothing and move nothing, are left out."""

    held: tuple[Held, ...]
    calls: tuple[ScheduledCall, ...]
