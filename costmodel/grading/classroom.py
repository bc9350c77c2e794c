"""Grade a class: trace each submission behind the wall, map equal layers once, judge, and rank."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from costmodel.errors import UsageError
from costmodel.grading.class_mapping import MappedClass, MappingPlan, map_class
from costmodel.grading.intake.named_models import NamedModel, assign_models
from costmodel.grading.intake.roster import Roster
from costmodel.grading.intake.submissions import Submission, find_submissions
from costmodel.grading.job import Job, TracedSubmission, trace
from costmodel.grading.notice import OF_OTHERS, Notice, NoticeKind
from costmodel.grading.resume import ResumeStore, trace_key
from costmodel.grading.slowest import Slowest, timed
from costmodel.grading.verdicts import JudgingOptions, verdict_of
from costmodel.grading.whose_facts import FactsRow, assign_facts
from costmodel.hardware.machines import load_hardware
from costmodel.ir.grades import Graded, Grades, Member
from costmodel.ir.ranking import Ranking
from costmodel.ir.verdict import Consequence, Finding, Outcome, Verdict
from costmodel.rules.ranking.rank import contender_of
from costmodel.rules.ranking.sensitivity import rank
from costmodel.rules.schema.rulebook import Rulebook
from costmodel.sandbox.resource_limits import Limits

Progress = Callable[[str, int, int], None]


def _silent(what: str, done: int, total: int) -> None:  # noqa: ARG001  # nobody watches
    return


@dataclass(frozen=True, kw_only=True)
class GradingPlan:
    """The way in which a class is graded.

    Attributes:
        reference: file and object of a submission that are the model (``model.py:Net``); None looks for them.
        models: those of single students, which come first.
        wall: name of the wall.
        options: how the submissions are judged, beside files and facts.
        inputs: the grader's inputs for the replay; None leaves it out.
        ranked: False for one submission by itself: a rank, and a bonus for it, means nothing there.
        finished: where finished traces are kept, and those of an interrupted run are; None keeps none.
        use_cache: take solved layers from the user's cache folder and put new ones there.
        executor: runs the pieces of work; None runs them here, one after the other.
        version: our own; a finished trace depends on it.
    """

    wall: str
    version: str
    reference: str | None = None
    models: tuple[NamedModel, ...] = ()
    options: JudgingOptions = field(default_factory=JudgingOptions)
    inputs: Path | None = None
    ranked: bool = True
    limits: Limits = field(default_factory=Limits)
    finished: ResumeStore | None = None
    use_cache: bool = True
    executor: Executor | None = None
    progress: Progress = _silent


def grade_class(
    place: Path, book: Rulebook, facts: Sequence[FactsRow], plan: GradingPlan, *, roster: Roster | None = None
) -> Grades:
    """Grade every submission of a folder, an export or an archive; a fault of one does not touch the others.

    Raises:
        UsageError: the folder does not exist, or is empty; or it is not clear whose model is named.
    """
    with _unpacked() as into:
        intake = find_submissions(place, into, roster)
        submissions = intake.submissions
        if not submissions:
            raise UsageError(f"{place}: there are no submissions in it")
        sheets = assign_facts(facts, submissions)
        models = assign_models(plan.models, submissions)
        traced = _trace_all(submissions, book, plan, models.references)
        mapped = _map_all(submissions, traced, book, plan)
        costs, traced = mapped.reports, _with_stopped(traced, mapped)
        verdicts = {
            s.key: verdict_of(s, traced.get(s.key), costs.get(s.key, {}), book, sheets.of(s), plan.options)
            for s in submissions
        }
    ranking = None
    if book.ranking is not None and plan.ranked:
        entered = [s for s in submissions if not _is_empty_handed(s)]
        ranking = rank([contender_of(verdicts[s.key]) for s in entered], book, reading=plan.options.reading)
    graded = tuple(_graded(s, traced.get(s.key), verdicts[s.key], ranking) for s in submissions)
    return Grades(
        rulebook=book.name,
        title=f"{book.title} (edition {book.edition})",
        submissions=graded,
        ranking=ranking,
        notes=(*intake.notes, *sheets.notes, *models.notes, *_of_the_class(traced, plan)),
        provenance={},
    )


def _is_empty_handed(submission: Submission) -> bool:
    return any(notice.kind is NoticeKind.MISSING for notice in submission.notices)


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


def _job(submission: Submission, book: Rulebook, plan: GradingPlan, named: str | None) -> Job:
    assert submission.path is not None  # asked for before
    return Job(
        path=submission.path,
        reference=named or plan.reference or book.subject.model,
        settings=book.subject.settings,
        defaults=book.subject.defaults,
        random=book.convention.random,
        phase=book.hardware.phase if book.hardware is not None else "inference" if book.needs_inference else None,
        wall=plan.wall,
        limits=plan.limits,
        inputs=plan.inputs,
    )


def _trace_all(
    submissions: Sequence[Submission], book: Rulebook, plan: GradingPlan, models: Mapping[str, str]
) -> dict[str, TracedSubmission]:
    """Figures by submission's key; nothing is traced where no rule asks for the model."""
    if not book.needs_analysis:
        return {}
    jobs = {s.key: _job(s, book, plan, models.get(s.key)) for s in submissions if s.path is not None}
    store_keys = {s.key: trace_key(jobs[s.key], s.digest, plan.version) for s in submissions if s.key in jobs}
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


