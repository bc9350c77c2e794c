"""Facts of a class: which sheet belongs to which student."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from costmodel.grading.sources import Submission
from costmodel.quoting import safe_text
from costmodel.rules.sheets import Sheet


@dataclass(frozen=True)
class FactsOfClass:
    """Sheets by the name that a file gives; a student is found by name, e-mail, number or GitHub name."""

    sheets: Mapping[str | None, Sheet] = field(default_factory=dict)

    def of(self, submission: Submission) -> Sheet:
        """The student's sheet, an empty one if no file speaks of the student."""
        for word in _words(submission):
            for name, sheet in self.sheets.items():
                if name is not None and _same(name, word):
                    return sheet
        return Sheet()

    def unknown(self, submissions: Iterable[Submission]) -> Iterator[str]:
        """One line for each name that nobody of the class has."""
        words = {_plain(word) for submission in submissions for word in _words(submission)}
        for name in self.sheets:
            if name is None:
                yield "facts without a name are not used: a column name is needed"
            elif _plain(name) not in words:
                yield f"there are facts of {safe_text(name)!r}, and nobody of that name handed anything in"


def _words(submission: Submission) -> tuple[str, ...]:
    student = submission.student
    more = () if student is None else (student.sid, student.email, student.github)
    return tuple(word for word in (submission.name, *more) if word)


def _same(one: str, other: str) -> bool:
    return _plain(one) == _plain(other)


def _plain(word: str) -> str:
    return " ".join(word.casefold().split())
