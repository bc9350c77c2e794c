"""Facts of a class: which row of a table belongs to which student."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from costmodel.files.quoting import safe_text
from costmodel.grading.intake.submissions import Submission
from costmodel.rules.judging.sheets import Sheet


@dataclass(frozen=True, slots=True)
class Row:
    """What files say of one person.

    Attributes:
        whose: number, e-mail, GitHub name and name as far as they are given, the surest first.
        sheet: the facts.
    """

    whose: tuple[str, ...]
    sheet: Sheet


@dataclass(frozen=True, slots=True)
class LookedUp:
    """Sheets by a submission's key, and one note for each row that nobody got."""

    sheets: Mapping[str, Sheet]
    notes: tuple[str, ...]

    def of(self, submission: Submission) -> Sheet:
        """The submission's sheet, an empty one if no file speaks of it."""
        return self.sheets.get(submission.key, Sheet())


def look_up(rows: Sequence[Row], submissions: Sequence[Submission]) -> LookedUp:
    """Give each row to whom its surest word names; rows of the same person are joined, and contradict each other aloud.

    What could be of several people is given to none of them, and each is told.
    """
    sheets: dict[str, Sheet] = {}
    notes = []
    for row in rows:
        word, meant = _meant(row, submissions)
        if not row.whose:
            notes.append("facts without a name are not used: a column name is needed")
        elif not meant:
            notes.append(f"there are facts of {safe_text(row.whose[-1])!r}, and nobody of that name handed anything in")
        sheet = row.sheet
        if len(meant) > 1:
            problem = f"the facts of {safe_text(word)!r} may be of {len(meant)} people: add a column sid or email"
            sheet = Sheet(problems=[problem])
        for submission in meant:
            known = sheets.get(submission.key)
            sheets[submission.key] = sheet if known is None else known.joined(sheet)
    return LookedUp(sheets, tuple(notes))


def _meant(row: Row, submissions: Sequence[Submission]) -> tuple[str, list[Submission]]:
    """The word that names somebody, and whom: the first submission of each who is called so."""
    for word in row.whose:
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
