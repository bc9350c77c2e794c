"""Facts read from files, sorted by submission into what the judge takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from costmodel.errors import UsageError
from costmodel.ir.facts import Facts, Kind, Measurement, Reading
from costmodel.rules.judging.given_facts import spelt
from costmodel.rules.schema.rulebook import Rulebook
from costmodel.rules.value import Fact, FactSheet


@dataclass
class Sheet:
    """What files say of one submission.

    Attributes:
        task: the track it names; None if no file speaks of tasks.
        submitted: time of submission as sortable text, empty if unknown.
        problems: facts that contradict each other; ``contradicted`` are their metrics, and nothing is decided by them.
        unused: facts that the rulebook has no use for.
        scored: time of the score on a leaderboard, which is not that of handing in.
    """

    measured: dict[str, Fact] = field(default_factory=dict)
    claimed: dict[str, Fact] = field(default_factory=dict)
    task: str | None = None
    submitted: str = ""
    problems: list[str] = field(default_factory=list)
    contradicted: set[str] = field(default_factory=set)
    unused: list[str] = field(default_factory=list)
    scored: str = ""

    @property
    def facts(self) -> FactSheet:
        """For the judge: what is contradicted is unknown."""
        measured = {name: fact for name, fact in self.measured.items() if name not in self.contradicted}
        return FactSheet(measured, self.claimed)

    def joined(self, other: Sheet) -> Sheet:
        """Both sheets; what they say differently of the same metric becomes a problem."""
        result = Sheet({**self.measured}, {**self.claimed}, self.task, self.submitted)
        result.problems = [*self.problems, *other.problems]
        result.contradicted = self.contradicted | other.contradicted
        result.unused = [*self.unused, *other.unused]
        for mine, theirs in ((result.measured, other.measured), (result.claimed, other.claimed)):
            for name, fact in theirs.items():
                _enter(result, mine, name, fact)
        result.task = other.task or self.task
        result.submitted = other.submitted or self.submitted
        result.scored = other.scored or self.scored
        return result


def sheets_of(facts: Facts, book: Rulebook) -> dict[str | None, Sheet]:
    """One sheet per submission, in the order of the files; None is for what names no submission."""
    sheets: dict[str | None, Sheet] = {}
    for reading in facts.readings:
        _add(sheets.setdefault(reading.submission, Sheet()), reading, book)
    return sheets


def merged(sheet: Sheet, given: FactSheet) -> FactSheet:
    """Facts of the command line beside those of files.

    Raises:
        UsageError: two of them speak differently of the same metric.
    """
    if sheet.problems:
        raise UsageError("; ".join(sheet.problems))
    for name in given.measured:
        if name in sheet.measured:
            raise UsageError(f"fact {name} is given twice, with --fact and in the facts file")
    return FactSheet({**sheet.measured, **given.measured}, {**sheet.claimed, **given.claimed})


def _add(sheet: Sheet, reading: Reading, book: Rulebook) -> None:
    names = spelt(book)
    together: dict[tuple[bool, str], list[Measurement]] = {}
    for measurement in reading.measurements:
        if measurement.metric not in names:
            sheet.unused.append(measurement.metric)
            continue
        together.setdefault((measurement.kind is Kind.CLAIMED, names[measurement.metric]), []).append(measurement)
    for (claimed, name), runs in together.items():
        _enter(sheet, sheet.claimed if claimed else sheet.measured, name, _fact(runs))
    for word, value in reading.words.items():
        if word == "task":
            sheet.task = value
        elif word == "submitted":
            sheet.submitted = value
        elif word == "scored":
            sheet.scored = value
        elif word in names:
            _enter(sheet, sheet.measured, names[word], Fact(word=value.strip().lower()))


def _enter(sheet: Sheet, values: dict[str, Fact], name: str, fact: Fact) -> None:
    known = values.get(name)
    if known is not None and (known.runs, known.word) != (fact.runs, fact.word):
        said = " and ".join(_text(f) for f in (known, fact))
        sheet.problems.append(f"{name} is given twice and differently: {said}")
        if values is sheet.measured:
            sheet.contradicted.add(name)
    values[name] = fact


def _text(fact: Fact) -> str:
    return fact.word if fact.word is not None else "; ".join(f"{run:f}" for run in fact.runs)


def _fact(runs: Sequence[Measurement]) -> Fact:
    """What one file says of one metric: a run, or several."""
    return Fact(
        runs=tuple(run.value for run in runs),
        uncertainty=max((run.uncertainty or Decimal(0) for run in runs), default=Decimal(0)),
        because=runs[0].because or "given as a fact",
        at_least=any(run.at_least for run in runs),
    )


def one_sheet(sheets: Mapping[str | None, Sheet], name: str | None, file: str) -> Sheet:
    """The sheet of one submission: the one of that name, else the only one.

    Raises:
        UsageError: several submissions, and none of that name.
    """
    if name in sheets:
        return sheets[name]
    if len(sheets) == 1:
        return next(iter(sheets.values()))
    known = ", ".join(sorted(str(s) for s in sheets)) or "none"
    raise UsageError(f"{file} has no facts of {name!r}; it has those of: {known}; say which: --name")
