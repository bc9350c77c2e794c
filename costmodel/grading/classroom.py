"""Take a class in: find its submissions, trace each of them behind the wall, and read its files."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from costmodel.errors import UsageError
from costmodel.grading.intake.extensions import GrantedExtension, with_extensions
from costmodel.grading.intake.named_models import NamedModel, assign_models
from costmodel.grading.intake.roster import Roster
from costmodel.grading.intake.submissions import Submission, find_submissions
from costmodel.grading.job import Job, TracedSubmission, trace
from costmodel.grading.judged_class import KnownClass, Progress, silent
from costmodel.grading.known import JudgingOptions, known_of
from costmodel.grading.notice import Notice, NoticeKind
from costmodel.grading.overrides import Override, assign_overrides, models_in
from costmodel.grading.resume import ResumeStore, trace_key
from costmodel.grading.slowest import Slowest, timed
from costmodel.grading.whose_facts import FactsRow, assign_facts, nobody, owners
from costmodel.ir.analysis import INFERENCE, TRAINING
from costmodel.rules.judging.sheets import Sheet
from costmodel.rules.schema.rulebook import Rulebook
from costmodel.sandbox.resource_limits import Limits


@dataclass(frozen=True, kw_only=True)
class GradingPlan:
    """The way in which a class is graded.

    Attributes:
        reference: file and object of a submission that are the model (``model.py:Net``); None looks for them.
        models: those of single students, which come first.
        only: words for those of whom alone something is done; empty for the whole class.
        wall: name of the wall.
        options: how the submissions are judged, beside files and facts.
        inputs: the grader's inputs for the replay; None leaves it out.
        finished: where finished traces are kept, and those of an interrupted run are; None keeps none.
        executor: runs the pieces of work; None runs them here, one after the other.
        version: our own; a finished trace depends on it.
    """

    wall: str
    version: str
    reference: str | None = None
    models: tuple[NamedModel, ...] = ()
    only: tuple[str, ...] = ()
    options: JudgingOptions = field(default_factory=JudgingOptions)
    inputs: Path | None = None
    limits: Limits = field(default_factory=Limits)
    finished: ResumeStore | None = None
    executor: Executor | None = None
    progress: Progress = silent


@dataclass(frozen=True, kw_only=True)
class ClassFiles:
    """What the grader brings beside the submissions.

    Attributes:
        facts: of single people.
        roster: the class; None takes names as they come.
        extensions: later deadlines of single people.
        overrides: what a person has decided.
    """

    facts: tuple[FactsRow, ...] = ()
    roster: Roster | None = None
    extensions: tuple[GrantedExtension, ...] = ()
    overrides: tuple[Override, ...] = ()


def grade_class(place: Path, book: Rulebook, given: ClassFiles, plan: GradingPlan) -> KnownClass:
    """Trace every submission of a folder, an export or an archive, and read its files.

    A fault of one does not touch the others; :func:`costmodel.grading.judged_class.judge_class` says what they get.

    Raises:
        UsageError: the folder does not exist, or is empty; or it is not clear whose model, extension or override it is.
    """
    with _unpacked() as into:
        intake = find_submissions(place, into, given.roster)
        submissions, granted = with_extensions(intake.submissions, given.extensions)
        if not submissions:
            raise UsageError(f"{place}: there are no submissions in it")
        overrides = assign_overrides(given.overrides, submissions)
        # whose a row of a table is hangs on the whole class, whoever of it is graded
        sheets = assign_facts(given.facts, submissions)
        models = assign_models((*models_in(given.overrides), *plan.models), submissions)
        submissions = tuple(map(sheets.among_strangers, _chosen(_marked(submissions, book), plan.only)))
        jobs = {
            s.key: _job(s, book, plan, models.references.get(s.key))
            for s in submissions
            if s.path is not None and _asks_for_the_model(book, sheets.of(s))
        }
        traced = _trace_all(jobs, {s.key: s.digest for s in submissions}, plan)
        known = tuple(known_of(s, traced.get(s.key), book, sheets.of(s), plan.options) for s in submissions)
    return KnownClass(
        submissions=known,
        overrides={s.key: overrides[s.key] for s in submissions if s.key in overrides},
        notes=(*intake.notes, *granted, *sheets.notes, *models.notes, *_of_the_class(traced, plan)),
    )


def _marked(submissions: Sequence[Submission], book: Rulebook) -> tuple[Submission, ...]:
    """Where no rule asks for the time, a platform's mark is a remark for a person."""
    if book.contract is not None and book.contract.deadline is not None:
        return tuple(submissions)
    late = Notice(kind=NoticeKind.LATE, message="the platform marks it late")
    return tuple(replace(s, notices=(*s.notices, late)) if s.marked_late else s for s in submissions)


