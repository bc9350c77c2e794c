"""Rank a competition under one reading: (entries, rulebook) → Ranking."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from costmodel.errors import RulebookError, UnknownNameError
from costmodel.ir.ranking import Entry, Ranking
from costmodel.ir.verdict import Consequence, Finding, Outcome, Verdict
from costmodel.rules.figures import Computed
from costmodel.rules.judging.evidence import Evidence
from costmodel.rules.judging.judge import judge, ranking_value, standing
from costmodel.rules.ranking.ties import Placed, tie_groups, with_ranks
from costmodel.rules.schema.ranking_rule import RankingSpec
from costmodel.rules.schema.rulebook import Rulebook
from costmodel.rules.value import Fact, FactSheet, Value, plain


@dataclass(frozen=True, kw_only=True)
class Contender:
    """One row of a competition: a name and what is known of it.

    Attributes:
        task: the track that the row names; None where the table has no such column.
        submitted: time of submission as sortable text, for the policy ``earliest``.
        problem: why the row cannot be judged; empty if it can.
        contract: findings about its files.
        under: the ranking value under readings that count by another figure, where it is known.
        reasons: why it is out or undecided, as its verdict says; it knows more than a table does.
        outcomes: of its verdict under each reading, where there is a verdict.
        points: of its verdict under each reading, None where they are undecided.
        standing: the same of those rules alone that may keep it out.
        decided: the outcome by a person's decision, which nothing of its figures moves.
    """

    name: str
    facts: FactSheet = field(default_factory=FactSheet)
    task: str | None = None
    submitted: str = ""
    problem: str = ""
    contract: tuple[Finding, ...] = ()
    under: Mapping[str, Decimal] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    points: Mapping[str, int | None] = field(default_factory=dict)
    standing: Mapping[str, Outcome] = field(default_factory=dict)
    decided: Outcome | None = None


@dataclass(frozen=True)
class _Judged:
    """A contender with its verdict, whose outcome leaves flags out, and the value that ranks it.

    ``brackets`` is None where the rulebook has none, and empty where the contender reaches none or may not.
    """

    contender: Contender
    verdict: Verdict | None
    value: Value
    brackets: tuple[str, ...] | None
    because: tuple[str, ...]
    flagged: bool = False
    below_brackets: bool = False

    @property
    def ranked(self) -> bool:
        """Whether nothing keeps it out."""
        passes = self.verdict is not None and self.verdict.outcome is Outcome.PASS
        return passes and self.value.amount is not None and self.brackets != ()

    def stands_in(self, bracket: str | None) -> bool:
        """Whether it has a place in a bracket, or in the whole where there are none."""
        return bracket is None if self.brackets is None else bracket in self.brackets


def contender_of(verdict: Verdict) -> Contender:
    """A saved verdict as an entry: the values that it was judged by, as facts."""
    measured: dict[str, Fact] = {}
    claimed: dict[str, Fact] = {}
    lower_bounds = []
    for claim in verdict.claims:
        if claim.at_least:
            lower_bounds.append(claim.metric)
        elif isinstance(claim.used, str):
            measured[claim.metric] = Fact(word=claim.used, because=claim.origin)
        elif claim.used is not None and claim.origin != "derived":
            measured[claim.metric] = Fact(
                runs=(Decimal(str(claim.used)),),
                uncertainty=Decimal(str(claim.uncertainty or 0)),
                because=claim.origin,
            )
        if claim.claimed is not None:
            claimed[claim.metric] = Fact(runs=(Decimal(str(claim.claimed)),), because="claimed by the submission")
    findings = [f for f in (*verdict.findings, *verdict.contract) if f.consequence.blocks]
    problem = f"only a lower bound is known of {', '.join(lower_bounds)}" if lower_bounds else ""
    return Contender(
        name=verdict.subject,
        facts=FactSheet(measured, claimed),
        task=verdict.track,
        contract=verdict.contract,
        problem=problem,
        under={row.reading: Decimal(str(row.metric)) for row in verdict.readings if row.metric is not None},
        reasons=tuple(f"{f.rule}: {f.because}" for f in findings if f.outcome is not Outcome.PASS),
        outcomes={verdict.reading: verdict.outcome, **{row.reading: row.outcome for row in verdict.readings}},
        points={} if verdict.points is None else {verdict.reading: verdict.points.total, **_points_under(verdict)},
        standing={verdict.reading: standing(verdict), **{row.reading: row.standing for row in verdict.readings}},
        decided=verdict.decided,
    )


def _points_under(verdict: Verdict) -> dict[str, int | None]:
    return {row.reading: row.points for row in verdict.readings}


def rank_under(contenders: Sequence[Contender], written: Rulebook, reading: str) -> Ranking:
    """The ranking under one reading, without its sensitivity.

    Raises:
        RulebookError: the rulebook does not rank.
        UnknownNameError: no such reading.
    """
    book = written.under(reading)
    if book.ranking is None:
        raise RulebookError(f"rulebook {book.name} does not rank: it has no ranking")
    judged = [_judge(contender, book, reading) for contender in contenders]
    entries: list[Entry] = []
    for task, bracket in _groups(book, judged):
        group = [j for j in judged if j.ranked and _task(j, book) == task and j.stands_in(bracket)]
        entries += _placed(group, book.ranking, task, bracket)
    out = sorted((_left_out(j, book, judged) for j in judged if not j.ranked), key=_last)
    undecided = sum(entry.outcome is Outcome.UNDECIDED for entry in out)
    notes = [f"{a.about}: {a.taken}" for a in book.ambiguities]
    return Ranking(
        rulebook=book.name,
        title=f"{book.title} (edition {book.edition})",
        metric=book.ranking.name,
        unit=book.ranking.unit,
        order=book.ranking.order,
        ties=f"{book.ranking.ties}: {book.ranking.ties_source}",
        entries=tuple(replace(entry, undecided=undecided) for entry in (*entries, *out)),
        sensitivity=(),
        notes=(*_provisional(undecided, book.ranking), *book.notes, *notes),
        reading=reading,
    )


def _judge(contender: Contender, book: Rulebook, reading: str) -> _Judged:
    if book.ranking is None:
        raise RulebookError(f"rulebook {book.name} does not rank: it has no ranking")
    try:
        track = book.track_of(contender.task)
    except UnknownNameError as error:
        return _Judged(contender, None, Value(None), None, (str(error),))
    if contender.problem:
        return _Judged(contender, None, Value(None), None, (contender.problem,))
    computed = Computed(from_table=True)
    plain_book = book.model_copy(update={"readings": {}})
    verdict = judge(
        computed, plain_book, contender.facts, subject=contender.name, track=track, contract=contender.contract
    )
    evidence = Evidence(book, computed, contender.facts)
    value = ranking_value(book.ranking, evidence.value, track)
    if reading in contender.under:
        value = Value(contender.under[reading], because=f"as its verdict has it under {reading}")
    reasons = _reasons(verdict, contender)
    # a flag is for a person to look at; it does not move an entry
    blocked = {f.outcome for f in verdict.findings + contender.contract if f.consequence.blocks}
    if reading in contender.standing:  # its own verdict knows both figures of a rule with two readings, the entry one
        blocked = {contender.standing[reading]}
    if reading in contender.points and verdict.points is not None:
        verdict = replace(verdict, points=replace(verdict.points, total=contender.points[reading]))
    outcome = next((o for o in (Outcome.FAIL, Outcome.UNDECIDED) if o in blocked), Outcome.PASS)
    if contender.decided is not None:
        outcome, reasons = contender.decided, ["decided by a person"]
    if outcome is not Outcome.PASS and not reasons:
        reasons = list(contender.reasons) or [f"its verdict is {outcome.value} under {reading}"]
    flagged = contender.outcomes.get(reading, verdict.outcome) is Outcome.UNDECIDED
    brackets, below = None, False
    if book.brackets is not None:
        reached = evidence.value(book.brackets.metric)
        brackets = () if reached.amount is None else book.brackets.of(reached.amount)
        below = reached.amount is not None and not brackets
        why = f"{book.brackets.metric} {reached.amount:,} reaches no bracket" if below else reached.because
        if not brackets and outcome is Outcome.PASS:
            reasons.append(why)
            value = Value(None, because=why)
    if value.amount is None and not reasons:
        reasons = [value.because]
    return _Judged(contender, replace(verdict, outcome=outcome), value, brackets, tuple(reasons), flagged, below)


def _reasons(verdict: Verdict, contender: Contender) -> list[str]:
    """What fails, else what is undecided; a saved verdict knows it better than the judgement of its figures."""
    failed = [f for f in (*verdict.findings, *contender.contract) if f.outcome is Outcome.FAIL]
    reasons = [f"{f.rule}: {f.because}" for f in failed or _undecided(verdict)]
    return list(contender.reasons) if reasons and contender.reasons else reasons


def _provisional(undecided: int, spec: RankingSpec) -> tuple[str, ...]:
    if not undecided:
        return ()
    entries = "1 entry is" if undecided == 1 else f"{undecided} entries are"
    what = "ranks" if spec.bonus is None else "ranks and bonus"
    decided = "it is decided" if undecided == 1 else "they are decided"
    return (f"provisional: {entries} undecided; {what} may change once {decided}",)


def _undecided(verdict: Verdict) -> list[Finding]:
    findings = (*verdict.findings, *verdict.contract)
    return [f for f in findings if f.outcome is Outcome.UNDECIDED and f.consequence is not Consequence.NOTE]


def _task(judged: _Judged, book: Rulebook) -> str | None:
    per_track = book.ranking is not None and book.ranking.per_track
    return judged.verdict.track if judged.verdict is not None and per_track else None


def _groups(book: Rulebook, judged: Sequence[_Judged]) -> list[tuple[str | None, str | None]]:
    """(task, bracket), in the rulebook's order; brackets best first."""
    tracks: list[str | None] = [t for t in book.tracks if any(_task(j, book) == t for j in judged)]
    names: list[str | None] = [None]
    if book.brackets is not None:
        names = [b.bracket for b in reversed(book.brackets.brackets)]
    return [(track, bracket) for track in tracks or [None] for bracket in names]


