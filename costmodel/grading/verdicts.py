"""One student's verdict: figures from outside the wall, facts, and the contract on the files."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from costmodel.contracts.checker import check_contract
from costmodel.errors import FormatError, UnknownNameError
from costmodel.files.moments import parse_submitted
from costmodel.grading.intake.submissions import Submission
from costmodel.grading.job import TracedSubmission
from costmodel.grading.notice import Notice, NoticeKind
from costmodel.grading.scrutiny.confirm_by_replay import replay_files
from costmodel.ir.cost import CostReport
from costmodel.ir.verdict import AS_WRITTEN, Consequence, Finding, Outcome, Verdict
from costmodel.rules.figures import Computed
from costmodel.rules.judging.judge import judge
from costmodel.rules.judging.own_sheet import own_sheet
from costmodel.rules.judging.sheets import Sheet
from costmodel.rules.schema.rulebook import Rulebook


@dataclass(frozen=True, kw_only=True)
class JudgingOptions:
    """The grader's choices, beside files and facts.

    Attributes:
        reading: how ambiguous rules are read.
        originals: the organizers' own copy of files that nobody may change.
        asks_for_weights: students were asked for weights and predictions, for the replay.
        solution: labels that predictions in a submission's folder are scored against.
    """

    reading: str = AS_WRITTEN
    originals: Path | None = None
    asks_for_weights: bool = False
    solution: Path | None = None


def verdict_of(
    submission: Submission,
    traced: TracedSubmission | None,
    costs: Mapping[str, CostReport],
    book: Rulebook,
    sheet: Sheet,
    options: JudgingOptions,
) -> Verdict:
    """Judge one submission; contradicting facts and an unknown task leave undecided what depends on them."""
    computed = Computed(because=_because(submission, traced))
    if traced is not None and traced.analysis is not None:
        search = book.hardware.search if book.hardware else ""
        inference = traced.workload if book.hardware is None else None
        computed = Computed(traced.analysis, costs=costs, search=search, inference=inference)
    more = [_open("replay", remark.message) for remark in _remarks(traced) if remark.kind in _WITHHOLDING]
    if submission.path is not None and submission.path.is_dir():
        try:
            sheet = sheet.joined(own_sheet(submission.path, book, options.solution))
        except FormatError as problem:
            more.append(_open("facts", str(problem).replace(f"{submission.path}/", "")))
    more += [_open("facts", problem) for problem in sheet.problems]
    track = None
    try:
        track = book.track_of(sheet.task) if book.tracks else None
    except UnknownNameError as error:
        more.append(_open("task", str(error)))
    contract = (*_contract(submission, book, _moment(submission, sheet, more), options), *more)
    facts, reading = sheet.facts, options.reading
    return judge(computed, book, facts, subject=submission.name, track=track, contract=contract, reading=reading)


_WITHHOLDING = frozenset({NoticeKind.CONTRADICTED, NoticeKind.UNCONFIRMED})
"""Without a replay that agrees there is no rank, and no bonus for one, until a person decides."""


def _remarks(traced: TracedSubmission | None) -> tuple[Notice, ...]:
    return () if traced is None else traced.remarks


def _moment(submission: Submission, sheet: Sheet, more: list[Finding]) -> datetime | None:
    """The time of submission: by the facts, else by the platform."""
    if not sheet.submitted:
        return submission.submitted
    try:
        return parse_submitted(sheet.submitted)
    except ValueError as problem:
        more.append(_open("facts", f"the time of submission: {problem}"))
        return None


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
        consequence=Consequence.UNRANKED,
    )


def _contract(
    submission: Submission, book: Rulebook, submitted: datetime | None, options: JudgingOptions
) -> tuple[Finding, ...]:
    """The rules on files; a single file is treated as a folder that holds it."""
    path = submission.path
    if book.contract is None or path is None:
        return ()
    if path.is_dir():
        files = replay_files(path) if options.asks_for_weights else ()
        asked_for = [file.relative_to(path).as_posix() for file in files if file is not None]
        return check_contract(
            path, book.contract, submitted_at=submitted, originals=options.originals, asked_for=asked_for
        )
    with tempfile.TemporaryDirectory(prefix="costmodel-one-") as folder:
        shutil.copyfile(path, Path(folder) / path.name)
        return check_contract(Path(folder), book.contract, submitted_at=submitted, originals=options.originals)


def _because(submission: Submission, traced: TracedSubmission | None) -> str:
    if traced is not None and traced.notice is not None:
        return traced.notice.message
    if submission.path is None:
        return "; ".join(notice.message for notice in submission.notices) or "there is nothing to trace"
    return "no rule asks for the model"
