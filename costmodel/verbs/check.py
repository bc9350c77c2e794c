"""A submission as ``check`` takes it: a model or a folder of files, with facts of the command line and of files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from costmodel.contracts.checker import check_contract
from costmodel.contracts.kinds.deadline import parse_submitted
from costmodel.contracts.kinds.file_name import claimed_values
from costmodel.contracts.spec import ContractSpec
from costmodel.errors import RecipeError, SubjectError, TraceError, UsageError
from costmodel.facts.reader import read_facts, refuse_idle
from costmodel.ir.facts import Facts, Reading
from costmodel.ir.verdict import AS_WRITTEN, Finding, Verdict
from costmodel.judging import check_subject
from costmodel.rules.figures import Computed
from costmodel.rules.judging.given_facts import parse_facts
from costmodel.rules.judging.judge import judge
from costmodel.rules.judging.sheets import Sheet, merged, one_sheet, sheets_of
from costmodel.rules.schema.rulebook import Rulebook, load_rulebook

Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What is given of one submission.

    Attributes:
        reference: a model (``FILE.py:NAME`` …), or a folder.
        settings: recipe settings.
        facts: NAME=VALUE words.
        fact_files: tables, logs, leaderboards.
        solution: labels that a file of predictions is scored against.
        name: whose facts in those files; None is the reference's own name.
        model: which file and object of a folder is the model.
        score: what a leaderboard's score is (``error-percent`` …).
        submitted: when it was handed in, as ISO 8601 text with its time zone.
        team_solutions: how many solutions the team has handed in.
        originals: the organizers' own copy of locked files.
    """

    reference: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    fact_files: tuple[Path, ...] = ()
    solution: Path | None = None
    name: str | None = None
    model: str | None = None
    score: str | None = None
    submitted: str | None = None
    team_solutions: int | None = None
    originals: Path | None = None

    @property
    def folder(self) -> Path | None:
        """The folder, None if a model is named."""
        path = Path(self.reference)
        return path if path.is_dir() else None


def check_submission(
    submission: Submission,
    rules: str,
    *,
    track: str | None = None,
    reading: str = AS_WRITTEN,
    use_cache: bool = False,
    jobs: int = 1,
    progress: Progress | None = None,
) -> Verdict:
    """Judge a submission by a rulebook.

    Raises:
        SubjectError, RecipeError, TraceError: a named model that cannot be analysed, where a rule needs it. A folder's
            findings are kept all the same, and what hangs on the model is undecided.
        UsageError, FormatError, RulebookError: facts, files or rulebook are not what they should be.
    """
    book = load_rulebook(rules)
    _nothing_is_ignored(submission)
    sheet = _sheet(submission, book)
    facts = merged(sheet, parse_facts(submission.facts, book))
    track = track if track is not None or not book.tracks else sheet.task
    name = submission.name or _name(submission)
    folder = submission.folder
    contract = (
        () if folder is None or book.contract is None else _contract(submission, folder, book.contract, sheet.submitted)
    )
    because = "no rule asks for the model"
    if book.needs_analysis:
        try:
            verdict = check_subject(
                _model(submission, book), book, submission.settings, facts,
                track=track, reading=reading, contract=contract, use_cache=use_cache, jobs=jobs, progress=progress,
            )  # fmt: skip
            return verdict if submission.name is None and folder is None else replace(verdict, subject=name)
        except (SubjectError, RecipeError, TraceError) as error:
            if folder is None:
                raise
            because = f"the model cannot be analysed: {error.message}"
    computed = Computed(because=because)
    return judge(computed, book, facts, subject=name, track=track, reading=reading, contract=contract)


def _nothing_is_ignored(submission: Submission) -> None:
    """Every word that was given must have something to say."""
    of_folder = {
        "--model": submission.model,
        "--submitted": submission.submitted,
        "--originals": submission.originals,
        "--team-solutions": submission.team_solutions,
    }
    for option, value in of_folder.items():
        if value is not None and submission.folder is None:
            raise UsageError(f"{option} speaks of a folder's files; {submission.reference} is no folder")
    for option, path in (("--solution", submission.solution), ("--originals", submission.originals)):
        if path is not None and not path.exists():
            raise UsageError(f"{option} {path}: no such file or folder")


def _model(submission: Submission, book: Rulebook) -> str:
    """The reference to analyse; a folder's model is chosen as ``grade`` chooses it."""
    if submission.folder is None:
        return submission.reference
    from costmodel.tracing.choice import Known, choose

    file, _, name = (submission.model or book.subject.model or "").partition(":")
    settings = {**book.subject.settings, **submission.settings}
    known = Known(file=file or None, name=name or None, settings=settings, defaults=book.subject.defaults)
    return choose(submission.folder, known).reference


def _contract(submission: Submission, folder: Path, spec: ContractSpec, known: str) -> tuple[Finding, ...]:
    moment = None
    text = submission.submitted or known
    if text:
        try:
            moment = parse_submitted(text)
        except ValueError as problem:
            source = "--submitted" if submission.submitted else "the time of submission among the facts:"
            raise UsageError(f"{source} {problem}") from None
    return check_contract(
        folder, spec, submitted_at=moment, team_solutions=submission.team_solutions, originals=submission.originals
    )


def _name(submission: Submission) -> str:
    return submission.reference.replace("\\", "/").rstrip("/").rpartition("/")[2]


def _sheet(submission: Submission, book: Rulebook) -> Sheet:
    """Facts of all files about this submission; what names nobody is about it.

    A folder's own files speak too: names that claim figures, and predictions where there are labels to score them.
    """
    name = submission.name or Path(_name(submission).partition(":")[0]).stem
    whole = Sheet()
    files = {file: read_facts(file, submission.solution, score=submission.score) for file in submission.fact_files}
    of_files = submission.solution if submission.folder is None else None  # a folder may have its predictions inside
    refuse_idle(
        (reading for facts in files.values() for reading in facts.readings), score=submission.score, solution=of_files
    )
    for file, facts in files.items():
        whole = whole.joined(one_sheet(sheets_of(facts, book), name, str(file)))
    return whole if submission.folder is None else whole.joined(own_sheet(submission.folder, book, submission.solution))


def own_sheet(folder: Path, book: Rulebook, solution: Path | None) -> Sheet:
    """What a folder says itself: names that claim figures, and predictions where there are labels to score them.

    Raises:
        FormatError: predictions that cannot be read.
    """
    if book.contract is None:
        return Sheet()
    claims = claimed_values(folder, book.contract)
    own = Facts(readings=(Reading(file=folder.name, format="file-name", measurements=claims),))
    whole = sheets_of(own, book).get(None, Sheet())
    for file in _predictions(folder, book.contract) if solution is not None else ():
        whole = whole.joined(sheets_of(read_facts(file, solution), book).get(None, Sheet()))
    return whole


def _predictions(folder: Path, spec: ContractSpec) -> list[Path]:
    files = (file for rule in spec.tables for glob in rule.any_of for file in sorted(folder.glob(glob)))
    return [file for file in dict.fromkeys(files) if file.is_file() and not file.is_symlink()]