def _placed(group: list[_Judged], spec: RankingSpec, task: str | None, bracket: str | None) -> list[Entry]:
    entries = []
    for rank_, tied, item in _in_order(group, spec):
        award = None
        if spec.awards is not None and rank_ <= spec.awards.first:
            award = spec.awards.award + (f" in {bracket}" if bracket else "")
        said = (*item.payload.because, *([f"tied with {', '.join(tied)}"] if tied else []))
        verdict = item.payload.verdict
        points = verdict.points.total if verdict is not None and verdict.points is not None else None
        entries.append(
            Entry(
                name=item.name,
                outcome=Outcome.UNDECIDED if item.payload.flagged else Outcome.PASS,
                points=points,
                bonus=_bonus(spec, rank_, points),
                metric=plain(item.payload.value.amount),
                task=verdict.track if verdict is not None else task,
                bracket=bracket,
                rank=rank_,
                award=award,
                because=said,
            )
        )
    return entries


def _in_order(group: list[_Judged], spec: RankingSpec) -> Iterator[tuple[int | float, list[str], Placed[_Judged]]]:
    """(rank, names that it is tied with, item), best first."""
    sign = 1 if spec.order == "ascending" else -1
    placed = [
        Placed(j.contender.name, j.contender.submitted, sign * (j.value.amount or Decimal(0)), j.value.uncertainty, j)
        for j in group
    ]
    return with_ranks(tie_groups(placed), spec.ties)


