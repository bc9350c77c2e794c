"""Grade: a class from its folder to files that the course's platform takes."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace
from importlib.metadata import version as version_of
from pathlib import Path

from costmodel import backends
from costmodel.files.fingerprint import own_digest
from costmodel.grading.classroom import GradingPlan, grade_class
from costmodel.grading.intake.named_models import read_models
from costmodel.grading.judged_class import JudgingPlan, KnownClass, Progress, judge_class
from costmodel.grading.known import JudgingOptions
from costmodel.grading.order import Order as Order
from costmodel.grading.order import brought_files, digests_of, make_folder, own_deadline, refuse_what_is_open, wall_of
from costmodel.grading.record import FOLDER, ClassRecord, load, save
from costmodel.grading.results import KEPT
from costmodel.grading.results import write_grades as write_grades
from costmodel.grading.resume import ResumeStore
from costmodel.ir.grades import Grades
from costmodel.reports import refuse_unwritten
from costmodel.reports.graded.class_files import class_files
from costmodel.rules.schema.rulebook import Rulebook, load_rulebook
from costmodel.sandbox.resource_limits import Limits as Limits
from costmodel.version import __version__


def grade(
    submissions: str | Path,
    rules: str,
    out: str | Path,
    *,
    facts: Sequence[str | Path] = (),
    roster: str | Path | None = None,
    extensions: str | Path | None = None,
    overrides: str | Path | None = None,
    deadline: str | None = None,
    timezone: str | None = None,
    late_policy: str | None = None,
    only: Sequence[str] = (),
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
        out: folder for the results; finished traces are kept in it for ``resume``, and a record for :func:`replay`.
        facts: tables, logs and leaderboards with what was measured.
        roster: CSV of the class.
        extensions: CSV with later deadlines of single people: who, until, reason.
        overrides: CSV with what a person has decided: who, what, value, reason, by.
        deadline: a local time, in the place of the rulebook's.
        timezone: of the deadline, and of times that name none.
        late_policy: ``grace=15m,percent=10,per=day,cut_off=3d``.
        only: names, numbers or e-mails of those who are graded again; everybody else stays as the record has them.
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
        UsageError, FormatError, RulebookError: the class, the facts, the tables or the rulebook.
        SandboxError: no wall that is good enough.
    """
    refuse_unwritten(formats)
    order = Order(
        place=Path(submissions),
        rules=rules,
        fact_files=tuple(map(Path, facts)),
        roster=_path(roster),
        extensions=_path(extensions),
        overrides=_path(overrides),
        deadline=deadline,
        timezone=timezone,
        late_policy=late_policy,
        only=tuple(only),
        model=model,
        models=_path(models),
        reading=reading,
        resume=resume,
        require_sandbox=require_sandbox,
        wall=wall,
        use_cache=cache,
        platforms=tuple(formats),
    )
    grades = grade_order(order, Path(out), executor=executor, progress=progress)
    write_grades(grades, Path(out), formats)
    return grades


def _path(given: str | Path | None) -> Path | None:
    return None if given is None else Path(given)


def grade_order(
    order: Order, out: Path, *, executor: Executor | None = None, progress: Progress | None = None
) -> Grades:
    """Grade a class; finished traces and a record are kept in ``out``, and nothing else is written.

    Raises:
        UsageError, FormatError, RulebookError: the class, the facts, the tables or the rulebook.
        SandboxError: no wall that is good enough.
    """
    refuse_what_is_open(order, out)
    book = own_deadline(load_rulebook(order.rules), order)
    given = brought_files(order, book)
    chosen, weak = wall_of(order)
    make_folder(out, order.place)
    earlier = load(out / FOLDER)[1] if order.only and (out / FOLDER).is_dir() else None
    finished = ResumeStore(out / KEPT)
    plan = GradingPlan(
        wall=chosen,
        version=own_digest(),
        reference=order.model,
        models=() if order.models is None else read_models(order.models),
        only=order.only,
        options=JudgingOptions(
            reading=order.reading,
            originals=order.originals,
            asks_for_weights=order.inputs is not None,
            solution=order.solution,
        ),
        inputs=order.inputs,
        limits=order.limits,
        finished=finished if order.resume or order.only else finished.emptied(),
        executor=executor,
    )
    if progress is not None:
        plan = replace(plan, progress=progress)
    known = grade_class(order.place, book, given, plan)
    known = replace(known, notes=(*weak, *known.notes))
    ranked = order.ranked and (earlier is not None or not order.only)
    if earlier is not None:
        known = _beside(known, earlier)
    provenance = {**provenance_of(book, chosen), **digests_of(order)}
    record = ClassRecord(
        rulebook=book.model_dump_json(),
        submissions=tuple(one.key for one in known.submissions),
        overrides=known.overrides,
        notes=known.notes,
        reading=order.reading,
        ranked=ranked,
        platforms=order.platforms,
        provenance=provenance,
    )
    save(out / FOLDER, record, known)
    judging = JudgingPlan(reading=order.reading, ranked=ranked, use_cache=order.use_cache, executor=executor)
    if progress is not None:
        judging = replace(judging, progress=progress)
    return replace(judge_class(known, book, judging), provenance=provenance)


def replay(
    graded: str | Path, *, cache: bool = True, executor: Executor | None = None, progress: Progress | None = None
) -> tuple[Grades, dict[str, str]]:
    """Recompute a graded class from its record, without the submissions.

    Args:
        graded: folder of the results.
        cache: take solved layers from the user's cache folder and put new ones there.
        executor: maps in parallel.
        progress: told how far the work is.

    Returns:
        The grades, and the text of each report by its path below the folder: the same bytes as there, with the same
        versions. What is of another version now, the provenance says.

    Raises:
        UsageError, FormatError: there is no record there, or it cannot be read.
    """
    record, known = load(Path(graded) / FOLDER)
    book = record.book()
    plan = JudgingPlan(reading=record.reading, ranked=record.ranked, use_cache=cache, executor=executor)
    if progress is not None:
        plan = replace(plan, progress=progress)
    provenance = {**record.provenance, **provenance_of(book, record.provenance.get("wall", ""))}
    grades = replace(judge_class(known, book, plan), provenance=provenance)
    return grades, class_files(grades, record.platforms)


def _beside(known: KnownClass, earlier: KnownClass) -> KnownClass:
    """Those who were graded again, and everybody else as they were."""
    again = {one.key for one in known.submissions}
    everyone = (*known.submissions, *(one for one in earlier.submissions if one.key not in again))
    overrides = {**earlier.overrides, **known.overrides}
    overrides = {key: lines for key, lines in overrides.items() if key not in again or key in known.overrides}
    ordered = sorted(everyone, key=lambda one: (one.name.casefold(), one.name))
    return KnownClass(submissions=tuple(ordered), overrides=overrides, notes=earlier.notes)


def provenance_of(book: Rulebook, wall: str) -> dict[str, str]:
    """All that a result depends on, so that it can be defended a year later; never a clock."""
    return {
        "costmodel": __version__,
        "engine": backends.solver().version(),
        "python": platform.python_version(),
        "torch": version_of("torch"),
        "rulebook": book.name,
        "rulebook_digest": hashlib.sha256(book.model_dump_json().encode()).hexdigest(),
        "wall": wall,
    }
