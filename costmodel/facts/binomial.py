"""The binomial interval of a share: how far the accuracy on other images of the same kind may lie from this one."""

from __future__ import annotations

from math import sqrt

_Z = 1.959963984540054
"""The standard normal's 97.5 % point."""


def wilson(right: int, total: int) -> tuple[float, float]:
    """Wilson's score interval at 95 % (Wilson 1927), as shares.

    >>> [round(end, 4) for end in wilson(81, 100)]
    [0.7222, 0.8749]
    >>> wilson(0, 10)[0], wilson(10, 10)[1]
    (0.0, 1.0)
    """
    share = right / total
    middle = share + _Z**2 / (2 * total)
    half = _Z * sqrt(share * (1 - share) / total + _Z**2 / (4 * total**2))
    below = 1 + _Z**2 / total
    low = 0.0 if right == 0 else (middle - half) / below
    return low, 1.0 if right == total else (middle + half) / below
