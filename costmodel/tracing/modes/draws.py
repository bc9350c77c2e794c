"""Random draws that come out at one place of what they may be, to see what hangs on them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import torch
from torch.utils._pytree import tree_flatten

aten = torch.ops.aten

_UNIFORM = frozenset({aten.rand, aten.rand_like, aten.uniform, aten.uniform_})
_WHOLE = frozenset({aten.randint, aten.randint_like})
_CHANCE = frozenset({aten.bernoulli, aten.bernoulli_})
_COMPARE = frozenset({aten.lt, aten.le, aten.gt, aten.ge})
_MOST_NUMBERS = 64
"""Whole numbers of a draw that are looked at one by one."""


class Place(float):
    """A place of what draws may be, from 0 to nearly 1.

    Attributes:
        asked: True once a draw came out at it.
        compared: places that draws at it were compared with, as far as that is seen: where a step may change.
    """

    def __init__(self, at: float) -> None:
        del at  # float has it
        self.asked = False
        self.compared: set[Fraction] = set()

    def between(self, low: float, high: float) -> float:
        """A draw between two numbers, which takes down what it is compared with."""
        self.asked = True
        return _Drawn(low + (high - low) * self, self, low, high)

    def noting(self, value: float) -> float:
        """A value that hangs on draws, which takes down what it is compared with."""
        return _Drawn(value, self, 0.0, 1.0)

    def met(self, place: float) -> None:
        """A draw was compared with what lies at a place."""
        if 0 < place < 1:
            self.compared.add(Fraction(place))

    def among(self, numbers: int) -> None:
        """A draw of one of so many, each as likely as any other."""
        self.asked = True
        if numbers <= _MOST_NUMBERS:
            self.compared.update(Fraction(i, numbers) for i in range(1, numbers))


class _Drawn(float):
    """A number that was drawn; sums and products of it are plain numbers."""

    def __new__(cls, value: float, place: Place, low: float, high: float) -> _Drawn:
        del place, low, high
        return super().__new__(cls, value)

    def __init__(self, value: float, place: Place, low: float, high: float) -> None:
        del value  # float has it
        self._place, self._low, self._width = place, low, high - low

    def __lt__(self, other: Any) -> bool:
        return self._noted(other) and super().__lt__(other)

    def __le__(self, other: Any) -> bool:
        return self._noted(other) and super().__le__(other)

    def __gt__(self, other: Any) -> bool:
        return self._noted(other) and super().__gt__(other)

    def __ge__(self, other: Any) -> bool:
        return self._noted(other) and super().__ge__(other)

    def _noted(self, other: Any) -> bool:
        if isinstance(other, (int, float)) and self._width:
            self._place.met((other - self._low) / self._width)
        return True


def can_be_placed(func: Any) -> bool:
    """Whether the op is a draw that :func:`place` moves."""
    return func.overloadpacket in _UNIFORM | _WHOLE | _CHANCE


def place(result: Any, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], at: Place) -> None:
    """Move the result of a draw to one place, in its memory; draws of other kinds stay as they are.

    Args:
        result: of the op.
        func: the op.
        args: its arguments.
        kwargs: its named arguments.
        at: the place, from 0, the smallest, to nearly 1, the largest: that part of the values lies below it. A chance
            of p is a number below p.
    """
    packet = func.overloadpacket
    given = {a.name: v for a, v in zip(func._schema.arguments, args, strict=False)} | dict(kwargs)
    if packet in _UNIFORM:
        low, high = given.get("from", 0.0), given.get("to", 1.0)
        result.fill_(at.between(low, high))
        if at and bool((result == high).any()):  # rounded up to what is never drawn
            result.fill_(torch.nextafter(result.new_tensor(high), result.new_tensor(low)))
    elif packet in _WHOLE:
        low, high = given.get("low", 0), given["high"]
        at.among(high - low)
        result.fill_(low + math.floor((high - low) * at))
    elif packet in _CHANCE:
        chance: Any = given.get("p", given["self"] if packet is aten.bernoulli else 0.5)
        at.asked = True
        _meet(at, chance)
        result.copy_(torch.as_tensor(at < chance))


def compared(func: Any, args: tuple[Any, ...], at: Place) -> None:
    """Take down what a comparison of tensors, of which one may be drawn at a place, compares it with."""
    if func.overloadpacket in _COMPARE:
        for value in args:
            _meet(at, value)


def _meet(at: Place, value: Any) -> None:
    for one in tree_flatten(value)[0]:
        if isinstance(one, (int, float)) or (isinstance(one, torch.Tensor) and one.numel() == 1):
            at.met(float(one))
