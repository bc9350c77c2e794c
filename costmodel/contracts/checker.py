"""Every rule of a contract applied to a folder: one finding each, nothing run."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from costmodel.contracts.contract import ContractSpec
from costmodel.contracts.contract_rule import ContractRule, Decision
from costmodel.contracts.handed_in import Extension, HandedIn
from costmodel.contracts.reading.programs import read_programs
from costmodel.contracts.reading.submission_folder import open_folder
from costmodel.ir.verdict import Consequence, Finding, Outcome


def check_contract(
    folder: Path,
    spec: ContractSpec,
    *,
    submitted_at: datetime | None = None,
    team_solutions: int | None = None,
    originals: Path | None = None,
    asked_for: Collection[str] = (),
    extension: Extension | None = None,
    marked_late: bool = False,
) -> tuple[Finding, ...]:
    """One finding per rule, in the contract's order; no file is run and no link followed.

    Args:
        folder: the submission.
        spec: the rules.
        submitted_at: when it was handed in, best with its time zone.
        team_solutions: how many solutions the team has handed in.
        originals: the organizers' own copy of locked files.
        asked_for: paths in the folder of weights that the organizers want: they are no sign of anything.
        extension: a later deadline for this submission.
        marked_late: a platform says that it came late, by the platform's own deadline.

    Raises:
        SubjectError: no such folder.
    """
    files = open_folder(folder)
    handed_in = HandedIn(
        folder=files,
        programs=read_programs(files),
        submitted=submitted_at,
        solutions=team_solutions,
        originals=open_folder(originals) if originals is not None else None,
        asked_for=asked_for,
        extension=extension,
        marked_late=marked_late,
    )
    return tuple(_finding(rule, kind.decide(rule, handed_in)) for kind, rule in spec.rules_with_kinds())


def _finding(rule: ContractRule, decision: Decision) -> Finding:
    noted = decision.not_given and decision.outcome is Outcome.UNDECIDED
    return Finding(
        rule=rule.rule,
        measured=decision.measured,
        at_least=False,
        limit=decision.limit,
        unit=decision.unit,
        outcome=decision.outcome,
        because="; ".join(text for text in (decision.because, rule.note) if text),
        consequence=Consequence.NOTE if noted else decision.consequence or rule.on_failure,
    )
