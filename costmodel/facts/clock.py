"""Times of day without a date: a log that goes over midnight goes on."""

from __future__ import annotations

from decimal import Decimal

_DAY = Decimal(86400)
_HALF = _DAY / 2


def unrolled(times: list[Decimal]) -> list[Decimal]:
    """Seconds of the day as seconds since the first day's midnight: a step back of more than half a day is a new day.

    >>> [int(t) for t in unrolled([Decimal(86399), Decimal(0), Decimal(1)])]
    [86399, 86400, 86401]
    """
    result: list[Decimal] = []
    days = Decimal(0)
    for before, time in zip([None, *times], times, strict=False):
        if before is not None and before - time > _HALF:
            days += _DAY
        result.append(time + days)
    return result


def of_day(text: str) -> Decimal | None:
    """``HH:MM:SS`` as seconds; None if it is none.

    >>> of_day("01:00:02"), of_day("25:00:00")
    (Decimal('3602'), None)
    """
    parts = text.split(":")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) == 2 for part in parts):
        return None
    hours, minutes, seconds = map(int, parts)
    return Decimal(hours * 3600 + minutes * 60 + seconds) if hours < 24 and minutes < 60 and seconds < 60 else None
