"""A CSV that a submission hands in, or writes: columns, ids, values, number of rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from pydantic import Field, model_validator

from costmodel.contracts.contract_rule import ContractRule, Decision, handed_in_elsewhere
from costmodel.contracts.handed_in import HandedIn
from costmodel.contracts.reading.submission_folder import Folder, SubmittedFile
from costmodel.files.documents import Strict
from costmodel.files.quoting import escaped
from costmodel.ir.verdict import Outcome

ORDER = 40
SEVERAL = True

_LARGEST = 64 * 2**20
_SHOWN = 40


class IntegerRange(Strict):
    """From ``first`` to ``last``, both included."""

    first: int
    last: int

    @model_validator(mode="after")
    def _ascending(self) -> IntegerRange:
        if self.first > self.last:
            raise ValueError(f"first {self.first} is more than last {self.last}")
        return self


class TableRule(ContractRule):
    """A CSV that is handed in, or (``written_by_run``) that the program writes when it is run.

    Attributes:
        required: False for a file that is handed in elsewhere; it is checked where it is there.
        any_of: globs; every file that matches is checked.
        columns: the header, in this order; the first is the id.
        rows: how many there are, None if any number will do.
        ids: every id exactly once; None if only repeated ids are refused.
        values: what the other columns hold.
    """

    any_of: tuple[str, ...] = Field(min_length=1)
    required: bool = True
    columns: tuple[str, ...] = Field(min_length=2)
    rows: int | None = None
    ids: IntegerRange | None = None
    values: IntegerRange | None = None
    written_by_run: bool = False


RULE = TableRule


def decide(rule: TableRule, handed_in: HandedIn) -> Decision:
    """Whether every file that is meant is such a table; of several, the first that breaks the rule."""
    absent = not handed_in.folder.matching(rule.any_of)
    if absent and not rule.required:
        return handed_in_elsewhere()
    rows, outcome, because = _decided(rule, handed_in.folder)
    # a table that the program writes when it is run says nothing about what was handed in
    not_given = absent and rule.written_by_run
    return Decision(limit=_limit(rule), outcome=outcome, because=because, measured=rows, not_given=not_given)


def _limit(rule: TableRule) -> str:
    rows = f", {rule.rows:,} rows" if rule.rows is not None else ""
    values = f", {rule.values.first} to {rule.values.last}" if rule.values is not None else ""
    return f"{','.join(rule.columns)}{rows}{values}"


def _decided(rule: TableRule, folder: Folder) -> tuple[int | None, Outcome, str]:
    files = folder.matching(rule.any_of)
    if not files:
        if rule.written_by_run:
            return None, Outcome.UNDECIDED, f"{rule.any_of[0]} is not there yet: the program writes it when it is run"
        return None, Outcome.FAIL, f"there is no {' or '.join(rule.any_of)}"
    rows: int | None = None
    for entry in files:
        rows, outcome, because = _check(rule, folder, entry)
        if outcome is not Outcome.PASS:
            return rows, outcome, because
    return rows, Outcome.PASS, f"{', '.join(escaped(e.path) for e in files[:4])}: {rows:,} rows"


def _check(rule: TableRule, folder: Folder, entry: SubmittedFile) -> tuple[int | None, Outcome, str]:
    text = folder.read_text(entry, _LARGEST)
    path = escaped(entry.path)
    if text is None:
        return None, Outcome.FAIL, f"{path} is not text in UTF-8, or has more than {_LARGEST:,} bytes"
    reader = csv.reader(io.StringIO(text, newline=""))
    rows = 0
    try:
        for line, problem in _problems(rule, reader):
            if problem:
                return None, Outcome.FAIL, f"{path}:{line}: {problem}"
            rows += 1
    except csv.Error as problem:
        return None, Outcome.FAIL, f"{path}:{reader.line_num}: not CSV: {problem}"
    if rule.rows is not None and rows != rule.rows:
        return rows, Outcome.FAIL, f"{path} has {rows:,} rows, {rule.rows:,} are asked for"
    if rule.ids is not None and rows != rule.ids.last - rule.ids.first + 1:
        expected = rule.ids.last - rule.ids.first + 1
        return rows, Outcome.FAIL, f"{path} has {rows:,} of the {expected:,} ids {_range(rule.ids)}"
    return rows, Outcome.PASS, ""


def _problems(rule: TableRule, reader: Iterator[list[str]]) -> Iterator[tuple[int, str]]:
    """Each row's line, and what is wrong with it (empty if nothing is)."""
    header = [cell.strip() for cell in next(reader, [])]
    if header != list(rule.columns):
        shown = escaped(",".join(header))[:_SHOWN]
        yield 1, f"the header is {shown!r}, {','.join(rule.columns)!r} is asked for"
        return
    seen: set[str] = set()
    for number, cells in enumerate(reader, 2):
        if not cells:
            continue
        yield number, _row(rule, cells, seen)


def _row(rule: TableRule, cells: list[str], seen: set[str]) -> str:
    if len(cells) != len(rule.columns):
        return f"{len(cells)} cells, {len(rule.columns)} are asked for"
    key = cells[0].strip()
    if key in seen:
        return f"{rule.columns[0]} {_shown(key)} occurs twice"
    seen.add(key)
    if rule.ids is not None and not _inside(key, rule.ids):
        return f"{rule.columns[0]} {_shown(key)} is not one of {_range(rule.ids)}"
    for column, cell in zip(rule.columns[1:], cells[1:], strict=True):
        if rule.values is not None and not _inside(cell.strip(), rule.values):
            return f"{column} {_shown(cell)} is not an integer from {_range(rule.values)}"
    return ""


def _inside(text: str, span: IntegerRange) -> bool:
    plain = text.isascii() and text.removeprefix("-").isdigit() and len(text) < 20
    return plain and str(int(text)) == text and span.first <= int(text) <= span.last


def _range(span: IntegerRange) -> str:
    return f"{span.first} to {span.last}"


def _shown(text: str) -> str:
    return repr(escaped(text)[:_SHOWN])
