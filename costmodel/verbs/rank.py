"""Rank: verdicts and tables of facts into one ranking."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from costmodel.errors import FormatError, UsageError
from costmodel.ir.codec import loads
from costmodel.ir.facts import Facts, Reading
from costmodel.ir.ranking import Ranking
from costmodel.ir.verdict import AS_WRITTEN, SCHEMA, Verdict
from costmodel.rules.judging.sheets import sheets_of
from costmodel.rules.ranking.rank import Contender, contender_of
from costmodel.rules.ranking.sensitivity import rank as rank_contenders
from costmodel.rules.schema.rulebook import Rulebook, load_rulebook
from costmodel.verbs.facts import read_facts, refuse_idle


def rank(
    entries: Sequence[str | Path | Verdict], rules: str, *, reading: str = AS_WRITTEN, score: str | None = None
) -> Ranking:
    """Rank verdicts and tables of facts (one row per entry) by a rulebook.

    Args:
        entries: verdicts, files of them (JSON of ``check``), and tables.
        rules: a rulebook's name, or the path of a rulebook YAML.
        reading: how ambiguous rules are read.
        score: meaning of a leaderboard's score (``error-percent`` …).

    Raises:
        UsageError: no files, an entry twice, a verdict of another rulebook.
        FormatError: a file that is neither.
        UnknownNameError, RulebookError: the rulebook or the reading.
    """
    if not entries:
        raise UsageError("nothing to rank: give verdicts (costmodel check --format json) or a table with a column name")
    return rank_by(entries, load_rulebook(rules), reading=reading, score=score)


def rank_by(
    entries: Sequence[str | Path | Verdict], book: Rulebook, *, reading: str = AS_WRITTEN, score: str | None = None
) -> Ranking:
    """The same by a rulebook that has been read.

    Raises:
        As :func:`rank`.
    """
    contenders: list[Contender] = []
    rows: dict[tuple[str, str | None], list[Reading]] = {}
    for entry in entries:
        file = Path() if isinstance(entry, Verdict) else Path(entry)
        verdict = _of_book(entry, book) if isinstance(entry, Verdict) else _verdict(file, book)
        if verdict is not None:
            contenders.append(contender_of(verdict))
            continue
        for name, reading_of_it in _rows(file, score):
            # one team may enter both tasks; several files may speak of the same entry
            rows.setdefault((name, reading_of_it.words.get("task")), []).append(reading_of_it)
    refuse_idle((reading for readings in rows.values() for reading in readings), score=score)
    contenders += [_contender(name, readings, book) for (name, _), readings in rows.items()]
    for (name, task), times in Counter((c.name, c.task) for c in contenders).items():
        if times > 1:
            where = "" if task is None else f" for {task}"
            raise UsageError(f"{name} is entered twice{where}; give every entry a name of its own (check --name)")
    return rank_contenders(contenders, book, reading=reading)


def _rows(file: Path, score: str | None) -> Iterator[tuple[str, Reading]]:
    readings = read_facts(file, score=score).readings
    if not readings:
        raise FormatError(f"{file}: there are no entries in it")
    for reading in readings:
        if reading.submission is None:
            raise FormatError(f"{file}: the rows have no names: a column name is needed to rank")
        yield reading.submission, reading


def _contender(name: str, readings: Sequence[Reading], book: Rulebook) -> Contender:
    sheet = sheets_of(Facts(readings=tuple(readings)), book)[name]
    problem = "; ".join(sheet.problems)
    return Contender(
        name=name, facts=sheet.facts, task=sheet.task, submitted=sheet.scored or sheet.submitted, problem=problem
    )


def _verdict(file: Path, book: Rulebook) -> Verdict | None:
    """The verdict that a file holds; None if it is something else."""
    if file.suffix.lower() != ".json":
        return None
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FormatError(f"{file}: {getattr(error, 'strerror', None) or error}") from None
    try:
        data = json.loads(text)
    except ValueError:
        return None  # not a verdict; the readers of facts know JSON lines too
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        return None
    return _of_book(loads(Verdict, text, SCHEMA), book, f"{file}: ")


def _of_book(verdict: Verdict, book: Rulebook, where: str = "") -> Verdict:
    if verdict.rulebook != book.name:
        raise UsageError(f"{where}this verdict is by {verdict.rulebook}, not by {book.name}; check it again")
    return verdict
