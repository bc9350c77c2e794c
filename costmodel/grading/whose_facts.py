"""Facts of a class: which row of a table belongs to which student."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from costmodel.files.quoting import safe_text
from costmodel.grading.intake.submissions import Submission
from costmodel.rules.judging.sheets import Sheet


@dataclass(frozen=True, slots=True)
class FactsRow:
    """The facts of one person, from all files.

    Attributes:
        whose: number, e-mail, GitHub name and name as far as they are given, the most reliable first.
        sheet: the facts.
    """

    whose: tuple[str, ...]
    sheet: Sheet


@dataclass(frozen=True, slots=True)
class ClassFacts:
    """Sheets by a submission's key, and one note for each row that fits nobody."""

    sheets: Mapping[str, Sheet]
    notes: tuple[str, ...]

    def of(self, submission: Submission) -> Sheet:
        """The submission's sheet, an empty one if no file has facts for it."""
        return self.sheets.get(submission.key, Sheet())


def assign_facts(rows: Sequence[FactsRow], submissions: Sequence[Submission]) -> ClassFacts:
    """Match each row to a student by its most reliable identifier (sid, then e-mail, then GitHub name, then name).

    Rows of the same person are joined, and their contradictions are reported. A row that fits several people is
    given to none of them, and each of them is told.
    """
    sheets: dict[str, Sheet] = {}
    notes = []
    for row in rows:
        word, meant = owners(row.whose, submissions)
        if not row.whose:
            notes.append("facts without a name are not used: a column name is needed")
        elif not meant:
            notes.append(f"there are facts of {safe_text(row.whose[-1])!r}, and no submission has that name")
        sheet = row.sheet
        if len(meant) > 1:
            problem = f"the facts of {safe_text(word)!r} may be of {len(meant)} people: add a column sid or email"
            sheet = Sheet(problems=[problem])
        for submission in meant:
            known = sheets.get(submission.key)
            sheets[submission.key] = sheet if known is None else known.joined(sheet)
    return ClassFacts(sheets, tuple(notes))


def owners(whose: Sequence[str], submissions: Sequence[Submission]) -> tuple[str, list[Submission]]:
    """The first of a person's identifiers that fits somebody, and the first submission of each person whom it fits."""
    for word in whose:
        found: dict[object, Submission] = {}
        for submission in submissions:
            if _plain(word) in {_plain(known) for known in _words(submission)}:
                found.setdefault(submission.students or submission.name, submission)
        if found:
            return word, list(found.values())
    return "", []


def _words(submission: Submission) -> tuple[str, ...]:
    theirs = [word for s in submission.students for word in (s.sid, s.email, s.github, s.name)]
    return tuple(word for word in (submission.name, *theirs) if word)


def _plain(word: str) -> str:
    return " ".join(word.casefold().split())
