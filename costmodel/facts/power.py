"""Energy from sampled power: the trapezoid rule on every segment, and no guess across gaps."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal, localcontext
from itertools import pairwise
from statistics import median_low
from typing import TypeAlias

from costmodel.facts.quantity import EXACT, number
from costmodel.ir.facts import Gap

Segment: TypeAlias = "Sequence[tuple[Decimal, Decimal]]"
"""Samples in the order of time: (seconds since 1970, watts)."""

_GAP_PERIODS = 3
"""A pause of more than three median periods is a gap (reference: rules for ingesting power logs)."""

ONE_MOMENT = "no two samples at different times: there is no energy to be told"
"""Power at one moment alone would integrate to nothing, which is not what the machine took."""

_DIGITS = Decimal("1e-7")
ZERO = Decimal(0)
_EARLIEST, _LATEST = 10**9, 4 * 10**9
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class Integral:
    """Joules over all segments.

    Attributes:
        joules: trapezoid rule, gaps left out; exact.
        samples: how many there are.
        seconds: from the first to the last sample of each segment, gaps included.
        gaps: pauses of more than three median periods, and steps back in time (length 0).
    """

    joules: Decimal
    samples: int
    seconds: Decimal
    gaps: tuple[Gap, ...]


def integrate(segments: Sequence[Segment]) -> Integral:
    """Energy of power samples; between two segments nothing is integrated, which is not a gap."""
    segments = [segment for segment in segments if segment]
    pairs = [pair for segment in segments for pair in pairwise(segment)]
    periods = [later[0] - earlier[0] for earlier, later in pairs if later[0] > earlier[0]]
    longest = _GAP_PERIODS * median_low(periods) if periods else ZERO
    start = segments[0][0][0] if segments else ZERO
    gaps = []
    total = ZERO
    with localcontext(EXACT):
        for (begin, before), (end, after) in pairs:
            if 0 <= end - begin <= longest:
                total += (before + after) / 2 * (end - begin)
            else:
                gaps.append(Gap(start_seconds=rounded(begin - start), length_seconds=rounded(max(end - begin, ZERO))))
        spans = [max(time for time, _ in segment) - min(time for time, _ in segment) for segment in segments]
        return Integral(total, sum(map(len, segments)), rounded(sum(spans, ZERO)), tuple(gaps))


def rounded(value: Decimal) -> Decimal:
    """Seven decimals: far below what a meter resolves, in joules and in seconds."""
    return value.quantize(_DIGITS)


def seconds(text: str) -> Decimal | None:
    """A time stamp since 1970; None if it is none.

    ``2023-07-27 17:21:57.146517``, ``2024/01/01 00:00:00.000``, ``2024-01-01T00:00:00Z``, or seconds or milliseconds
    since 1970, of the years 2001 to 2096.
    """
    plain = number(text)
    if plain is not None:
        scale = next((s for s in (1, 1000) if _EARLIEST * s <= plain < _LATEST * s), None)
        return None if scale is None else plain / scale
    try:
        moment = datetime.fromisoformat(re.sub(r"[Zz]$", "+00:00", text.strip().replace("/", "-")))
    except ValueError:
        return None
    utc = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    try:
        return Decimal((utc - _EPOCH) // timedelta(microseconds=1)) / 10**6
    except OverflowError:
        return None
