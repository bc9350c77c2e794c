"""The verb behind ``grade``: a class from its folder to files that the course's platform takes."""

from __future__ import annotations

import contextlib
import platform
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from pathlib import Path

from costmodel import backends
from costmodel.contracts.kinds.tables import TableRule
from costmodel.errors import UsageError
from costmodel.grading.classroom import Progress, Way, grade_class
from costmodel.grading.intake.roster import read_roster
from costmodel.grading.resume import Kept
from costmodel.grading.scrutiny.replay import check_inputs
from costmodel.grading.verdicts import Known
from costmodel.grading.whose_facts import Row
from costmodel.ir.facts import IDENTITIES, Facts, Reading
from costmodel.ir.grades import Grades
from costmodel.reports.class_files import class_files
from costmodel.rules.judging.own_sheet import own_sheet
from costmodel.rules.judging.sheets import Sheet, sheets_of
from costmodel.rules.schema.rulebook import Rulebook, load_rulebook
from costmodel.sandbox.limits import Limits as Limits
from costmodel.sandbox.probe import SandboxError, best_wall, probe
from costmodel.verbs.facts import read_facts, refuse_idle

_WRITTEN = ".kept/written.txt"


@dataclass(frozen=True, kw_only=True)
class Order:
    """What to grade, and how.

    Attributes:
        place: folder, export or archive.
        rules: a rulebook's name or file.
        fact_files: tables, logs, leaderboards.
        solution: labels that files of predictions are scored against.
        score: what a leaderboard's score is (``error-percent`` …).
        ranked: False leaves out ranking and bonus.
        roster: CSV of the class.
        originals: the organizers' own copy of files that nobody may change.
        model: which file and object of a submission is the model.
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
    reading: str = "as-written"
    inputs: Path | None = None
    resume: bool = False
    require_sandbox: bool = False
    wall: str | None = None
    limits: Limits = field(default_factory=Limits)
    use_cache: bool = True


def grade(order: Order, out: Path, *, executor: Executor | None = None, progress: Progress | None = None) -> Grades:
    """Grade a class; finished traces are kept in ``out`` for ``resume``.

    Raises:
        UsageError, FormatError, RulebookError: the class, the facts, the roster or the rulebook.
        SandboxError: no wall that is good enough.
    """
    from costmodel import __version__

    book = load_rulebook(order.rules)
    facts = _facts(order, book)
    if order.originals is not None and not order.originals.is_dir():
        raise UsageError(f"--originals {order.originals}: no such folder")
    if order.inputs is not None:
        check_inputs(order.inputs)
    roster = read_roster(order.roster) if order.roster is not None else None
    standing = best_wall(require_sandbox=order.require_sandbox)
    wall = order.wall or standing.wall
    chosen = next((s for s in probe() if s.wall == wall), standing)
    if order.require_sandbox and not chosen.is_whole:
        raise SandboxError(f"--require-sandbox: {chosen}; leave out --wall to take {standing.wall}")
    _make_folder(out, order.place)
    kept = Kept(out / ".kept")
    way = Way(
        wall=wall,
        version=__version__,
        reference=order.model,
        known=Known(
            reading=order.reading,
            originals=order.originals,
            replays=order.inputs is not None,
            own_sheet=lambda folder: own_sheet(folder, book, order.solution),
        ),
        inputs=order.inputs,
        ranked=order.ranked,
        limits=order.limits,
        kept=kept if order.resume else kept.emptied(),
        use_cache=order.use_cache,
        executor=executor,
    )
    if progress is not None:
        way = replace(way, progress=progress)
    grades = grade_class(order.place, book, facts, way, roster=roster)
    weak = () if chosen.is_whole else (f"the wall is weaker than it should be: {chosen}",)
    return replace(grades, notes=(*weak, *grades.notes), provenance=_provenance(book, wall, __version__))


def _make_folder(out: Path, place: Path) -> None:
    """The folder of the results, which must not become a submission itself."""
    if place.is_dir() and out.resolve().is_relative_to(place.resolve()):
        raise UsageError(f"--out {out} lies in the folder of the submissions; choose another place")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out {out}: {error.strerror or error}") from None


def _facts(order: Order, book: Rulebook) -> list[Row]:
    """A row for each person that the files speak of."""
    readings = [r for file in order.fact_files for r in read_facts(file, order.solution, score=order.score).readings]
    inside = book.contract is not None and book.contract.of(TableRule)  # submissions may have their predictions inside
    refuse_idle(readings, solution=None if inside else order.solution, score=order.score)
    if order.solution is not None and not order.solution.is_file():
        raise UsageError(f"--solution {order.solution}: no such file")
    by_person: dict[tuple[str, ...], list[Reading]] = {}
    for reading in readings:
        words = (*(reading.words.get(name, "") for name in IDENTITIES), reading.submission or "")
        by_person.setdefault(tuple(filter(None, words)), []).append(reading)
    return [Row(whose, _sheet(theirs, book)) for whose, theirs in by_person.items()]


def _sheet(readings: Sequence[Reading], book: Rulebook) -> Sheet:
    """What all readings of one person say together."""
    (sheet,) = sheets_of(Facts(readings=tuple(replace(r, submission=None) for r in readings)), book).values()
    return sheet


def _provenance(book: Rulebook, wall: str, version: str) -> dict[str, str]:
    """What a result depends on, so that it can be defended a year later; never a clock."""
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
    """Remove what an earlier run wrote here and this one does not, so that no file speaks of another run."""
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
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.part")
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from None