def _map_all(
    submissions: Sequence[Submission], traced: Mapping[str, TracedSubmission], book: Rulebook, plan: GradingPlan
) -> MappedClass:
    rule = book.hardware
    if rule is None:
        return MappedClass(reports={})
    workloads = {s.key: t.workload for s in submissions if (t := traced.get(s.key)) and t.workload is not None}
    return map_class(
        {key: workload for key, workload in workloads.items() if workload is not None},
        rule.on(load_hardware(rule.machine)),
        (rule.search, *rule.beside),
        MappingPlan(
            cache=plan.use_cache,
            executor=plan.executor,
            progress=lambda done, total: plan.progress("mapping layers", done, total),
        ),
    )


def _with_stopped(traced: Mapping[str, TracedSubmission], mapped: MappedClass) -> dict[str, TracedSubmission]:
    """A remark for each submission whose layers took too long to map."""
    return {
        key: replace(one, remarks=(*one.remarks, Notice(kind=NoticeKind.TOO_LARGE, message=mapped.stopped[key])))
        if key in mapped.stopped
        else one
        for key, one in traced.items()
    }


def _graded(
    submission: Submission, traced: TracedSubmission | None, verdict: Verdict, ranking: Ranking | None
) -> Graded:
    notices = [*submission.notices, *_notices(traced)]
    people = [Member(name=s.name, email=s.email, sid=s.sid) for s in submission.students]
    entry = None
    if ranking is not None:
        entry = next((e for e in ranking.entries if e.name == verdict.subject), None)
    return Graded(
        name=submission.name,
        key=submission.key,
        digest=submission.digest,
        findings=tuple(_finding(notice) for notice in notices if notice.kind not in OF_OTHERS),
        for_grader=tuple(_finding(notice) for notice in notices if notice.kind in OF_OTHERS),
        verdict=replace(verdict, subject=submission.name),
        entry=entry,
        output=traced.output if traced is not None else "",
        email=people[0].email if len(people) == 1 else "",
        sid=people[0].sid if len(people) == 1 else "",
        members=tuple(people) if len(people) > 1 else (),
    )


def _notices(traced: TracedSubmission | None) -> tuple[Notice, ...]:
    if traced is None:
        return ()
    return (*((traced.notice,) if traced.notice is not None else ()), *traced.remarks)


def _finding(notice: Notice) -> Finding:
    decided = {NoticeKind.CONFIRMED: Outcome.PASS, NoticeKind.CONTRADICTED: Outcome.FAIL}
    return Finding(
        rule=notice.kind.value,
        measured=None,
        at_least=False,
        limit="",
        unit="",
        outcome=decided.get(notice.kind, Outcome.UNDECIDED),
        because=notice.message,
        consequence=Consequence.FLAG,
    )
