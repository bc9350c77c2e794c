"""A deadline: a local time and its zone."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import model_validator

from costmodel.contracts.contract_rule import ContractRule, Decision
from costmodel.contracts.handed_in import HandedIn
from costmodel.files.moments import AOE, EARLIEST, parse_moment, parse_zone
from costmodel.ir.verdict import Outcome

ORDER = 70
SEVERAL = False


class DeadlineRule(ContractRule):
    """``at``: ``2022-05-30 23:59``, that minute included; ``zone``: AoE, UTC-11, +02:00 or America/New_York.

    Without a zone, a submission is late only if it is so in every zone, and in time only if it is so in every zone.
    """

    at: str
    zone: str | None = None

    @model_validator(mode="after")
    def _readable(self) -> DeadlineRule:
        parse_moment(self.at)
        if self.zone is not None:
            parse_zone(self.zone)
        return self


RULE = DeadlineRule


def decide(rule: DeadlineRule, handed_in: HandedIn) -> Decision:
    """Whether a submission came before the deadline; the files alone do not say when it came."""
    outcome, because = _decided(rule.at, rule.zone, handed_in.submitted)
    limit = f"until {rule.at} {rule.zone or '(no zone)'}"
    return Decision(limit=limit, outcome=outcome, because=because, not_given=handed_in.submitted is None)


def _decided(at: str, zone: str | None, submitted: datetime | None) -> tuple[Outcome, str]:
    """A missing zone, of the deadline or of the submission, is any zone on earth."""
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
