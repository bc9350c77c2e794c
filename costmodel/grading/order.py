"""An order to grade a class: what the grader wants, and the tables and files that he brings for it."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from costmodel.contracts.contract import with_deadline
from costmodel.contracts.kinds.names import NameRule
from costmodel.contracts.kinds.tables import TableRule
from costmodel.contracts.late_policy import parse_policy
from costmodel.errors import SandboxError, UsageError
from costmodel.facts.reader import read_facts, refuse_idle
from costmodel.files.moments import parse_moment
from costmodel.files.quoting import safe_text
from costmodel.grading.classroom import ClassFiles
from costmodel.grading.intake.extensions import read_extensions
from costmodel.grading.intake.roster import read_roster
from costmodel.grading.overrides import read_overrides
from costmodel.grading.scrutiny.confirm_by_replay import check_inputs
from costmodel.grading.whose_facts import FactsRow
from costmodel.ir.facts import IDENTITIES, Facts, Reading
from costmodel.rules.judging.sheets import Sheet, sheets_of
from costmodel.rules.schema.rulebook import Rulebook
from costmodel.sandbox.probe import best_wall, probe
from costmodel.sandbox.resource_limits import Limits
from costmodel.sandbox.visible import opened_at


@dataclass(frozen=True, kw_only=True)
class Order:
    """One class to grade.

    Attributes:
        place: folder, export or archive.
        rules: a rulebook's name or file.
        fact_files: tables, logs, leaderboards.
        solution: labels that files of predictions are scored against.
        score: what a leaderboard's score is (``error-percent`` …).
        ranked: False leaves out ranking and bonus.
        roster: CSV of the class.
        aliases: CSV with other words for people of the roster.
        extensions: CSV with later deadlines of single people.
        overrides: CSV with what a person has decided.
        deadline, timezone, late_policy: the course's own, in the place of the rulebook's.
        only: words for those of whom alone something is done again.
        originals: the organizers' own copy of files that nobody may change.
        model: file and object of a submission that are the model.
        models: CSV with those of single students, which come first.
        inputs: tensor file with the grader's inputs, on which traces are replayed.
        resume: take what an interrupted run has finished.
        require_sandbox: a wall that does not keep all its promises is an error.
        wall: name of a wall; None is the best that works.
        platforms: report formats that are wanted too.
    """

    place: Path
    rules: str
    fact_files: tuple[Path, ...] = ()
    solution: Path | None = None
    score: str | None = None
    ranked: bool = True
    roster: Path | None = None
    aliases: Path | None = None
    extensions: Path | None = None
    overrides: Path | None = None
    deadline: str | None = None
    timezone: str | None = None
    late_policy: str | None = None
    only: tuple[str, ...] = ()
    originals: Path | None = None
    model: str | None = None
    models: Path | None = None
    reading: str = "as-written"
    inputs: Path | None = None
    resume: bool = False
    require_sandbox: bool = False
    wall: str | None = None
    limits: Limits = field(default_factory=Limits)
    use_cache: bool = True
    platforms: tuple[str, ...] = ()


def own_deadline(book: Rulebook, order: Order) -> Rulebook:
    """The rulebook with the course's own deadline."""
    policy = None if order.late_policy is None else parse_policy(order.late_policy)
    contract = with_deadline(book.contract, order.deadline, order.timezone, policy)
    if order.extensions is not None and (contract is None or contract.deadline is None):
        raise UsageError(f"--extensions {order.extensions}: {book.name} has no deadline: give --deadline")
    return book if contract is book.contract else book.model_copy(update={"contract": contract})


def brought_files(order: Order, book: Rulebook) -> ClassFiles:
    """Everything that the grader brings beside the submissions."""
    if order.originals is not None and not order.originals.is_dir():
        raise UsageError(f"--originals {order.originals}: no such folder")
    if order.inputs is not None:
        check_inputs(order.inputs)
    if order.aliases is not None and order.roster is None:
        raise UsageError(f"--aliases {order.aliases}: it is about people of a roster: give --roster")
    extensions = () if order.extensions is None else read_extensions(order.extensions)
    due = None if book.contract is None else book.contract.deadline
    for line in extensions:
        if due is not None and parse_moment(line.extension.until) < parse_moment(due.at):
            raise UsageError(
                f"{line.place}: {line.extension.until} is before the deadline, {due.at}: it extends nothing"
            )
    return ClassFiles(
        facts=tuple(_facts(order, book)),
        roster=read_roster(order.roster, order.aliases) if order.roster is not None else None,
        extensions=extensions,
        overrides=() if order.overrides is None else read_overrides(order.overrides, book),
    )


