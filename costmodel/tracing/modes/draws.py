"""Random draws that come out at one place of what they may be, to see what hangs on them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch

aten = torch.ops.aten

_UNIFORM = frozenset({aten.rand, aten.rand_like, aten.uniform, aten.uniform_})
_WHOLE = frozenset({aten.randint, aten.randint_like})
_CHANCE = frozenset({aten.bernoulli, aten.bernoulli_})


def can_be_placed(func: Any) -> bool:
    """Whether the op is a draw that :func:`place` moves."""
    return func.overloadpacket in _UNIFORM | _WHOLE | _CHANCE


def place(result: Any, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], at: float) -> None:
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
        result.fill_(low + (high - low) * at)
        if at and bool((result == high).any()):  # rounded up to what is never drawn
            result.fill_(torch.nextafter(result.new_tensor(high), result.new_tensor(low)))
    elif packet in _WHOLE:
        low, high = given.get("low", 0), given["high"]
        result.fill_(low + math.floor((high - low) * at))
    elif packet in _CHANCE:
        chance: Any = given.get("p", given["self"] if packet is aten.bernoulli else 0.5)
        result.copy_(torch.as_tensor(at < chance))
