"""Names of files that have to match a pattern."""

from __future__ import annotations

import re
from decimal import Decimal

from pydantic import Field, model_validator

from costmodel.contracts.contract_rule import ContractRule, Decision, handed_in_elsewhere
from costmodel.contracts.handed_in import HandedIn
from costmodel.contracts.reading.submission_folder import Folder
from costmodel.files.documents import Strict
from costmodel.files.quoting import escaped
from costmodel.ir.verdict import Outcome

ORDER = 50
SEVERAL = True


class ClaimSpec(Strict):
    """A group of a file name that claims a metric: its text with ``p`` for the point, times ``scale``.

    ``decimals`` is how many decimals it was rounded to; None if it is exact.
    """

    metric: str
    scale: Decimal = Decimal(1)
    decimals: int | None = None


class NameRule(ContractRule):
    """Files whose name has to match a pattern; ``claims`` are its named groups; ``required`` as for a table."""

    any_of: tuple[str, ...] = Field(min_length=1)
    required: bool = True
    pattern: str
    example: str
    claims: dict[str, ClaimSpec] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _pattern_fits(self) -> NameRule:
        try:
            compiled = re.compile(self.pattern)
        except re.error as problem:
            raise ValueError(f"pattern: {problem}") from None
        unknown = [group for group in self.claims if group not in compiled.groupindex]
        if unknown:
            raise ValueError(f"claims: the pattern has no group {', '.join(unknown)}")
        if not compiled.fullmatch(self.example):
            raise ValueError(f"the example {self.example!r} does not match the pattern")
        return self


RULE = NameRule


def decide(rule: NameRule, handed_in: HandedIn) -> Decision:
    """Whether every file that is meant has a name as asked for."""
    if not rule.required and not handed_in.folder.matching(rule.any_of):
        return handed_in_elsewhere()
    outcome, because = _decided(rule, handed_in.folder)
    return Decision(limit=f"named as {rule.example}", outcome=outcome, because=because)


def _decided(rule: NameRule, folder: Folder) -> tuple[Outcome, str]:
    files = folder.matching(rule.any_of)
    if not files:
        return Outcome.FAIL, f"there is no {' or '.join(rule.any_of)}"
    wrong = [entry for entry in files if not re.fullmatch(rule.pattern, entry.name)]
    if wrong:
        return Outcome.FAIL, f"{escaped(wrong[0].path)}: the name has to be as {rule.example}"
    return Outcome.PASS, ", ".join(escaped(entry.path) for entry in files[:4])
