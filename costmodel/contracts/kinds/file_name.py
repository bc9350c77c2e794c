"""Names of files that have to match a pattern."""

from __future__ import annotations

import re

from costmodel.contracts.reading.folder import Folder
from costmodel.contracts.spec import NameRule
from costmodel.files.quoting import escaped
from costmodel.ir.verdict import Outcome


def check_name(rule: NameRule, folder: Folder) -> tuple[Outcome, str]:
    """Whether every file that is meant has a name as asked for."""
    files = folder.matching(rule.any_of)
    if not files:
        return Outcome.FAIL, f"there is no {' or '.join(rule.any_of)}"
    wrong = [entry for entry in files if not re.fullmatch(rule.pattern, entry.name)]
    if wrong:
        return Outcome.FAIL, f"{escaped(wrong[0].path)}: the name has to be as {rule.example}"
    return Outcome.PASS, ", ".join(escaped(entry.path) for entry in files[:4])
