"""The random numbers of the course's search: libstdc++'s, draw for draw.

Engine: ``std::default_random_engine`` = minstd_rand0, seed 1. Distribution: ``std::uniform_int_distribution`` over
64-bit integers in its two-stage form, the same in GCC 5 to 14 for this engine.
"""

from __future__ import annotations

MULTIPLIER, MODULUS = 16807, 2147483647
SPAN = MODULUS - 2
"""Largest output of the engine minus its smallest (1)."""

WORD = 1 << 64


class Engine:
    """minstd_rand0; outputs are 1 … 2147483646."""

    __slots__ = ("state",)

    def __init__(self) -> None:
        self.state = 1

    def raw(self) -> int:
        """Next output."""
        self.state = MULTIPLIER * self.state % MODULUS
        return self.state

    def uniform(self, largest: int) -> int:
        """A whole number from 0 to ``largest`` < 2^64, as ``uniform_int_distribution(0, largest)`` gives it.

        >>> engine = Engine()
        >>> [engine.uniform(46) for _ in range(5)]
        [0, 6, 35, 21, 25]
        """
        if largest < SPAN:
            wanted = largest + 1
            scaling = SPAN // wanted  # libstdc++ divides by the span itself, not by the number of outputs
            while True:
                value = self.raw() - 1
                if value < wanted * scaling:
                    return value // scaling
        if largest == SPAN:
            return self.raw() - 1
        while True:
            high = (SPAN + 1) * self.uniform(largest // (SPAN + 1)) % WORD
            value = (high + self.raw() - 1) % WORD
            if high <= value <= largest:  # neither beyond the range nor wrapped
                return value

    def draw(self, bound: int) -> int:
        """Timeloop's RandomGenerator128: a number below ``bound``; two plain draws where it has more than 64 bits."""
        if bound < WORD:
            return self.uniform(bound - 1)
        low = self.uniform(WORD - 1)
        return low + self.uniform(bound // (WORD - 1) - 1) * (WORD - 1)
