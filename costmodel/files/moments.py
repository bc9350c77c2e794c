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
            return datetime.strptime(text.replace("T", " "), form) + step
        except (ValueError, OverflowError):
            continue
    raise ValueError(f"{text!r} is not a date and time; write 2022-05-30 23:59")


_SUBMITTED = (
    "%Y-%m-%d %H:%M:%S %z",  # Gradescope's table of scores
    "%A, %d %B %Y, %I:%M %p",  # Moodle's
    "%d %B %Y, %I:%M %p",
    "%b %d, %Y %I:%M %p",
    "%b %d, %Y at %I:%M%p",  # Canvas's pages
    "%m/%d/%Y %H:%M:%S",  # Kaggle's
)
_ZONE_NAMES = {
    "UTC": "+0000", "GMT": "+0000", "EST": "-0500", "EDT": "-0400", "CST": "-0600", "CDT": "-0500", "MST": "-0700",
    "MDT": "-0600", "PST": "-0800", "PDT": "-0700", "CET": "+0100", "CEST": "+0200",
}  # fmt: skip
_FRACTION = re.compile(r"(?<=:[0-9]{2})\.[0-9]+")


def parse_submitted(text: str) -> datetime:
    """When something was handed in, as people and the platforms' exports write it; in whole seconds.

    Raises:
        ValueError: none of the known forms; says how to write it.
    """
    plain = _FRACTION.sub("", text.strip())
    words = plain.rsplit(" ", 1)
    if words[-1] in _ZONE_NAMES:
        plain = f"{words[0]} {_ZONE_NAMES[words[-1]]}"
    plain = re.sub(r"\s*Z$", "+00:00", plain)
    try:
        return datetime.fromisoformat(plain)
    except ValueError:
        pass
    for form in (*_SUBMITTED, *(f"{form} %z" for form in _SUBMITTED[1:])):
        try:
            return datetime.strptime(plain, form)  # a time without a zone stays one
        except ValueError:
            continue
    raise ValueError(f"{text}: write it as 2022-02-28T23:50:00-05:00, best with its time zone")


def in_zone(moment: datetime, zone: tzinfo) -> datetime:
    """A local time as an instant, in UTC: a clock time that comes twice, or not at all, is the later one."""
    both = (moment.replace(tzinfo=zone, fold=fold).astimezone(timezone.utc) for fold in (0, 1))
    return max(both)


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


_UNITS = {
    "s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60, "h": 3600, "hr": 3600, "hour": 3600, "d": 86400,
    "day": 86400, "week": 604800,
}  # fmt: skip
_LENGTH = re.compile(r"(?P<number>[0-9]+(\.[0-9]+)?)\s*(?P<unit>[a-z]+?)s?")


def parse_duration(text: str) -> timedelta:
    """``15 min``, ``1.5h``, ``3 days``.

    Raises:
        ValueError: none of these.
    """
    match = _LENGTH.fullmatch(text.strip().lower())
    if match is None or match["unit"] not in _UNITS:
        raise ValueError(f"{text!r} is not a length of time; write 90s, 15 min, 1.5 h or 3 days")
    return timedelta(seconds=float(match["number"]) * _UNITS[match["unit"]])
