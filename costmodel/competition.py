"""The verb behind ``rank``: verdicts and tables from files into one ranking."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from costmodel.errors import FormatError, UsageError
from costmodel.ir.codec import loads
from costmodel.ir.facts import Facts, Reading
from costmodel.ir.ranking import Ranking
from costmodel.ir.verdict import AS_WRITTEN, SCHEMA, Verdict
from costmodel.metering.reader import read_facts
from costmodel.rules.ranking import Contender, contender_of
from costmodel.rules.rulebook import Rulebook, load_rulebook
from costmodel.rules.sensitivity import rank
from costmodel.rules.sheets import sheets_of


def rank_files(files: Sequence[Path], rules: str, *, reading: str = AS_WRITTEN, score: str | None = None) -> Ranking:
    """Rank verdicts (JSON of ``check``) and tables of facts (one row per entry) by a rulebook.

    Raises:
        UsageError: no files, an entry twice, a verdict of another rulebook.
        FormatError: a file that is neither.
        UnknownNameError, RulebookError: the rulebook or the reading.
    """
    if not files:
        raise UsageError("nothing to rank: give verdicts (costmodel check --format json) or a table with a column name")
    book = load_rulebook(rules)
    contenders: list[Contender] = []
    for file in files:
        contenders += _contenders(file, book, score)
    for (name, task), times in Counter((c.name, c.task) for c in contenders).items():
        if times > 1:
            where = "" if task is None else f" for {task}"
            raise UsageError(f"{name} is entered twice{where}; give every entry a name of its own (check --name)")
    return rank(contenders, book, reading=reading)


def _contenders(file: Path, book: Rulebook, score: str | None) -> list[Contender]:
    verdict = _verdict(file, book)
    if verdict is not None:
        return [contender_of(verdict)]
    readings: dict[tuple[str | None, str | None], list[Reading]] = {}
    for reading in read_facts(file, score=score).readings:
        # one team may enter both tasks
        readings.setdefault((reading.submission, reading.words.get("task")), []).append(reading)
    if not readings:
        raise FormatError(f"{file}: there are no entries in it")
    result = []
    for (name, _), rows in readings.items():
        if name is None:
            raise FormatError(f"{file}: the rows have no names: a column name is needed to rank")
        sheet = sheets_of(Facts(readings=tuple(rows)), book)[name]
        problem = "; ".join(sheet.problems)
        result.append(
            Contender(name=name, facts=sheet.facts, task=sheet.task, submitted=sheet.submitted, problem=problem)
        )
    return result


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
    verdict = loads(Verdict, text, SCHEMA)
    if verdict.rulebook != book.name:
        raise UsageError(f"{file}: this verdict is by {verdict.rulebook}, not by {book.name}; check it again")
    return verdict
