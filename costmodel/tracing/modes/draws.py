"""Random draws that come out at one end of what they may be, to see what hangs on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

aten = torch.ops.aten

_UNIFORM = frozenset({aten.rand, aten.rand_like, aten.uniform, aten.uniform_})
_WHOLE = frozenset({aten.randint, aten.randint_like})
_CHANCE = frozenset({aten.bernoulli, aten.bernoulli_})


def at_end(result: Any, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], end: float) -> None:
    """Move the result of a draw to one end, in place; draws of other kinds stay as they are.

    Args:
        result: of the op.
        func: the op.
        args: its arguments.
        kwargs: its named arguments.
        end: 0 is the smallest, and what is nearly 1 the largest. A chance of p is a number below p: it comes out at 0.
    """
    packet = func.overloadpacket
    given = {a.name: v for a, v in zip(func._schema.arguments, args, strict=False)} | dict(kwargs)
    if packet in _UNIFORM:
        low, high = given.get("from", 0.0), given.get("to", 1.0)
        result.fill_(low + (high - low) * end)
    elif packet in _WHOLE:
        low, high = given.get("low", 0), given["high"]
        result.fill_(low if end < 0.5 else high - 1)
    elif packet in _CHANCE:
        result.fill_(end < 0.5)
