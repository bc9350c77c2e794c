"""The most solutions that a team may hand in."""

from __future__ import annotations

from costmodel.contracts.contract_rule import ContractRule, Decision
from costmodel.contracts.handed_in import HandedIn
from costmodel.ir.verdict import Outcome

ORDER = 80
SEVERAL = False


class TeamRule(ContractRule):
    """At most so many solutions of one team."""

    most: int


RULE = TeamRule


def decide(rule: TeamRule, handed_in: HandedIn) -> Decision:
    """Whether the team has handed in no more; the files alone do not say how many there are."""
    limit, solutions = f"<= {rule.most}", handed_in.solutions
    if solutions is None:
        because = "how many solutions the team has handed in is not known"
        return Decision(limit=limit, outcome=Outcome.UNDECIDED, because=because, not_given=True)
    outcome = Outcome.PASS if solutions <= rule.most else Outcome.FAIL
    return Decision(limit=limit, outcome=outcome, because=f"{solutions} handed in", measured=solutions)
