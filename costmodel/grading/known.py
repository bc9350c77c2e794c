"""What is known of a submission once its files have been read: with the rulebook, all that its verdict needs.

It can be saved: a verdict is recomputed from it without the submission's files, and without running anything of them.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from costmodel.contracts.checker import check_contract
from costmodel.errors import FormatError, UnknownNameError
from costmodel.files.moments import parse_submitted
from costmodel.grading.intake.people import Student
from costmodel.grading.intake.submissions import Submission
from costmodel.grading.notice import Notice, NoticeKind
from costmodel.grading.scrutiny.confirm_by_replay import replay_files
from costmodel.grading.traced_submission import TracedSubmission
from costmodel.ir.verdict import AS_WRITTEN, Consequence, Finding, Outcome
from costmodel.rules.judging.own_sheet import own_sheet
from costmodel.rules.judging.sheets import Sheet
from costmodel.rules.schema.rulebook import Rulebook
from costmodel.rules.value import FactSheet

SCHEMA = "costmodel.known/1"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One submission.

    Attributes:
        name, key, digest, notices, students: as they were taken in.
        traced: figures, or why there are none; None where no rule asks for the model, or there is nothing to trace.
        facts: from the grader's files and its own.
        task: the track that its facts name.
        findings: of the contract on its files, and what must be settled before it is ranked.
        because: why there are no figures, where there are none.
        handed_in: False for a student of the roster who handed nothing in.
    """

    name: str
    key: str
    digest: str
    notices: tuple[Notice, ...]
    students: tuple[Student, ...]
    traced: TracedSubmission | None
    facts: FactSheet
    task: str | None
    findings: tuple[Finding, ...]
    because: str
    handed_in: bool


def known_of(
    submission: Submission, traced: TracedSubmission | None, book: Rulebook, sheet: Sheet, options: JudgingOptions
) -> Known:
    """Read a submission's files; contradicting facts and an unknown task become findings that nothing goes past."""
    more = [_open("replay", remark.message) for remark in _remarks(traced) if remark.kind in _WITHHOLDING]
    if submission.path is not None and submission.path.is_dir():
        try:
            sheet = sheet.joined(own_sheet(submission.path, book, options.solution))
        except FormatError as problem:
            more.append(_open("facts", str(problem).replace(f"{submission.path}/", "")))
    more += [_open("facts", problem) for problem in sheet.problems]
    try:
        track = book.track_of(sheet.task) if book.tracks else None
    except UnknownNameError as error:
        track = None
        more.append(_open("task", str(error)))
    contract = _contract(submission, book, _moment(submission, sheet, more), options)
    return Known(
        name=submission.name,
        key=submission.key,
        digest=submission.digest,
        notices=submission.notices,
        students=submission.students,
        traced=traced,
        facts=sheet.facts,
        task=track,
        findings=(*contract, *more),
        because=_because(submission, traced),
        handed_in=not any(notice.kind is NoticeKind.MISSING for notice in submission.notices),
    )


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
            path,
            book.contract,
            submitted_at=submitted,
            originals=options.originals,
            asked_for=asked_for,
            extension=submission.extension,
            marked_late=submission.marked_late,
        )
    with tempfile.TemporaryDirectory(prefix="costmodel-one-") as folder:
        shutil.copyfile(path, Path(folder) / path.name)
        return check_contract(
            Path(folder),
            book.contract,
            submitted_at=submitted,
            originals=options.originals,
            extension=submission.extension,
            marked_late=submission.marked_late,
        )


def _because(submission: Submission, traced: TracedSubmission | None) -> str:
    if traced is not None and traced.notice is not None:
        return traced.notice.message
    if submission.path is None:
        return "; ".join(notice.message for notice in submission.notices) or "there is nothing to trace"
    return "no rule asks for the model"
