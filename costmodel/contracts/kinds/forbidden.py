"""Forbidden practices that show in the text of a program; signs/ has one module per sign."""

from __future__ import annotations

from pydantic import field_validator

from costmodel.contracts.contract_rule import ContractRule, Decision
from costmodel.contracts.handed_in import HandedIn
from costmodel.contracts.reading.hidden_code import hidden_code
from costmodel.contracts.sign import known_signs
from costmodel.ir.verdict import Outcome

ORDER = 100
SEVERAL = True

_SHOWN = 12
"""Places of one rule that are written out."""


class SignRule(ContractRule):
    """A sign that is a flag for a person, never a failure by itself.

    Attributes:
        kind: a module of signs/.
        test_files: names of files with test labels (globs).
        checkpoint_bytes: a file of any kind from this size on may hold weights.
    """

    kind: str
    test_files: tuple[str, ...] = ("*solution*.csv", "*test*label*", "*label*test*", "y_test*", "test_batch")
    checkpoint_bytes: int = 5 * 10**6

    @field_validator("kind")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in known_signs():
            raise ValueError(f"{value!r} is not a sign that can be looked for; known: {', '.join(known_signs())}")
        return value


RULE = SignRule


def decide(rule: SignRule, handed_in: HandedIn) -> Decision:
    """Whether there are signs; without any, what could not be read still leaves it open."""
    sign = known_signs()[rule.kind]
    limit = f"no {sign.TITLE}"
    found = list(dict.fromkeys(sign.signs(rule, handed_in)))
    if found:
        shown = "; ".join(f"{place}: {reason}" for place, reason in found[:_SHOWN])
        more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        because = f"a person has to look at {shown}{more}"
        return Decision(limit=limit, outcome=Outcome.UNDECIDED, because=because, measured=len(found))
    programs = handed_in.programs
    doubts = [*programs.unreadable, *(unseen.text for unseen in handed_in.folder.unseen)]
    doubts += [f"{place}: {why}" for part, names in handed_in.parts for place, why in hidden_code(part, names)]
    if doubts:
        because = f"no sign of it, but not all can be read: {'; '.join(doubts[:_SHOWN])}"
        return Decision(limit=limit, outcome=Outcome.UNDECIDED, because=because, measured=0)
    if not programs.parts:
        because = "there is no Python program to look at"
        return Decision(limit=limit, outcome=Outcome.UNDECIDED, because=because, measured=0)
    files = len({part.path for part in programs.parts})
    because = f"no sign of it in {'1 file' if files == 1 else f'{files} files'} of Python, as far as reading them tells"
    return Decision(limit=limit, outcome=Outcome.PASS, because=because, measured=0)
