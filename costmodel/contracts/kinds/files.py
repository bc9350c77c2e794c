"""Files that have to be there."""

from __future__ import annotations

from pydantic import Field

from costmodel.contracts.contract_rule import ContractRule, Decision
from costmodel.contracts.handed_in import HandedIn
from costmodel.files.quoting import escaped
from costmodel.ir.verdict import Outcome

ORDER = 10
SEVERAL = True


class FileRule(ContractRule):
    """At least ``count`` files whose path matches one of the globs (``*.py``, ``docs/*.pdf``).

    A glob without a slash matches the name in any folder; case does not matter.
    """

    any_of: tuple[str, ...] = Field(min_length=1)
    count: int = 1


RULE = FileRule


def decide(rule: FileRule, handed_in: HandedIn) -> Decision:
    """Whether there are so many files; an empty one does not count."""
    found = handed_in.folder.matching(rule.any_of)
    limit = f"{' or '.join(rule.any_of)}{f', {rule.count} times' if rule.count > 1 else ''}"
    filled = [file for file in found if file.size]
    if len(filled) >= rule.count:
        because = ", ".join(escaped(file.path) for file in filled[:4])
        return Decision(limit=limit, outcome=Outcome.PASS, because=because, measured=len(filled))
    because = f"{len(filled)} found"
    if len(found) > len(filled):
        because += f"; {escaped(found[0].path)} is empty"
    links = [unseen for unseen in handed_in.folder.unseen if unseen.is_link]
    if links:
        because += f"; {links[0].text}"
    return Decision(limit=limit, outcome=Outcome.FAIL, because=because, measured=len(filled))
