"""The kinds of contract rules: each is a module of kinds/, found by existing; its name is its key in a rulebook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, cast

from costmodel.contracts import kinds
from costmodel.contracts.handed_in import HandedIn
from costmodel.files.documents import Strict
from costmodel.files.varieties import modules_in, names_in
from costmodel.ir.verdict import Consequence, Outcome


class ContractRule(Strict):
    """Each rule has an id, unique in its contract, and the sentence of the text that it comes from.

    ``on_failure`` as in a limit: ``flag`` is for a person to look at, ``note`` decides nothing.
    """

    rule: str
    source: str
    on_failure: Consequence = Consequence.FLAG
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One rule applied to one submission.

    Attributes:
        limit: what the rule asks for, as a report shows it.
        outcome: PASS, FAIL or UNDECIDED.
        because: the reason.
        measured: what the limit is about, a number or a word; None if there is none.
        not_given: whether an UNDECIDED outcome hangs on something outside the files that nobody has stated; it is
            then only noted.
        consequence: of this decision, where it is another than the rule's.
        unit: of what was measured.
    """

    limit: str
    outcome: Outcome
    because: str
    measured: int | str | None = None
    not_given: bool = False
    consequence: Consequence | None = None
    unit: str = ""


def handed_in_elsewhere() -> Decision:
    """The decision on a file that may be handed in at another place, and is not among these."""
    return Decision(
        limit="where it is handed in",
        outcome=Outcome.UNDECIDED,
        because="it is not among these files",
        not_given=True,
    )


class RuleKind(Protocol):
    """Everything that a module of kinds/ defines.

    Attributes:
        ORDER: rules are checked, and findings listed, in ascending order of their kinds.
        SEVERAL: whether a rulebook holds a list of such rules under the key, or one rule.
        RULE: the rule's fields.
    """

    ORDER: int
    SEVERAL: bool
    RULE: type[ContractRule]

    def decide(self, rule: Any, handed_in: HandedIn) -> Decision:
        """Apply a rule of class ``RULE``; no file is run and no link followed."""


def rule_kinds() -> dict[str, RuleKind]:
    """Every kind by its key in a rulebook, in the order in which the rules are checked."""
    found = dict(zip(names_in(kinds.__path__), (cast(RuleKind, one) for one in modules_in(kinds)), strict=True))
    return dict(sorted(found.items(), key=lambda item: item[1].ORDER))
