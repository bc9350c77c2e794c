"""A layer as the accelerator sees it: seven loop bounds (six without M), strides and dilations."""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from dataclasses import dataclass
from math import prod

from costmodel.errors import FormatError

DATASPACES = ("Weights", "Inputs", "Outputs")
"""In the order of the problem shape, in which Timeloop sums and enumerates them."""

COEFFICIENTS = {"Wstride": "w_stride", "Hstride": "h_stride", "Wdilation": "w_dilation", "Hdilation": "h_dilation"}

CONVOLUTION = ("C", "M", "R", "S", "N", "P", "Q")
DEPTHWISE = ("C", "R", "S", "N", "P", "Q")

Axis = tuple[tuple[int, str], ...]
"""One axis of a data space: terms (coefficient, dim) that are added."""


_LARGEST = 2**31 - 1
"""Timeloop keeps bounds in a C int."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A convolution, fully connected (all of P, Q, R, S are 1) or depthwise layer.

    Attributes:
        C: input channels (depthwise: channels, and there is no M).
        M: output channels.
        R: kernel positions along W, paired with P.
        S: kernel positions along H, paired with Q.
        N: batch.
        P: output positions along W.
        Q: output positions along H.
        depthwise: one filter per channel.
    """

    C: int = 1
    M: int = 1
    R: int = 1
    S: int = 1
    N: int = 1
    P: int = 1
    Q: int = 1
    w_stride: int = 1
    h_stride: int = 1
    w_dilation: int = 1
    h_dilation: int = 1
    depthwise: bool = False

    def __post_init__(self) -> None:
        for name, value in self.to_instance().items():
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise FormatError(f"problem: {name} is {value!r}; a dimension is a whole number of at least 1")
            if value > _LARGEST:
                raise FormatError(f"problem: {name} is {value}; Timeloop's dimensions end at {_LARGEST}")
        if self.depthwise and self.M != 1:
            raise FormatError(f"problem: M is {self.M}, but a depthwise layer has no M; leave it out")

    @property
    def dims(self) -> tuple[str, ...]:
        """Dim names in shape order; the course's search draws its numbers in this order."""
        return DEPTHWISE if self.depthwise else CONVOLUTION

    @property
    def bounds(self) -> dict[str, int]:
        """Bound by dim name, in shape order."""
        return {dim: int(getattr(self, dim)) for dim in self.dims}

    @property
    def macs(self) -> int:
        """Multiply-accumulates."""
        return prod(self.bounds.values())

    @property
    def axes(self) -> tuple[tuple[Axis, ...], ...]:
        """Per data space, in the order of ``DATASPACES``, its axes (Timeloop's shape files of the lab)."""
        width = ((self.w_dilation, "R"), (self.w_stride, "P"))
        height = ((self.h_dilation, "S"), (self.h_stride, "Q"))
        channel = "C" if self.depthwise else "M"
        weights = ("C", "R", "S") if self.depthwise else ("C", "M", "R", "S")
        return (
            tuple(((1, dim),) for dim in weights),
            (((1, "N"),), ((1, "C"),), width, height),
            (((1, "N"),), ((1, channel),), ((1, "Q"),), ((1, "P"),)),
        )

    def to_instance(self) -> dict[str, int]:
        """The problem instance under Timeloop's names."""
        instance = {dim: getattr(self, dim) for dim in self.dims}
        return instance | {name: getattr(self, field) for name, field in COEFFICIENTS.items()}

    @classmethod
    def from_instance(cls, instance: Dictionary[str, int], *, depthwise: bool = False) -> Problem:
        """Read a problem instance; dims that are not given are 1.

        Raises:
            FormatError: an unknown dim, or a value that is not a positive whole number.

        >>> Problem.from_instance({"C": 3, "M": 6, "P": 28, "Q": 28, "R": 5, "S": 5}).macs
        352800
        """
        known = (*(DEPTHWISE if depthwise else CONVOLUTION), *COEFFICIENTS)
        for name in instance:
            if name not in known:
                kind = "a depthwise layer" if depthwise else "a convolution"
                raise FormatError(f"problem: unknown dim {name!r}; {kind} has {', '.join(known)}")
        fields = {COEFFICIENTS.get(name, name): value for name, value in instance.items()}
        return cls(**fields, depthwise=depthwise)
