"""A machine's vector unit: what the work beside the loop nests is done on, and what an operation of it costs."""

from __future__ import annotations

from pydantic import model_validator

from costmodel.files.documents import Strict
from costmodel.hardware.quantity import WATTS, SourcedQuantity, check_unit


class VectorSpec(Strict):
    """The unit that does the work beside the loop nests: elementwise work, pooling, normalisation, the optimizer.

    A kind of operation without a number has no energy here: its operations are then listed, never priced at zero.

    Attributes:
        level: name of the storage level where its operands live.
        word_bits: width of the operations that the energies are of.
        lanes: operations a cycle; without it nobody can say how many cycles the work takes.
        add, multiply, divide, compare, transcendental, random: energy of one operation of the kind (see
            :class:`costmodel.ir.work.ScalarOps`), its operands not included.
        leakage: power of the whole unit when it does nothing.
    """

    level: str
    word_bits: SourcedQuantity
    lanes: SourcedQuantity | None = None
    add: SourcedQuantity | None = None
    multiply: SourcedQuantity | None = None
    divide: SourcedQuantity | None = None
    compare: SourcedQuantity | None = None
    transcendental: SourcedQuantity | None = None
    random: SourcedQuantity | None = None
    leakage: SourcedQuantity | None = None

    @model_validator(mode="after")
    def _lanes_are_some(self) -> VectorSpec:
        if self.lanes is not None and self.lanes.value < 1:
            raise ValueError("vector, lanes: at least 1; leave it out where it is not known")
        check_unit(self.leakage, WATTS, "vector, leakage")
        return self

    def pj_of(self, kind: str) -> float | None:
        """Energy of one operation of a kind, None where the file has no number."""
        known: SourcedQuantity | None = getattr(self, kind)
        return None if known is None else float(known.value)
