"""The verb behind ``grade``: a class from its folder to files that the course's platform takes."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from pathlib import Path

from costmodel.errors import UnknownNameError, UsageError
from costmodel.grading.course import Progress, Way, grade_class
from costmodel.grading.kept import Kept
from costmodel.grading.limits import Limits
from costmodel.grading.looked_up import FactsOfClass
from costmodel.grading.probe import SandboxError, best_wall, probe
from costmodel.grading.roster import read_roster
from costmodel.ir.facts import Facts
from costmodel.ir.grades import Graded, Grades
from costmodel.metering.reader import read_facts, refuse_idle
from costmodel.reports import View, render
from costmodel.rules.rulebook import Rulebook, load_rulebook
from costmodel.rules.sheets import sheets_of

_RUBRIC = {"text": "txt", "md": "md", "csv": "csv", "html": "html"}
_PER_STUDENT = {"gradescope": "json", "github-classroom": "txt", "codabench": "json", "evalai": "json"}
_PER_CLASS = {"nbgrader": "nbgrader.csv", "kaggle": "kaggle_metric.py", "junit": "junit.xml"}

PLATFORMS = (*_PER_STUDENT, *_PER_CLASS)
"""What ``--format`` may ask for, beside what is always written."""


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
    if order.inputs is not None and not order.inputs.is_file():
        raise UsageError(f"{order.inputs}: no such file of inputs (a tensor, by torch.save)")
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
        reading=order.reading,
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


def _facts(order: Order, book: Rulebook) -> FactsOfClass:
    files = [read_facts(file, order.solution, score=order.score) for file in order.fact_files]
    readings = [reading for file in files for reading in file.readings]
    refuse_idle(readings, solution=order.solution, score=order.score)
    return FactsOfClass(sheets_of(Facts(readings=tuple(readings)), book))


def _provenance(book: Rulebook, wall: str, version: str) -> dict[str, str]:
    """What a result depends on, so that it can be defended a year later; never a clock."""
    import hashlib
    from importlib.metadata import version as version_of

    from costmodel.backends.analytical import version as engine

    return {
        "costmodel": version,
        "engine": engine(),
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
    for name in platforms:
        if name not in PLATFORMS:
            raise UnknownNameError("platform format", name, PLATFORMS)
    files: dict[str, str] = {"grades.json": render(grades, "json")}
    if grades.ranking is not None:
        files["ranking.json"] = render(grades.ranking, "json")
    view = View(sensitivity=True)
    files |= {f"rubric.{suffix}": render(grades, name, view) for name, suffix in _RUBRIC.items()}
    files |= {f"feedback/{g.key}.md": render(g, "md", view) for g in grades.submissions}
    for name in platforms:
        files |= _platform(grades, name)
    for path, text in files.items():
        _write(out / path, text)
    return [out / path for path in files]


def _platform(grades: Grades, name: str) -> dict[str, str]:
    if name in _PER_CLASS:
        return {_PER_CLASS[name]: render(grades, name)}
    return {_student_file(name, graded): render(graded, name) for graded in grades.submissions}


def _student_file(name: str, graded: Graded) -> str:
    folder = f"{name}/{graded.key}"
    own = {"gradescope": "results.json", "codabench": "scores.json", "evalai": "result.json"}
    return f"{folder}/{own[name]}" if name in own else f"{folder}.{_PER_STUDENT[name]}"


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.part")
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from None
