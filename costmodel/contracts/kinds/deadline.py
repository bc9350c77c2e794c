"""A deadline: a local time and its zone, its price for lateness, and what was granted to one submission."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from pydantic import model_validator

from costmodel.contracts.contract_rule import ContractRule, Decision
from costmodel.contracts.handed_in import Extension, HandedIn
from costmodel.contracts.late_policy import LatePolicy
from costmodel.files.moments import AOE, EARLIEST, in_zone, parse_moment, parse_zone
from costmodel.ir.verdict import Consequence, Outcome

ORDER = 70
SEVERAL = False

LATE = "late"
"""Measured where it is known that a submission is late, and not by how much."""
_UNIT = "s late"


class DeadlineRule(ContractRule):
    """``at``: ``2022-05-30 23:59``, that minute included; ``zone``: AoE, UTC-11, +02:00 or America/New_York.

    Without a zone, a submission is late only if it is so in every zone, and in time only if it is so in every zone.
    A time of submission without a zone is any zone's, unless it is ``local``: then it is the deadline's. With a policy
    for lateness (``late``) a late submission loses what it says, and nobody has to decide.
    """

    at: str
    zone: str | None = None
    local: bool = False
    late: LatePolicy | None = None

    @model_validator(mode="after")
    def _readable(self) -> DeadlineRule:
        parse_moment(self.at)
        if self.zone is not None:
            parse_zone(self.zone)
        return self


RULE = DeadlineRule


def decide(rule: DeadlineRule, handed_in: HandedIn) -> Decision:
    """Whether a submission came before the deadline; the files alone do not say when it came."""
    extension = handed_in.extension
    at, given = (rule.at, "") if extension is None else (extension.until, _given(extension))
    limit = f"until {at} {rule.zone or '(no zone)'}"
    if handed_in.submitted is None:
        return _unknown(rule, limit, given, marked=handed_in.marked_late)
    outcome, because, late = _decided(at, rule, handed_in.submitted)
    because += given
    if outcome is Outcome.UNDECIDED:
        return _open(limit, because, None)
    if handed_in.marked_late and outcome is Outcome.PASS:
        because += "; the platform marks it late, by a deadline of its own"
    if late is None:
        return Decision(limit=limit, outcome=outcome, because=because)
    if rule.late is None:
        return _without_price(rule, limit, because, late)
    return _priced(rule.late, limit, because, late)


def _given(extension: Extension) -> str:
    why = f" ({extension.reason})" if extension.reason else ""
    return f"; the deadline was extended for this submission{why}"


def _unknown(rule: DeadlineRule, limit: str, given: str, *, marked: bool) -> Decision:
    """The time is not known; a platform may have marked it late all the same, without saying how late."""
    if not marked:
        because = f"the time of submission is not known: give it with its time zone{given}"
        return Decision(limit=limit, outcome=Outcome.UNDECIDED, because=because, not_given=True)
    if given or rule.late is not None:
        because = f"the platform marks it late, and does not say by how much: give the time of submission{given}"
        known = None if given else LATE  # with another deadline it may be in time
        return _open(limit, because, known)
    because = "the platform marks it late"
    if rule.on_failure is Consequence.FLAG:
        return _open(limit, f"{because}, and no policy says what that costs", LATE)
    return Decision(limit=limit, outcome=Outcome.FAIL, because=because, measured=LATE)


def _open(limit: str, because: str, measured: int | str | None) -> Decision:
    """What a person decides: until then there is neither a place nor a bonus, and the other rules keep their points."""
    return Decision(
        limit=limit,
        outcome=Outcome.UNDECIDED,
        because=because,
        measured=measured,
        unit=_UNIT if isinstance(measured, int) else "",
        consequence=Consequence.UNRANKED,
    )


def _without_price(rule: DeadlineRule, limit: str, because: str, late: int) -> Decision:
    """Late without a policy: where the text does not say what it costs, a person does, and until then no place."""
    if rule.on_failure is not Consequence.FLAG:
        return Decision(limit=limit, outcome=Outcome.FAIL, because=because, measured=late, unit=_UNIT)
    return _open(limit, f"{because}; no policy says what that costs", late)


def _priced(policy: LatePolicy, limit: str, because: str, late: int) -> Decision:
    """A late submission by the policy: decided, for no place hangs on it."""
    if policy.is_over(late):
        why = f"{because}, later than the last moment, {_length(policy.cut_off or timedelta(0))} after the deadline"
        return Decision(
            limit=limit, outcome=Outcome.FAIL, because=why, measured=late, unit=_UNIT, consequence=Consequence.ZERO
        )
    if timedelta(seconds=late) <= policy.grace:
        within = f"{because}, within the grace period"
        return Decision(limit=limit, outcome=Outcome.PASS, because=within, measured=late, unit=_UNIT)
    return Decision(
        limit=limit,
        outcome=Outcome.FAIL,
        because=f"{because}; {policy.text}",
        measured=late,
        unit=_UNIT,
        consequence=Consequence.NOTE,
    )


def _decided(at: str, rule: DeadlineRule, submitted: datetime) -> tuple[Outcome, str, int | None]:
    """A missing zone, of the deadline or of the submission, is any zone on earth; and the seconds that it is late."""
    zone, own = rule.zone, submitted.tzinfo
    if own is None and rule.local and zone is not None:
        own = parse_zone(zone)
    limits = _instants(parse_moment(at), [parse_zone(zone)] if zone is not None else [EARLIEST, AOE])
    moments = _instants(submitted, [own] if own else [EARLIEST, AOE])
    minute = ", that minute included" if at.count(":") == 1 else ""
    shown = f"{_shown(submitted, zone)}, the deadline is {at}{f' {zone}' if zone else ''}{minute}"
    if max(moments) < min(limits):
        return Outcome.PASS, f"submitted {shown}", None
    if min(moments) >= max(limits):
        late = min(moments) - max(limits)
        # what comes in the first second after the deadline is late already
        return Outcome.FAIL, f"submitted {shown}: {_length(late)} late", max(1, int(late.total_seconds()))
    unknown = "the deadline" if zone is None else "the submission"
    because = f"submitted {shown}: {unknown} has no time zone, and the answer depends on it; give --timezone"
    return Outcome.UNDECIDED, because, None


def _shown(submitted: datetime, zone: str | None) -> str:
    """To the second, and on the deadline's clock where both have a zone."""
    moment = submitted.replace(microsecond=0)
    if moment.tzinfo is not None and zone is not None:
        with contextlib.suppress(OverflowError):  # the last day of the calendar
            moment = moment.astimezone(parse_zone(zone))
    return moment.isoformat(sep=" ")


def _instants(moment: datetime, zones: Sequence[tzinfo]) -> list[datetime]:
    return [in_zone(moment.replace(tzinfo=None), zone) for zone in zones]


def _length(late: timedelta) -> str:
    seconds = int(late.total_seconds())
    days, rest = divmod(seconds, 86400)
    parts = {"1 day" if days == 1 else f"{days} days": days, f"{rest // 3600} h": rest // 3600}
    parts |= {f"{rest % 3600 // 60} min": rest % 3600 // 60, f"{rest % 60} s": rest % 60}
    return " ".join(word for word, amount in parts.items() if amount) or "less than 1 s"
