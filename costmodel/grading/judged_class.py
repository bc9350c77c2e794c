"""Judge a class: map equal layers once, give each submission its verdict, and rank."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace

from costmodel.grading.class_mapping import MappedClass, MappingPlan, map_class
from costmodel.grading.intake.people import Student
from costmodel.grading.known import Known
from costmodel.grading.notice import OF_OTHERS, Notice, NoticeKind
from costmodel.grading.origins import origins_of
from costmodel.grading.overrides import Override
from costmodel.grading.verdicts import verdict_of
from costmodel.hardware.machines import load_hardware
from costmodel.ir.cost import CostReport
from costmodel.ir.grades import Graded, Grades, Member, Origin
from costmodel.ir.ranking import Ranking
from costmodel.ir.verdict import AS_WRITTEN, Consequence, Finding, Outcome, Verdict
from costmodel.rules.ranking.rank import contender_of
from costmodel.rules.ranking.sensitivity import rank
from costmodel.rules.schema.rulebook import Rulebook

Progress = Callable[[str, int, int], None]


def silent(what: str, done: int, total: int) -> None:  # nobody watches
    """Progress that goes nowhere."""


@dataclass(frozen=True, kw_only=True)
class KnownClass:
    """A class whose files have been read.

    Attributes:
        submissions: sorted by name.
        overrides: what a person has decided, by a submission's key.
        notes: about the class as a whole.
    """

    submissions: tuple[Known, ...]
    overrides: Mapping[str, tuple[Override, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class JudgingPlan:
    """The way in which a class is judged.

    Attributes:
        reading: how ambiguous rules are read.
        ranked: False for one submission by itself: a rank, and a bonus for it, means nothing there.
        use_cache: take solved layers from the user's cache folder and put new ones there.
        executor: maps the layers of submissions in parallel; None maps them here.
    """

    reading: str = AS_WRITTEN
    ranked: bool = True
    use_cache: bool = True
    executor: Executor | None = None
    progress: Progress = silent


def judge_class(known: KnownClass, book: Rulebook, plan: JudgingPlan) -> Grades:
    """The verdict, the place and what is remarkable of each submission."""
    mapped = _map_all(known, book, plan)
    submissions = _with_stopped(known.submissions, mapped)
    verdicts = {
        s.key: verdict_of(
            s, mapped.reports.get(s.key, {}), book, reading=plan.reading, overrides=known.overrides.get(s.key, ())
        )
        for s in submissions
    }
    ranking = None
    if book.ranking is not None and plan.ranked:
        entered = [contender_of(verdicts[s.key]) for s in submissions if s.handed_in]
        ranking = rank(entered, book, reading=plan.reading)
    return Grades(
        rulebook=book.name,
        title=f"{book.title} (edition {book.edition})",
        submissions=tuple(
            replace(
                _graded(s, verdicts[s.key], ranking),
                origins=_origins(s, mapped.reports.get(s.key, {}), book),
                rank_published=book.ranking is not None and book.ranking.publish_rank,
            )
            for s in submissions
        ),
        ranking=ranking,
        notes=known.notes,
        provenance={},
        metrics={name: metric.unit for name, metric in book.metrics.items()},
    )


def _map_all(known: KnownClass, book: Rulebook, plan: JudgingPlan) -> MappedClass:
    rule = book.hardware
    if rule is None:
        return MappedClass(reports={})
    workloads = {s.key: s.traced.workload for s in known.submissions if s.traced is not None}
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


def _with_stopped(submissions: tuple[Known, ...], mapped: MappedClass) -> tuple[Known, ...]:
    """A remark for each submission whose layers took too long to map."""
    result = []
    for one in submissions:
        if one.traced is not None and one.key in mapped.stopped:
            remark = Notice(kind=NoticeKind.TOO_LARGE, message=mapped.stopped[one.key])
            one = replace(one, traced=replace(one.traced, remarks=(*one.traced.remarks, remark)))
        result.append(one)
    return tuple(result)


def _graded(known: Known, verdict: Verdict, ranking: Ranking | None) -> Graded:
    notices = [*known.notices, *_notices(known)]
    people = [_member(student) for student in known.students]
    entry = None
    if ranking is not None:
        entry = next((e for e in ranking.entries if e.name == verdict.subject), None)
    return Graded(
        name=known.name,
        key=known.key,
        digest=known.digest,
        findings=tuple(_finding(notice) for notice in notices if notice.kind not in OF_OTHERS),
        for_grader=tuple(_finding(notice) for notice in notices if notice.kind in OF_OTHERS),
        verdict=replace(verdict, subject=known.name),
        entry=entry,
        output=known.traced.output if known.traced is not None else "",
        email=people[0].email if len(people) == 1 else "",
        sid=people[0].sid if len(people) == 1 else "",
        members=tuple(people) if len(people) > 1 else (),
    )


def _origins(known: Known, costs: Mapping[str, CostReport], book: Rulebook) -> tuple[Origin, ...]:
    cost = costs.get(book.hardware.search) if book.hardware is not None else None
    return origins_of(None if known.traced is None else known.traced.analysis, cost)


def _member(student: Student) -> Member:
    return Member(name=student.name, email=student.email, sid=student.sid)


def _notices(known: Known) -> tuple[Notice, ...]:
    traced = known.traced
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
