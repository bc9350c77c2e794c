"""Overrides: a table of what a person decides about single submissions, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from costmodel.errors import UsageError
from costmodel.files.quoting import safe_text
from costmodel.grading.intake.named_models import NamedModel
from costmodel.grading.intake.roster import clues_of, read_people
from costmodel.grading.intake.submissions import Submission
from costmodel.grading.whose_facts import nobody, only_owner
from costmodel.ir.verdict import Outcome
from costmodel.rules.judging.given_facts import parse_fact, spelt
from costmodel.rules.schema.rulebook import Rulebook

OUTCOME, MODEL, COMMENT, LATE = "outcome", "model", "comment", "late"
_POINTS = "points:"
_COLUMNS = ("what", "value", "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A line of the table.

    Attributes:
        whose: the words for the person, the surest first.
        what: a metric's name, ``points:TABLE``, ``late`` (points taken for it), ``outcome``, ``model`` or ``comment``.
        value: of it, a number in the metric's own unit.
        reason: why; never empty.
        by: who decides; "" if the table does not say.
        place: of the line, in messages.
    """

    whose: tuple[str, ...]
    what: str
    value: str
    reason: str
    by: str
    place: str


def table_of(what: str) -> str | None:
    """The table of points that a line is about; None for any other."""
    return what.removeprefix(_POINTS) if what.startswith(_POINTS) else None


def read_overrides(file: Path, book: Rulebook) -> tuple[Override, ...]:
    """Read a CSV with the columns ``who`` (or any of a roster's), ``what``, ``value``, ``reason`` and ``by``.

    Raises:
        UsageError: not readable, a reason is missing, or something that the rulebook does not have; says where.
    """
    found = []
    for number, person, words in read_people(file):
        for column in _COLUMNS:
            if column not in words:
                raise UsageError(f"{file}:1: no column {column}; an override has who, what, value, reason and by")
        place = f"{file}:{number}"
        if not words["reason"]:
            raise UsageError(f"{place}: a reason is missing: an override without one cannot be defended")
        what, value = _checked(words["what"], words["value"], book, place)
        found.append(
            Override(
                whose=clues_of(person),
                what=what,
                value=value,
                reason=safe_text(words["reason"]),
                by=safe_text(words.get("by", "")),
                place=place,
            )
        )
    return tuple(found)


def _checked(what: str, text: str, book: Rulebook, place: str) -> tuple[str, str]:
    """What is overridden by its own name, and its value."""
    tables = [table.table for table in book.points or ()]
    metric = spelt(book).get(what)
    if metric is not None:
        try:
            parse_fact(metric, text, book.metrics[metric].unit, "")
        except UsageError as problem:
            raise UsageError(f"{place}: {problem}") from None
        return metric, text
    if table_of(what) in tables:
        most = next(table.maximum for table in book.points or () if table.table == table_of(what))
        return what, _points(text, most, place)
    if what == LATE and book.points:
        return what, _points(text, sum(table.maximum for table in book.points), place)
    if what == OUTCOME:
        if text.upper() not in Outcome.__members__:
            raise UsageError(f"{place}: {text!r} is no outcome; write {', '.join(Outcome.__members__)}")
        return what, text.upper()
    if what in (MODEL, COMMENT):
        return what, safe_text(text)
    known = ", ".join([*book.metrics, *(f"{_POINTS}{table}" for table in tables), LATE, OUTCOME, MODEL, COMMENT])
    raise UsageError(f"{place}: {book.name} has no {what!r} to override; it has {known}")


def _points(text: str, most: int, place: str) -> str:
    if not text.isdecimal() or int(text) > most:
        raise UsageError(f"{place}: {text!r} is no number of points from 0 to {most}")
    return text


def models_in(overrides: Sequence[Override]) -> tuple[NamedModel, ...]:
    """The models that are decided; they come before those of any other table."""
    return tuple(NamedModel(o.whose, o.value, o.place) for o in overrides if o.what == MODEL)


def assign_overrides(
    overrides: Sequence[Override], submissions: Sequence[Submission]
) -> Mapping[str, tuple[Override, ...]]:
    """The lines of each submission by its key, in the order of the table.

    Raises:
        UsageError: a line fits nobody or several, or two lines decide the same of one submission.
    """
    result: dict[str, list[Override]] = {}
    for override in overrides:
        submission = only_owner(override.whose, override.place, submissions)
        if submission is None:
            raise UsageError(f"{override.place}: an override for {nobody(override.whose[-1], submissions)}")
        theirs = result.setdefault(submission.key, [])
        if override.what != COMMENT and any(o.what == override.what for o in theirs):
            raise UsageError(f"{override.place}: {override.what} of {submission.name!r} is decided in an earlier line")
        theirs.append(override)
    return {key: tuple(lines) for key, lines in result.items()}
