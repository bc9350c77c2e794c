"""The workload: a network's loop nests as the layer problems that an accelerator maps, and what is not mapped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from costmodel.ir.doubts import Assumption, Uncounted
from costmodel.ir.noun import Noun
from costmodel.ir.schedule import Schedule

SCHEMA = "costmodel.workload/1"

_ORDER = ("C", "M", "R", "S", "N", "P", "Q", "Wstride", "Hstride", "Wdilation", "Hdilation")
"""Names of an instance in the order in which Timeloop's problem lists them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A layer of the network (as reports name it) and a part of the step that solve a problem ``times`` over."""

    part: str
    layer: str
    times: int


@dataclass(frozen=True, slots=True)
class LayerProblem:
    """A layer problem without its places: the key by which equal layers are one.

    Attributes:
        instance: bounds and steps, see :class:`Layer`.
        depthwise: one filter per channel.
        lowered_as: the form that the nest got.
        word_bits: precision of every data space.
    """

    instance: tuple[tuple[str, int], ...]
    depthwise: bool
    lowered_as: str
    word_bits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer problem; equal ones are merged.

    Attributes:
        places: its places in the network, in order of execution.
        instance: bounds C M R S N P Q (depthwise: no M) and Wstride Hstride Wdilation Hdilation, as Timeloop names
            them; R pairs with P and W, S with Q and H.
        depthwise: one filter per channel.
        word_bits: precision of every data space.
        lowered_as: ``convolution``, ``depthwise`` or ``matrix product`` (a nest that has no form of its own).
    """

    places: tuple[Place, ...]
    instance: Mapping[str, int]
    depthwise: bool
    word_bits: int
    lowered_as: str

    def __post_init__(self) -> None:
        # a layer from a file has its keys sorted: it must read, and compare, as the one that was written
        known = {name: self.instance[name] for name in _ORDER if name in self.instance}
        object.__setattr__(self, "instance", known | dict(self.instance))

    @property
    def problem(self) -> LayerProblem:
        """What is solved; layers with the same problem have the same solution."""
        return LayerProblem(tuple(self.instance.items()), self.depthwise, self.lowered_as, self.word_bits)

    @property
    def repeats(self) -> int:
        """How often the problem is solved in a step."""
        return sum(place.times for place in self.places)

    @property
    def names(self) -> tuple[str, ...]:
        """The places as ``part:layer``."""
        return tuple(f"{place.part}:{place.layer}" for place in self.places)

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
class Precision:
    """The layers of which some tensor of a data space has this element type.

    ``Weights`` are parameters and buffers, ``Inputs`` what else a loop nest reads, ``Outputs`` what it writes (the
    accumulators of an integer product).
    """

    dataspace: str
    dtype: str
    layers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Workload(Noun):
    """Layer problems in order of first execution, and the work that no problem holds.

    Attributes:
        phase: ``inference`` or ``training``.
        operations: all operations of the phases asked for, of which ``not_mapped`` has its share.
        bytes_moved: likewise.
        uncounted: ops of these phases without a formula, or heavy ones without a loop nest: no layer has their work.
        varies: why the step is not the same each time it runs, if it is not.
        precisions: element types of the layers' tensors; empty in older files.
        steps: how often the step is done in the training, partial batches at the full cost; None where that is not
            known, or the training has phases or steps that differ.
        schedule: the calls in their order, for the work beside the layers; None where nobody asked for it.
    """

    SCHEMA: ClassVar[str] = SCHEMA
    ROWS: ClassVar[str] = "layers"

    phase: str
    layers: tuple[Layer, ...]
    not_mapped: tuple[NotMapped, ...]
    operations: int
    bytes_moved: int
    uncounted: tuple[Uncounted, ...] = ()
    varies: tuple[Assumption, ...] = ()
    precisions: tuple[Precision, ...] = ()
    steps: int | None = None
    schedule: Schedule | None = None

    def summary(self) -> str:
        """The noun in a few words."""
        return f"{self.phase}, {len(self.layers)} layer problems, {self.macs:,} MACs"

    @property
    def macs(self) -> int:
        """Multiply-accumulates of all layers, repeats included."""
        return sum(layer.macs * layer.repeats for layer in self.layers)
