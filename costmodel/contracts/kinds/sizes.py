"""The most bytes that files may have."""

from __future__ import annotations

from costmodel.contracts.contract_rule import ContractRule, Decision
from costmodel.contracts.handed_in import HandedIn
from costmodel.files.quoting import escaped
from costmodel.ir.verdict import Outcome

ORDER = 90
SEVERAL = True


class SizeRule(ContractRule):
    """The most bytes that one file (or, with ``together``, all files) of the globs may have."""

    any_of: tuple[str, ...] = ("*",)
    most_bytes: int
    together: bool = False


RULE = SizeRule


def decide(rule: SizeRule, handed_in: HandedIn) -> Decision:
    """Whether the largest file, or the sum, is small enough."""
    found = handed_in.folder.matching(rule.any_of)
    largest = max(found, key=lambda file: file.size, default=None)
    size = sum(file.size for file in found) if rule.together else largest.size if largest else 0
    which = f"{len(found)} files" if rule.together else escaped(largest.path) if largest else "no file"
    outcome = Outcome.PASS if size <= rule.most_bytes else Outcome.FAIL
    limit = f"<= {rule.most_bytes:,} bytes"
    return Decision(limit=limit, outcome=outcome, because=f"{which}: {size:,} bytes", measured=size)
