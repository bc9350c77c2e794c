"""Grade: a class from its folder to files that the course's platform takes."""

from __future__ import annotations

import contextlib
import platform
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from pathlib import Path

from costmodel import backends
from costmodel.contracts.kinds.tables import TableRule
from costmodel.errors import SandboxError, UsageError
from costmodel.files.fingerprint import own_digest
from costmodel.files.writing import write_text
from costmodel.grading.classroom import GradingPlan, Progress, grade_class
from costmodel.grading.intake.named_models import read_models
from costmodel.grading.intake.roster import read_roster
from costmodel.grading.resume import ResumeStore
from costmodel.grading.scrutiny.confirm_by_replay import check_inputs
from costmodel.grading.verdicts import JudgingOptions
from costmodel.grading.whose_facts import FactsRow
from costmodel.ir.facts import IDENTITIES, Facts, Reading
from costmodel.ir.grades import Grades
from costmodel.reports.class_files import class_files
from costmodel.rules.judging.sheets import Sheet, sheets_of
from costmodel.rules.schema.rulebook import Rulebook, load_rulebook
from costmodel.sandbox.probe import best_wall, probe
from costmodel.sandbox.resource_limits import Limits as Limits
from costmodel.sandbox.visible import opened_at
from costmodel.verbs.facts import read_facts, refuse_idle
from costmodel.version import __version__

_WRITTEN = ".kept/written.txt"


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
        originals: the organizers' own copy of files that nobody may change.
        model: file and object of a submission that are the model.
        models: CSV with those of single students, which come first.
        inputs: tensor file with the grader's inputs, on which traces are replayed.
        resume: take what an interrupted run has finished.
        require_sandbox: a wall that does not keep all its promises is an error.
        wall: name of a wall; None is the best that works.
    """

    place: Path
    rules: str
    fact_files: tuple[Path, ...] = ()
    solution: Path | None = None
    score: str | None = None
    ranked: bool = True
    roster: Path | None = None
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


def grade(
    submissions: str | Path,
    rules: str,
    out: str | Path,
    *,
    facts: Sequence[str | Path] = (),
    roster: str | Path | None = None,
    model: str | None = None,
    models: str | Path | None = None,
    reading: str = "as-written",
    formats: Sequence[str] = (),
    resume: bool = False,
    require_sandbox: bool = False,
    wall: str | None = None,
    cache: bool = True,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Grades:
    """Grade a class of untrusted submissions, and write rubric, ranking, feedback and the platforms' files.

    Args:
        submissions: a folder of folders, archives or files; a Gradescope or Canvas export.
        rules: a rulebook's name, or the path of a rulebook YAML.
        out: folder for the results; finished traces are kept in it for ``resume``.
        facts: tables, logs and leaderboards with what was measured.
        roster: CSV of the class.
        model: file and object of a submission that are the model; None looks for it.
        models: CSV with those of single students: name, sid, email … as in a roster, and model.
        reading: how ambiguous rules are read.
        formats: platforms whose files are wanted too (:func:`costmodel.reports.names_on_request`).
        resume: take what an interrupted run has finished.
        require_sandbox: a wall that does not keep all its promises is an error.
        wall: name of a wall; None is the best that works.
        cache: take solved layers from the user's cache folder and put new ones there.
        executor: traces and maps in parallel (any ``concurrent.futures`` executor).
        progress: told how far the work is.

    Raises:
        UsageError, FormatError, RulebookError: the class, the facts, the roster or the rulebook.
        SandboxError: no wall that is good enough.
    """
    order = Order(
        place=Path(submissions),
        rules=rules,
        fact_files=tuple(map(Path, facts)),
        roster=None if roster is None else Path(roster),
        model=model,
        models=None if models is None else Path(models),
        reading=reading,
        resume=resume,
        require_sandbox=require_sandbox,
        wall=wall,
        use_cache=cache,
    )
    grades = grade_order(order, Path(out), executor=executor, progress=progress)
    write_grades(grades, Path(out), formats)
    return grades


def grade_order(
    order: Order, out: Path, *, executor: Executor | None = None, progress: Progress | None = None
) -> Grades:
    """Grade a class; finished traces are kept in ``out`` for ``resume``, and nothing else is written.

    Raises:
        UsageError, FormatError, RulebookError: the class, the facts, the roster or the rulebook.
        SandboxError: no wall that is good enough.
    """
    _refuse_what_is_open(order, out)
    book = load_rulebook(order.rules)
    facts = _facts(order, book)
    if order.originals is not None and not order.originals.is_dir():
        raise UsageError(f"--originals {order.originals}: no such folder")
    if order.inputs is not None:
        check_inputs(order.inputs)
    roster = read_roster(order.roster) if order.roster is not None else None
    standing = best_wall(order.place, require_sandbox=order.require_sandbox)
    wall = order.wall or standing.wall
    others = () if wall == standing.wall else probe(order.place)
    chosen = next((status for status in others if status.wall == wall), standing)
    if order.require_sandbox and not chosen.is_whole:
        raise SandboxError(f"--require-sandbox: {chosen}; leave out --wall to take {standing.wall}")
    _make_folder(out, order.place)
    finished = ResumeStore(out / ".kept")
    plan = GradingPlan(
        wall=wall,
        version=own_digest(),
        reference=order.model,
        models=() if order.models is None else read_models(order.models),
        options=JudgingOptions(
            reading=order.reading,
            originals=order.originals,
            asks_for_weights=order.inputs is not None,
            solution=order.solution,
        ),
        inputs=order.inputs,
        ranked=order.ranked,
        limits=order.limits,
        finished=finished if order.resume else finished.emptied(),
        use_cache=order.use_cache,
        executor=executor,
    )
    if progress is not None:
        plan = replace(plan, progress=progress)
    grades = grade_class(order.place, book, facts, plan, roster=roster)
    weak = () if chosen.is_whole else (f"the wall is weaker than it should be: {chosen}",)
    return replace(grades, notes=(*weak, *grades.notes), provenance=_provenance(book, wall, __version__))


def _refuse_what_is_open(order: Order, out: Path) -> None:
    """Every submission may read Python, its packages and the system's libraries: nothing of the class may lie there."""
    named = [("", order.place), ("--out ", out), ("--solution ", order.solution), ("--roster ", order.roster)]
    named += [("--facts ", file) for file in order.fact_files]
    named += [("--originals ", order.originals), ("--models ", order.models), ("--inputs ", order.inputs)]
    named += [("the temporary folder ", Path(tempfile.gettempdir()))]  # archives are unpacked there
    for option, place in named:
        folder = "" if place is None else opened_at(place)
        if folder:
            raise UsageError(
                f"{option}{place}: every submission may read what lies in {folder}; choose another folder, outside it"
            )


