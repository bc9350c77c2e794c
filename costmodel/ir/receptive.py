"""The receptive field: which part of the input one position of the last feature map has seen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceptiveField:
    """Of the last feature map, at the input.

    Attributes:
        size: rows and columns of the input, as if it had no end; empty where it is the whole input.
        image: rows and columns that the input has.
    """

    size: tuple[int, ...] = ()
    image: tuple[int, ...] = ()

    def __str__(self) -> str:
        return "×".join(map(str, self.size)) or "whole input"

    def is_near(self, other: ReceptiveField, least: float, most: float) -> bool:
        """Whether it is from ``least`` to ``most`` times as large, along every axis.

        From twice the image less one on, every position sees all of it, and more makes no difference.
        """
        if not self.size and not other.size:
            return True
        everything = tuple(2 * places - 1 for places in max(self.image, other.image))
        mine, its = (tuple(map(min, field.size, everything)) or everything for field in (self, other))
        return len(mine) == len(its) and all(least * b <= a <= most * b for a, b in zip(mine, its, strict=True))
