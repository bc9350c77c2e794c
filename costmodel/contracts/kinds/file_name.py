"""Names of files that have to match a pattern, and what such a name claims."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from pathlib import Path

from costmodel.contracts.reading.folder import Folder, open_folder
from costmodel.contracts.spec import ClaimSpec, ContractSpec, NameRule
from costmodel.files.quoting import escaped
from costmodel.ir.facts import METRIC_UNITS, Kind, Measurement
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


def claimed_values(folder: Path, spec: ContractSpec) -> tuple[Measurement, ...]:
    """What the names of a submission's files claim, with the half-width of their rounding.

    Raises:
        SubjectError: no such folder.
    """
    files = open_folder(folder)
    return tuple(
        claim
        for rule in spec.names
        for entry in files.matching(rule.any_of)
        if (match := re.fullmatch(rule.pattern, entry.name))
        for group, claimed in rule.claims.items()
        if (claim := _claim(match[group], claimed, entry.path)) is not None
    )


def _claim(text: str | None, spec: ClaimSpec, path: str) -> Measurement | None:
    try:
        value = Decimal((text or "").replace("p", "."))
    except InvalidOperation:
        return None
    half = None if spec.decimals is None else Decimal(5).scaleb(-spec.decimals - 1) * spec.scale
    return Measurement(
        metric=spec.metric,
        value=value * spec.scale,
        unit=METRIC_UNITS.get(spec.metric, ""),
        uncertainty=half,
        kind=Kind.CLAIMED,
        because=f"claimed by the name {escaped(path)}",
    )