def _make_folder(out: Path, place: Path) -> None:
    """The folder of the results, which must not become a submission itself."""
    if place.is_dir() and out.resolve().is_relative_to(place.resolve()):
        raise UsageError(f"--out {out} lies in the folder of the submissions; choose another place")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out {out}: {error.strerror or error}") from None


def _facts(order: Order, book: Rulebook) -> list[FactsRow]:
    """A row for each person in the files."""
    readings = [r for file in order.fact_files for r in read_facts(file, order.solution, score=order.score).readings]
    inside = book.contract is not None and book.contract.of(TableRule)  # submissions may have their predictions inside
    refuse_idle(readings, solution=None if inside else order.solution, score=order.score)
    if order.solution is not None and not order.solution.is_file():
        raise UsageError(f"--solution {order.solution}: no such file")
    by_person: dict[tuple[str, ...], list[Reading]] = {}
    for reading in readings:
        words = (*(reading.words.get(name, "") for name in IDENTITIES), reading.submission or "")
        by_person.setdefault(tuple(filter(None, words)), []).append(reading)
    return [FactsRow(whose, _sheet(theirs, book)) for whose, theirs in by_person.items()]


def _sheet(readings: Sequence[Reading], book: Rulebook) -> Sheet:
    """The facts of one person, from all readings of it."""
    (sheet,) = sheets_of(Facts(readings=tuple(replace(r, submission=None) for r in readings)), book).values()
    return sheet


def _provenance(book: Rulebook, wall: str, version: str) -> dict[str, str]:
    """All that a result depends on, so that it can be defended a year later; never a clock."""
    import hashlib
    from importlib.metadata import version as version_of

    return {
        "costmodel": version,
        "engine": backends.solver().version(),
        "python": platform.python_version(),
        "torch": version_of("torch"),
        "rulebook": book.name,
        "rulebook_digest": hashlib.sha256(book.model_dump_json().encode()).hexdigest(),
        "wall": wall,
    }


def write_grades(grades: Grades, out: Path, platforms: Sequence[str] = ()) -> list[Path]:
    """Ranking, rubric in four forms, feedback for each student, a log, and the platforms' files.

    Raises:
        UnknownNameError: no such platform.
        UsageError: the folder cannot be written.
    """
    files = class_files(grades, platforms)
    _forget(out, files)
    for path, text in files.items():
        _write(out / path, text)
    return [out / path for path in files]


def _forget(out: Path, files: Iterable[str]) -> None:
    """Remove what an earlier run wrote here and this one does not, so that no file is left from another run."""
    written = out / _WRITTEN
    earlier = written.read_text(encoding="utf-8").splitlines() if written.is_file() else []
    for name in set(earlier) - set(files):
        path = out / name
        if path.resolve().is_relative_to(out.resolve()):
            path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # another file of the folder is somebody else's
                path.parent.rmdir()
    _write(written, "".join(f"{name}\n" for name in files))


def _write(path: Path, text: str) -> None:
    try:
        write_text(path, text)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from None
