"""The workload: a network's loop nests as the layer problems that an accelerator maps, and what is not mapped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SCHEMA = "costmodel.workload/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer problem; equal ones are merged.

    Attributes:
        names: where it stands, as ``part:layer``, in order of execution, each place once.
        instance: bounds C M R S N P Q (depthwise: no M) and Wstride Hstride Wdilation Hdilation, as Timeloop names
            them; R pairs with P and W, S with Q and H.
        depthwise: one filter per channel.
        word_bits: precision of every data space.
        repeats: how often the problem is solved in a step.
        lowered_as: ``convolution``, ``depthwise`` or ``matrix product`` (a nest that has no form of its own).
    """

    names: tuple[str, ...]
    instance: Mapping[str, int]
    depthwise: bool
    word_bits: int
    repeats: int
    lowered_as: str

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one solution."""
        macs = 1
        for dim in ("C", "M", "R", "S", "N", "P", "Q"):
            macs *= self.instance.get(dim, 1)
        return macs


@dataclass(frozen=True, slots=True, kw_only=True)
class NotMapped:
    """Work beside the nests (elementwise, pooling, normalisation), by op: listed, never dropped."""

    op: str
    part: str
    times: int
    operations: int
    bytes_moved: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """Layer problems in order of first execution, and what no problem stands for.

    Attributes:
        operations: all operations of the phases asked for, of which ``not_mapped`` has its share.
        bytes_moved: likewise.
    """

    layers: tuple[Layer, ...]
    not_mapped: tuple[NotMapped, ...]
    operations: int
    bytes_moved: int

    @property
    def macs(self) -> int:
        """Multiply-accumulates of all layers, repeats included."""
        return sum(layer.macs * layer.repeats for layer in self.layers)