def _facts(order: Order, book: Rulebook) -> list[FactsRow]:
    """A row for each person in the files."""
    contract = book.contract
    names = () if contract is None else contract.of(NameRule)
    files = (read_facts(file, order.solution, score=order.score, names=names) for file in order.fact_files)
    readings = [reading for file in files for reading in file.readings]
    inside = contract is not None and contract.of(TableRule)  # submissions may have their predictions inside
    refuse_idle(readings, solution=None if inside else order.solution, score=order.score)
    if order.solution is not None and not order.solution.is_file():
        raise UsageError(f"--solution {order.solution}: no such file")
    by_person: dict[tuple[str, ...], list[Reading]] = {}
    for reading in readings:
        words = (*(reading.words.get(name, "") for name in IDENTITIES), reading.submission or "")
        by_person.setdefault(tuple(filter(None, words)), []).append(reading)
    return [FactsRow(whose, _sheet(theirs, book), _members(theirs)) for whose, theirs in by_person.items()]


def _members(readings: Sequence[Reading]) -> tuple[str, ...]:
    """The user names of a team on Kaggle, where a leaderboard has them."""
    names = [name.strip() for reading in readings for name in reading.words.get("kaggle", "").split(",")]
    return tuple(dict.fromkeys(filter(None, names)))


def _sheet(readings: Sequence[Reading], book: Rulebook) -> Sheet:
    """The facts of one person, from all readings of it."""
    (sheet,) = sheets_of(Facts(readings=tuple(replace(r, submission=None) for r in readings)), book).values()
    return sheet


def wall_of(order: Order) -> tuple[str, tuple[str, ...]]:
    """The wall's name, and a note if it is weaker than it should be."""
    standing = best_wall(order.place, require_sandbox=order.require_sandbox)
    wall = order.wall or standing.wall
    others = () if wall == standing.wall else probe(order.place)
    chosen = next((status for status in others if status.wall == wall), standing)
    if order.require_sandbox and not chosen.is_whole:
        raise SandboxError(f"--require-sandbox: {chosen}; leave out --wall to take {standing.wall}")
    return wall, () if chosen.is_whole else (f"the wall is weaker than it should be: {chosen}",)


def refuse_what_is_open(order: Order, out: Path) -> None:
    """Every submission may read Python, its packages and the system's libraries: nothing of the class may lie there."""
    named = [("", order.place), ("--out ", out), ("--solution ", order.solution), ("--roster ", order.roster)]
    named += [("--facts ", file) for file in order.fact_files]
    named += [("--originals ", order.originals), ("--models ", order.models), ("--inputs ", order.inputs)]
    named += [("--aliases ", order.aliases), ("--extensions ", order.extensions), ("--overrides ", order.overrides)]
    named += [("the temporary folder ", Path(tempfile.gettempdir()))]  # archives are unpacked there
    for option, place in named:
        folder = "" if place is None else opened_at(place)
        if folder:
            raise UsageError(
                f"{option}{place}: every submission may read what lies in {folder}; choose another folder, outside it"
            )


def make_folder(out: Path, place: Path) -> None:
    """The folder of the results, which must not become a submission itself."""
    if place.is_dir() and out.resolve().is_relative_to(place.resolve()):
        raise UsageError(f"--out {out} lies in the folder of the submissions; choose another place")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out {out}: {error.strerror or error}") from None


def digests_of(order: Order) -> dict[str, str]:
    """The digests of the files that the grader brought, by their names."""
    files = [*order.fact_files, order.roster, order.aliases, order.extensions, order.overrides, order.models]
    files += [order.solution, order.inputs]
    found: dict[str, str] = {}
    for file in files:
        if file is not None and file.is_file():
            found[f"input {safe_text(file.name)}"] = hashlib.sha256(file.read_bytes()).hexdigest()
    return found
