"""The price of being late: a grace period, points or a percentage for each day begun, and an end.

Lateness counts from the deadline, or from an extension's; the grace period only says from when on it counts. A
percentage is of the most points there are, as in Canvas's late policies.
"""

from __future__ import annotations

import math
from datetime import timedelta
from decimal import ROUND_HALF_DOWN, Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from costmodel.errors import UsageError
from costmodel.files.documents import Strict, first_problem
from costmodel.files.moments import parse_duration


def _duration(value: Any) -> Any:
    """Lengths of time as people write them; one in ISO 8601, as a saved rulebook has it, is pydantic's own to read."""
    return parse_duration(value) if isinstance(value, str) and not value.startswith("P") else value


Duration = Annotated[timedelta, BeforeValidator(_duration)]
_LENGTHS = {"day": timedelta(days=1), "hour": timedelta(hours=1)}


class LatePolicy(Strict):
    """``{grace: 15 min, percent: 10, per: day, cut_off: 3 days}``.

    Attributes:
        grace: what is not longer late than this is in time.
        points, percent: taken for each day or hour begun; of ``percent`` of the most points there are.
        cut_off: what comes later has no points; None is never.
    """

    grace: Duration = timedelta(0)
    points: Decimal | None = Field(default=None, ge=0)
    percent: Decimal | None = Field(default=None, ge=0, le=100)
    per: Literal["day", "hour"] = "day"
    cut_off: Duration | None = None

    @model_validator(mode="after")
    def _one_price(self) -> LatePolicy:
        if self.points is not None and self.percent is not None:
            raise ValueError("points or percent, not both")
        if self.points is None and self.percent is None and self.cut_off is None:
            raise ValueError("it takes nothing: give points, percent or cut_off")
        return self

    @property
    def text(self) -> str:
        """What it takes, as a person reads it."""
        if self.points is None and self.percent is None:
            return "nothing is taken until the last moment"
        price = f"{self.points} points are" if self.points is not None else f"{self.percent} % of the most points are"
        return f"{price} taken for each {self.per} begun after the deadline"

    def taken(self, seconds: int, maximum: int) -> int:
        """Points that are taken from somebody so late; a half is not taken."""
        late = timedelta(seconds=seconds)
        if late <= self.grace:
            return 0
        begun = math.ceil(late / _LENGTHS[self.per])
        each = self.points if self.points is not None else (self.percent or Decimal(0)) * maximum / 100
        return min(maximum, int((each * begun).to_integral_value(ROUND_HALF_DOWN)))

    def is_over(self, seconds: int) -> bool:
        """Whether it is too late for any point."""
        return self.cut_off is not None and timedelta(seconds=seconds) > self.cut_off


def parse_policy(text: str) -> LatePolicy:
    """A policy from the command line: ``grace=15m,percent=10,per=day,cut_off=3d``.

    Raises:
        UsageError: not of this form; says what is wrong.
    """
    pairs = [part.partition("=") for part in text.split(",")]
    wrong = next((name for name, equals, _ in pairs if not equals), None)
    if wrong is not None:
        raise UsageError(f"--late-policy: {wrong!r} is not NAME=VALUE; write grace=15m,percent=10,per=day,cut_off=3d")
    try:
        return LatePolicy.model_validate({name.strip(): value.strip() for name, _, value in pairs})
    except ValidationError as problem:
        location, message = first_problem(problem, LatePolicy)
        raise UsageError(f"--late-policy: {'.'.join(map(str, location))}: {message}".replace(": : ", ": ")) from None