def _would_be(judged: _Judged, book: Rulebook, others: Sequence[_Judged]) -> int | float | None:
    """The rank among those that have one, in the best bracket that its figures reach."""
    if book.ranking is None or judged.value.amount is None or (book.brackets is not None and not judged.brackets):
        return None
    bracket = judged.brackets[0] if judged.brackets else None
    group = [j for j in others if j.ranked and _task(j, book) == _task(judged, book) and j.stands_in(bracket)]
    return next(rank_ for rank_, _, item in _in_order([*group, judged], book.ranking) if item.payload is judged)


def _bonus(spec: RankingSpec, rank_: int | float, points: int | None) -> int | None:
    if spec.bonus is None:
        return None
    if spec.bonus.if_base_points and not points:
        return None if points is None else 0
    return next((row.points for row in spec.bonus.ranks if row.first <= rank_ <= row.last), 0)


def _left_out(judged: _Judged, book: Rulebook, others: Sequence[_Judged]) -> Entry:
    verdict = judged.verdict
    undecided = Outcome.UNDECIDED
    outcome = undecided if verdict is None else verdict.outcome
    if outcome is Outcome.PASS:  # every limit holds, and still there is no place: no bracket, or no value
        outcome = Outcome.FAIL if judged.below_brackets else undecided
    bonus = None
    if book.ranking is not None and book.ranking.bonus is not None and outcome is Outcome.FAIL:
        bonus = 0
    return Entry(
        name=judged.contender.name,
        outcome=outcome,
        points=verdict.points.total if verdict is not None and verdict.points is not None else None,
        bonus=bonus,
        metric=plain(judged.value.amount),
        task=verdict.track if verdict is not None else judged.contender.task,
        bracket=None,
        rank=None,
        award=None,
        because=judged.because,
        would_be=_would_be(judged, book, others),
    )


def _last(entry: Entry) -> tuple[bool, str]:
    return entry.outcome is Outcome.FAIL, entry.name
