"""Deadlines: a local time, its zone, and whether a moment is before it."""

from __future__ import annotations

from datetime import datetime, timedelta

from costmodel.files.moments import AOE, EARLIEST, parse_moment, parse_zone
from costmodel.ir.verdict import Outcome


def decide(at: str, zone: str | None, submitted: datetime | None) -> tuple[Outcome, str]:
    """Whether a submission came before the deadline, and why one cannot say.

    A missing zone, of the deadline or of the submission, is any zone on earth.
    """
    if submitted is None:
        return Outcome.UNDECIDED, "the time of submission is not known: give it with its time zone"
    limit = parse_moment(at)
    zones = [parse_zone(zone)] if zone is not None else [EARLIEST, AOE]
    limits = [limit.replace(tzinfo=each) for each in zones]
    sides = [submitted.tzinfo] if submitted.tzinfo else [EARLIEST, AOE]
    moments = [submitted.replace(tzinfo=each) for each in sides]
    shown = f"{submitted.isoformat(sep=' ')}, the deadline is {at}{f' {zone}' if zone else ''}"
    if max(moments) < min(limits):
        return Outcome.PASS, f"submitted {shown}"
    if min(moments) >= max(limits):
        late = min(moments) - max(limits)
        return Outcome.FAIL, f"submitted {shown}: {_length(late)} late"
    unknown = "the deadline" if zone is None else "the submission"
    return Outcome.UNDECIDED, f"submitted {shown}: {unknown} has no time zone, and the answer depends on it"


def _length(late: timedelta) -> str:
    seconds = int(late.total_seconds())
    days, rest = divmod(seconds, 86400)
    return f"{f'{days} days ' if days else ''}{rest // 3600:02}:{rest % 3600 // 60:02}:{rest % 60:02}"
