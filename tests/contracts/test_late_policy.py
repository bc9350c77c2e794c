"""The price of being late: for each day begun, of the most points there are, with a grace period and an end."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from costmodel.contracts.checker import check_contract
from costmodel.contracts.contract import ContractSpec, with_deadline
from costmodel.contracts.handed_in import Extension
from costmodel.contracts.late_policy import LatePolicy, parse_policy
from costmodel.errors import UsageError
from costmodel.ir.verdict import Consequence, Finding, Outcome
from tests.contracts.conftest import Submit

HOUR, DAY = 3600, 86_400


def test_days_and_hours_that_have_begun() -> None:
    daily = parse_policy("grace=15m,percent=10,per=day,cut_off=3d")
    # of 130 points: 13 a day
    assert [daily.taken(s, 130) for s in (0, 900, 901, DAY, DAY + 1, 3 * DAY)] == [0, 0, 13, 13, 26, 39]
    assert [daily.is_over(s) for s in (3 * DAY, 3 * DAY + 1)] == [False, True]
    hourly = LatePolicy.model_validate({"points": 2, "per": "hour"})
    assert [hourly.taken(s, 10) for s in (1, HOUR, HOUR + 1, 9 * HOUR)] == [2, 2, 4, 10]
    assert not hourly.is_over(365 * DAY)
    # half a point is not taken
    assert [LatePolicy.model_validate({"percent": 5}).taken(s, 50) for s in (1, DAY + 1)] == [2, 5]
    assert parse_policy("cut_off=1 day").taken(HOUR, 50) == 0
    assert parse_policy("percent=100").taken(1, 50) == 50


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ten", r"--late-policy: 'ten' is not NAME=VALUE"),
        ("points=1,percent=2", "points or percent, not both"),
        ("grace=1h", "it takes nothing: give points, percent or cut_off"),
        ("points=1,grace=soon", "'soon' is not a length of time; write 90s, 15 min, 1.5 h or 3 days"),
        ("percent=101", "percent"),
        ("points=1,each=day", "each"),
    ],
)
def test_a_policy_that_cannot_be_read(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse_policy(text)


def due(submit: Submit, moment: datetime | None, policy: str | None = None, **more: object) -> Finding:
    given = {"rule": "d", "at": "2022-02-28 23:59", "zone": "America/New_York", "source": "x"}
    spec = with_deadline(
        ContractSpec.model_validate({"deadline": given}), None, None, None if policy is None else parse_policy(policy)
    )
    assert spec is not None
    (finding,) = check_contract(submit({}), spec, submitted_at=moment, **more)  # type: ignore[arg-type]
    return finding


LATE = datetime(2022, 3, 1, 6, 0, tzinfo=timezone.utc)  # 01:00 in New York, an hour after the minute of the deadline


def test_late_is_flagged_or_priced_or_over(submit: Submit) -> None:
    def said(finding: Finding) -> tuple[Outcome, Consequence, object]:
        return finding.outcome, finding.consequence, finding.measured

    assert said(due(submit, LATE)) == (Outcome.UNDECIDED, Consequence.UNRANKED, HOUR)  # a person says what it costs
    assert said(due(submit, LATE, "points=5")) == (Outcome.FAIL, Consequence.NOTE, HOUR)
    assert said(due(submit, LATE, "points=5,grace=1h")) == (Outcome.PASS, Consequence.FLAG, HOUR)
    assert said(due(submit, LATE, "points=5,cut_off=59 min")) == (Outcome.FAIL, Consequence.ZERO, HOUR)
    assert due(submit, LATE - timedelta(hours=1, seconds=1)).outcome is Outcome.PASS
    assert due(submit, LATE - timedelta(hours=1)).measured == 1


def test_an_extension_is_another_deadline(submit: Submit) -> None:
    extension = Extension("2022-03-01 00:59", "ill")
    inside = due(submit, LATE - timedelta(seconds=1), extension=extension)
    assert (inside.outcome, inside.because.endswith("extended for this submission (ill)")) == (Outcome.PASS, True)
    outside = due(submit, LATE + timedelta(seconds=9), "points=5", extension=extension)
    assert (outside.outcome, outside.measured) == (Outcome.FAIL, 9)


def test_what_a_platform_marks_is_late_by_an_unknown_time(submit: Submit) -> None:
    marked, unknown = due(submit, None, marked_late=True), due(submit, None)
    assert (marked.outcome, marked.consequence, marked.measured) == (Outcome.UNDECIDED, Consequence.UNRANKED, "late")
    assert due(submit, None, marked_late=True, extension=Extension("2022-03-02")).measured is None
    assert (unknown.outcome, unknown.consequence) == (Outcome.UNDECIDED, Consequence.NOTE)
    for more in ({"policy": "points=5"}, {"extension": Extension("2022-03-02")}):
        open_ = due(submit, None, marked_late=True, **more)
        assert (open_.outcome, open_.consequence) == (Outcome.UNDECIDED, Consequence.UNRANKED)
    # the time decides where it is known
    assert due(submit, LATE - timedelta(hours=2), marked_late=True).outcome is Outcome.PASS


def test_clock_times_that_come_twice_or_never_are_the_later_ones(submit: Submit) -> None:
    def late(at: str, moment: datetime) -> Outcome:
        given = {"rule": "d", "at": at, "zone": "America/New_York", "source": "x", "on_failure": "zero"}
        (finding,) = check_contract(submit({}), ContractSpec.model_validate({"deadline": given}), submitted_at=moment)
        return finding.outcome

    # 01:30 on 6 November 2022 comes at 05:30 and at 06:30 UTC
    assert late("2022-11-06 01:29", datetime(2022, 11, 6, 6, 29, 59, tzinfo=timezone.utc)) is Outcome.PASS
    assert late("2022-11-06 01:29", datetime(2022, 11, 6, 6, 30, tzinfo=timezone.utc)) is Outcome.FAIL
    # 02:30 on 13 March 2022 does not come: half an hour after 02:00, which is 03:00
    assert late("2022-03-13 02:29", datetime(2022, 3, 13, 7, 29, 59, tzinfo=timezone.utc)) is Outcome.PASS


def test_a_course_has_its_own_deadline_zone_and_policy(submit: Submit) -> None:
    own = with_deadline(None, "2022-02-28 23:59", "Europe/Berlin", None)
    assert own is not None
    (finding,) = check_contract(submit({}), own, submitted_at=datetime(2022, 3, 1, 0, 0))
    assert (finding.outcome, finding.measured) == (Outcome.UNDECIDED, 1)  # a time without a zone is the course's
    assert with_deadline(None, None, None, None) is None
    # the rulebook's note is about its own deadline and zone
    text = {"rule": "d", "at": "2022-02-28", "source": "x", "note": "no zone is given"}
    for at, zone, said in ((None, "UTC", False), ("2022-03-01", None, False), (None, None, True)):
        spec = with_deadline(ContractSpec.model_validate({"deadline": text}), at, zone, parse_policy("points=1"))
        assert spec is not None
        (finding,) = check_contract(submit({}), spec, submitted_at=LATE)
        assert ("no zone is given" in finding.because) is said
    with pytest.raises(UsageError, match="the rulebook has none: give --deadline"):
        with_deadline(None, None, "UTC", None)
    with pytest.raises(UsageError, match=r"the deadline: .*'Atlantis' is not a time zone"):
        with_deadline(None, "2022-02-28", "Atlantis", None)


def test_a_saved_policy_is_read_again() -> None:
    policy = parse_policy("points=1,grace=15m,cut_off=36h")
    assert LatePolicy.model_validate_json(policy.model_dump_json()) == policy
