"""Facts of a class: which row of a table belongs to which student."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from costmodel.errors import UsageError
from costmodel.files.quoting import safe_text
from costmodel.grading.intake.people import meant_by, nearest, same_name
from costmodel.grading.intake.submissions import Submission, same_files
from costmodel.grading.notice import NoticeKind
from costmodel.rules.judging.sheets import Sheet


@dataclass(frozen=True, slots=True)
class FactsRow:
    """The facts of one person, from all files.

    Attributes:
        whose: number, e-mail, GitHub name and name as far as they are given, the most reliable first.
        sheet: the facts.
        members: user names of a team that shares them; each of its people has them then.
    """

    whose: tuple[str, ...]
    sheet: Sheet
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClassFacts:
    """Sheets by a submission's key, a note for each row that fits nobody, and the submissions of each team by name."""

    sheets: Mapping[str, Sheet]
    notes: tuple[str, ...]
    teams: tuple[frozenset[str], ...] = ()

    def of(self, submission: Submission) -> Sheet:
        """The submission's sheet, an empty one if no file has facts for it."""
        return self.sheets.get(submission.key, Sheet())

    def among_strangers(self, submission: Submission) -> Submission:
        """The submission without the remark that a member of its own team has the same files."""
        mates = frozenset().union(*(team for team in self.teams if submission.name in team))
        notices = []
        for notice in submission.notices:
            others = [name for name in notice.others if name not in mates]
            if notice.kind is not NoticeKind.SAME or len(others) == len(notice.others):
                notices.append(notice)
            elif others:
                notices.append(same_files(others))
        return replace(submission, notices=tuple(notices))


def assign_facts(rows: Sequence[FactsRow], submissions: Sequence[Submission]) -> ClassFacts:
    """Match each row to a student by its most reliable identifier (sid, then e-mail, then GitHub name, then name).

    Rows of the same person are joined, and their contradictions are reported. A row that fits several people is
    given to none of them, and each of them is told.
    """
    sheets: dict[str, Sheet] = {}
    notes = []
    teams = []
    for row in rows:
        word, meant = owners(row.whose, submissions)
        team = {s.key: s for member in row.members for s in owners((member,), submissions)[1]}
        if team:
            teams.append(frozenset(s.name for s in team.values()))
            sheets |= {key: row.sheet.joined(sheets[key]) if key in sheets else row.sheet for key in team}
            continue
        if not row.whose:
            notes.append("facts without a name are not used: a column name is needed")
        elif not meant:
            notes.append(f"there are facts of {nobody(row.whose[-1], submissions)}")
        sheet = row.sheet
        if len(meant) > 1:
            who = f"{safe_text(word)!r} may be of {len(meant)} people"
            problem = f"the facts of {who}: add a column sid or email, or an alias (--aliases)"
            sheet = Sheet(problems=[problem])
        for submission in meant:
            known = sheets.get(submission.key)
            sheets[submission.key] = sheet if known is None else known.joined(sheet)
    return ClassFacts(sheets, tuple(notes), tuple(teams))


def owners(whose: Sequence[str], submissions: Sequence[Submission]) -> tuple[str, list[Submission]]:
    """The first of a person's identifiers that fits somebody, and the first submission of each person whom it fits."""
    everyone = [student for submission in submissions for student in submission.students]
    for word in whose:
        meant = meant_by(word, everyone)
        found: dict[object, Submission] = {}
        for submission in submissions:
            if any(student in meant for student in submission.students) or same_name(word, submission.name):
                found.setdefault(submission.students or submission.name, submission)
        if found:
            return word, list(found.values())
    return "", []


def only_owner(whose: Sequence[str], place: str, submissions: Sequence[Submission]) -> Submission | None:
    """The submission that a line of a table is about, None if it is nobody's.

    Raises:
        UsageError: it may be that of several people.
    """
    word, meant = owners(whose, submissions)
    if len(meant) > 1:
        raise UsageError(f"{place}: {word!r} may be {len(meant)} people: write a number or an e-mail in its place")
    return meant[0] if meant else None


def nobody(word: str, submissions: Sequence[Submission]) -> str:
    """A row's word that fits no submission, with those that look like it."""
    near = nearest(word, (name for s in submissions for name in (s.name, *(p.name for p in s.students))))
    hint = f"; did it mean {' or '.join(map(repr, near))}?" if near else ""
    return f"{safe_text(word)!r}, and no submission has that name{hint}"
