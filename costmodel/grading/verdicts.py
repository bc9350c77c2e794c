"""One student's verdict: figures from outside the wall, facts, and the contract on the files."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from costmodel.contracts.checker import check_contract
from costmodel.errors import UnknownNameError
from costmodel.grading.sources import Submission
from costmodel.grading.traced import Traced
from costmodel.ir.cost import CostReport
from costmodel.ir.verdict import Finding, Outcome, Verdict
from costmodel.rules.figures import Computed
from costmodel.rules.judge import judge
from costmodel.rules.rulebook import Rulebook
from costmodel.rules.sheets import Sheet


def verdict_of(
    submission: Submission,
    traced: Traced | None,
    costs: Mapping[str, CostReport],
    book: Rulebook,
    sheet: Sheet,
    reading: str,
) -> Verdict:
    """What the rulebook says; contradicting facts and an unknown task leave what hangs on them undecided."""
    computed = Computed(because=_because(submission, traced))
    if traced is not None and traced.analysis is not None:
        computed = Computed(traced.analysis, costs=costs, search=book.hardware.search if book.hardware else "")
    more = [_open("facts", problem) for problem in sheet.problems]
    track = None
    try:
        track = book.track_of(sheet.task) if book.tracks else None
    except UnknownNameError as error:
        more.append(_open("task", str(error)))
    contract = (*_contract(submission, book), *more)
    return judge(computed, book, sheet.facts, subject=submission.name, track=track, contract=contract, reading=reading)


def _open(rule: str, because: str) -> Finding:
    """Something that must be settled before the submission can be ranked."""
    return Finding(
        rule=rule,
        measured=None,
        at_least=False,
        limit="",
        unit="",
        outcome=Outcome.UNDECIDED,
        because=because,
        consequence="unranked",
    )


def _contract(submission: Submission, book: Rulebook) -> tuple[Finding, ...]:
    """The rules on files; a single file is looked at as a folder that holds it."""
    path = submission.path
    if book.contract is None or path is None:
        return ()
    if path.is_dir():
        return check_contract(path, book.contract)
    with tempfile.TemporaryDirectory(prefix="costmodel-one-") as folder:
        shutil.copyfile(path, Path(folder) / path.name)
        return check_contract(Path(folder), book.contract)


def _because(submission: Submission, traced: Traced | None) -> str:
    if traced is not None and traced.notice is not None:
        return traced.notice.message
    if submission.path is None:
        return "; ".join(notice.message for notice in submission.notices) or "there is nothing to trace"
    return "no rule asks for the model"
