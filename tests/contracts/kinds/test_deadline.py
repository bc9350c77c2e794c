"""Deadlines with and without a zone."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from costmodel.contracts.checker import check_contract
from costmodel.contracts.contract import ContractSpec
from costmodel.ir.verdict import Outcome
from tests.contracts.conftest import Submit


def at(hour: int, minute: int, offset: float | None = 0, day: int = 31, second: int = 0) -> datetime:
    zone = None if offset is None else timezone(timedelta(hours=offset))
    return datetime(2022, 5, day, hour, minute, second, tzinfo=zone)


@pytest.mark.parametrize(
    ("zone", "submitted", "outcome"),
    [
        ("UTC-11", at(10, 59, second=59), Outcome.PASS),  # 30 May 23:59:59 in UTC-11
        ("UTC-11", at(11, 0), Outcome.FAIL),
        ("UTC-12", at(11, 59), Outcome.PASS),
        ("AoE", at(11, 59, second=59), Outcome.PASS),
        ("AoE", at(12, 0), Outcome.FAIL),
        ("America/New_York", at(3, 59), Outcome.PASS),  # summer time, UTC-4
        ("America/New_York", at(4, 0), Outcome.FAIL),
        ("+02:00", at(23, 59, 2, day=30), Outcome.PASS),
        ("AoE", at(23, 59, None, day=29), Outcome.PASS),
        ("AoE", at(0, 0, None, day=31), Outcome.UNDECIDED),
        ("UTC-11", None, Outcome.UNDECIDED),
        (None, at(9, 58, day=30), Outcome.PASS),
        (None, at(10, 0, day=30), Outcome.UNDECIDED),
        (None, at(12, 0), Outcome.FAIL),
    ],
)
def test_deadlines(submit: Submit, zone: str | None, submitted: datetime | None, outcome: Outcome) -> None:
    spec = ContractSpec.model_validate(
        {"deadline": {"rule": "d", "at": "2022-05-30 23:59", "zone": zone, "source": "x", "on_failure": "zero"}}
    )
    [finding] = check_contract(submit({}), spec, submitted_at=submitted)
    assert finding.outcome is outcome, finding.because


def test_how_late(submit: Submit) -> None:
    spec = ContractSpec.model_validate({"deadline": {"rule": "d", "at": "2021-11-12", "zone": "UTC", "source": "x"}})
    [finding] = check_contract(submit({}), spec, submitted_at=datetime(2021, 11, 14, 1, 2, 3, tzinfo=timezone.utc))
    assert (finding.measured, finding.unit) == (86_400 + 3_723, "s late")
    assert finding.because.endswith("1 day 1 h 2 min 3 s late; no policy says what that costs")
