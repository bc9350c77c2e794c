"""How far a value is from its limit: in the limit's unit, and as a share of it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from costmodel.ir.verdict import Finding

_SIDES = {"<": 1, "<=": 1, ">": -1, ">=": -1}
"""On which side of the bound a value has room: below it or above it."""


@dataclass(frozen=True, slots=True)
class Headroom:
    """What is left until a limit is reached; negative is by how much it is exceeded.

    Attributes:
        amount: in the finding's unit.
        percent: of the limit; None where that is 0.
    """

    amount: int | float
    percent: float | None


def headroom(finding: Finding) -> Headroom | None:
    """The room of a known value; None for a bound, one batch's value, a rule with two readings, and a word."""
    bound, measured = finding.bound, finding.measured
    side = _SIDES.get(finding.operator)
    if side is None or bound is None or measured is None or isinstance(measured, str):
        return None
    if finding.at_least or finding.one_batch or finding.readings:
        return None
    room = side * (Decimal(repr(bound)) - Decimal(repr(measured)))  # of the shortest decimals, as they are shown
    amount = int(room) if room == room.to_integral_value() else float(room)
    return Headroom(amount, round(float(100 * room / abs(Decimal(repr(bound)))), 4) if bound else None)


def room_in_words(finding: Finding) -> str:
    """``400 bytes left, 40% of the limit``; "" where nothing can be said."""
    room = headroom(finding)
    if room is None:
        return ""
    if not room.amount:
        return "exactly on the limit"
    short = "short" if _SIDES[finding.operator] < 0 else "too much"
    share = "" if room.percent is None else f", {abs(room.percent):.3g}% of the limit"
    return f"{abs(room.amount):,} {finding.unit}".strip() + f" {'left' if room.amount > 0 else short}{share}"
