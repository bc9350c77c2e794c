"""Moments as people write them: local times, time zones, and times of submission."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

_OFFSET = re.compile(r"(?:UTC|GMT)?\s*(?P<sign>[+-])(?P<hours>[0-9]{1,2})(?::?(?P<minutes>[0-9]{2}))?", re.IGNORECASE)
_FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d")
AOE = timezone(timedelta(hours=-12), "AoE")
EARLIEST = timezone(timedelta(hours=14))
"""Where a day begins first; it ends last in AoE, UTC-12."""


def parse_moment(text: str) -> datetime:
    """The first instant that is too late: ``23:59`` includes its minute, a date its day.

    Raises:
        ValueError: not ``YYYY-MM-DD[ HH:MM[:SS]]``.
    """
    steps = (timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1))
    for form, step in zip(_FORMATS, steps, strict=True):
        try:
            return datetime.strptime(text, form) + step
        except (ValueError, OverflowError):
            continue
    raise ValueError(f"{text!r} is not a date and time; write 2022-05-30 23:59")


def parse_submitted(text: str) -> datetime:
    """When something was handed in.

    Raises:
        ValueError: not ISO 8601; says how to write it.
    """
    try:
        return datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        raise ValueError(f"{text}: write it as 2022-02-28T23:50:00-05:00, best with its time zone") from None


def parse_zone(text: str) -> tzinfo:
    """AoE (anywhere on earth, UTC-12), an offset, or a name of the time zone database.

    Raises:
        ValueError: none of these.
    """
    if text.upper() == "AOE":
        return AOE
    if text.upper() in ("UTC", "GMT"):
        return timezone.utc
    match = _OFFSET.fullmatch(text.strip())
    if match:
        offset = timedelta(hours=int(match["hours"]), minutes=int(match["minutes"] or 0))
        if offset <= timedelta(hours=14):
            return timezone(offset if match["sign"] == "+" else -offset, text)
    try:
        return ZoneInfo(text)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        raise ValueError(f"{text!r} is not a time zone; write AoE, UTC-11, +02:00 or America/New_York") from None
