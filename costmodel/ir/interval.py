"""An interval around a median: what an estimate says where it cannot say a number."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A quantity that lies between ``low`` and ``high``, and as likely above ``median`` as below it.

    Raises:
        ValueError: the three do not ascend.
    """

    low: float
    median: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.median <= self.high:
            raise ValueError(f"an interval ascends, got {self.low}, {self.median}, {self.high}")

    @classmethod
    def exactly(cls, value: float) -> Interval:
        """The interval of a known number."""
        return cls(low=value, median=value, high=value)

    def __add__(self, other: Interval) -> Interval:
        """The sum, as if both could be at the same end at once (never too narrow)."""
        return Interval(low=self.low + other.low, median=self.median + other.median, high=self.high + other.high)

    def times(self, factor: float) -> Interval:
        """The interval of a multiple; the factor is not negative."""
        return Interval(low=self.low * factor, median=self.median * factor, high=self.high * factor)
