"""A rulebook's limits."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import field_validator, model_validator

from costmodel.files.documents import Strict
from costmodel.ir.verdict import Consequence

Operator = Literal["<", "<=", ">", ">=", "known", "one of"]


class LimitSpec(Strict):
    """A condition. ``known`` asks only that the value can be computed completely; ``one of`` asks for a word.

    Attributes:
        scope: what the value covers (``training``, ``whole run``, ``at any point``), for people.
    """

    rule: str
    metric: str
    operator: Operator
    value: Decimal | None = None
    one_of: tuple[str, ...] = ()
    on_failure: Consequence
    scope: str = ""
    source: str
    note: str = ""

    @model_validator(mode="after")
    def _value_fits(self) -> LimitSpec:
        if (self.value is None) != (self.operator in ("known", "one of")):
            raise ValueError("a limit has a value, unless its operator is 'known' or 'one of'")
        if bool(self.one_of) != (self.operator == "one of"):
            raise ValueError("words belong into one_of, with the operator 'one of', and nowhere else")
        return self

    @field_validator("on_failure")
    @classmethod
    def _something_follows(cls, value: Consequence) -> Consequence:
        if value is Consequence.NONE:
            raise ValueError("say what follows: zero, disqualify, unranked, flag or note")
        return value

    @property
    def text(self) -> str:
        """The limit as people read it."""
        if self.operator == "one of":
            return f"one of {', '.join(self.one_of)}"
        return "known" if self.value is None else f"{self.operator} {self.value:,}"