def _chosen(submissions: Sequence[Submission], only: Sequence[str]) -> tuple[Submission, ...]:
    """Those that are asked for by name, number, e-mail or user name; all of them where nobody is.

    Raises:
        UsageError: a word fits nobody, or several people.
    """
    chosen: dict[str, Submission] = {}
    for word in only:
        _, meant = owners((word,), submissions)
        if not meant:
            raise UsageError(f"--only {nobody(word, submissions)}")
        if len(meant) > 1:
            raise UsageError(f"--only {word}: it may be {len(meant)} people; say it by number or e-mail")
        chosen[meant[0].key] = meant[0]
    return tuple(s for s in submissions if not only or s.key in chosen)


def _of_the_class(traced: Mapping[str, TracedSubmission], plan: GradingPlan) -> Iterator[str]:
    """Notes on faults that are one mistake of the grader's rather than one of each student."""
    notices = [t.notice for t in traced.values() if t.notice is not None]
    missing = Counter(name for notice in notices for name in notice.missing_modules)
    for name, times in sorted(missing.items()):
        who = "1 submission says" if times == 1 else f"{times} submissions say"
        yield f"{who} that {name} is missing; if the class may import it, install it beside costmodel and run again"
    if plan.reference and traced and sum(notice.kind is NoticeKind.NO_MODEL for notice in notices) == len(traced):
        yield f"no submission has the model {plan.reference}"


@contextmanager
def _unpacked() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="costmodel-class-") as name:
        yield Path(name)


def _asks_for_the_model(book: Rulebook, sheet: Sheet) -> bool:
    """Whether a rule asks for the model, or for seconds, memory or joules that nobody has measured."""
    is_estimated = book.gpu is not None and bool(book.gpu.cards)
    return book.needs_analysis or (is_estimated and not sheet.measured.keys() >= set(book.estimated))


def _job(submission: Submission, book: Rulebook, plan: GradingPlan, named: str | None) -> Job:
    assert submission.path is not None  # asked for before
    gpu = book.gpu
    # one step is traced: an inference cannot be estimated where the rules also ask for figures of the training
    inferred = gpu is not None and gpu.phase == INFERENCE and not book.needs_analysis
    on_gpu = gpu is not None and (inferred or gpu.phase == TRAINING)
    return Job(
        path=submission.path,
        reference=named or plan.reference or book.subject.model,
        settings={**book.subject.settings, **({"step": "evaluate"} if inferred else {})},
        defaults=book.subject.defaults,
        random=book.convention.random,
        phase=book.hardware.phase if book.hardware is not None else "inference" if book.needs_inference else None,
        wall=plan.wall,
        limits=plan.limits,
        inputs=plan.inputs,
        cards=gpu.cards if gpu is not None and on_gpu else (),
        card_phase=INFERENCE if inferred else TRAINING,
    )


def _trace_all(jobs: Mapping[str, Job], digests: Mapping[str, str], plan: GradingPlan) -> dict[str, TracedSubmission]:
    """Figures by submission's key."""
    if not jobs:
        return {}
    store_keys = {key: trace_key(job, digests[key], plan.version) for key, job in jobs.items()}
    done: dict[str, TracedSubmission] = {}
    for key, store_key in store_keys.items():
        known = plan.finished.load(store_key) if plan.finished is not None else None
        if known is not None:
            done[key] = known
    plan.progress("tracing", len(done), len(jobs))
    slowest = Slowest()
    for key, (traced, seconds) in _run({k: job for k, job in jobs.items() if k not in done}, plan.executor):
        slowest.add(key, seconds)
        done[key] = traced
        if plan.finished is not None:
            plan.finished.store(store_keys[key], traced)
        plan.progress(slowest.after("tracing"), len(done), len(jobs))
    return done


def _run(jobs: Mapping[str, Job], executor: Executor | None) -> Iterator[tuple[str, tuple[TracedSubmission, float]]]:
    """Do every job once, in any order; if the pool breaks, the rest is done here."""
    left = dict(jobs)
    if executor is not None:
        futures: dict[Future[tuple[TracedSubmission, float]], str] = {
            executor.submit(timed, trace, job): key for key, job in jobs.items()
        }
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
                del left[futures[future]]
        except BrokenExecutor:
            pass
    for key, job in left.items():
        yield key, timed(trace, job)
