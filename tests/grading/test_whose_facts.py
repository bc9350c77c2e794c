"""Rows of a table of facts and the students whom they fit: the surest word first, nobody by guess."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from costmodel.grading.intake.people import Student
from costmodel.grading.intake.submissions import Submission, same_files
from costmodel.grading.notice import Notice, NoticeKind
from costmodel.grading.whose_facts import FactsRow, assign_facts, owners
from costmodel.rules.judging.sheets import Sheet
from costmodel.rules.value import Fact


def handed_in(name: str, *students: Student) -> Submission:
    return Submission(name=name, path=None, digest="", students=students)


ANA = Student(name="Ana Sol", sid="7", email="ana@x", github="anasol")
BEN = Student(name="Ben")
GROUP = handed_in("Ana Sol, Ben", ANA, BEN)
OTHER = handed_in("Ana Sol (8)", Student(name="Ana Sol", sid="8"))
PLAIN = handed_in("cho")


def test_the_first_word_that_fits_somebody_decides() -> None:
    everyone = [GROUP, OTHER, PLAIN]
    for word in ("7", "ANA@X", "AnaSol", "ben", " Ana  Sol,   Ben "):
        assert owners([word], everyone) == (word, [GROUP])
    assert owners(["zoe", "8", "Ben"], everyone) == ("8", [OTHER])
    assert owners(["cho"], everyone) == ("cho", [PLAIN])
    assert owners(["Ana Sol"], everyone) == ("Ana Sol", [GROUP, OTHER])
    assert owners(["zoe"], everyone) == owners([], everyone) == ("", [])
    assert owners([""], everyone) == ("", [])
    # who handed in twice is one person: the first submission has the facts
    again = handed_in("Ana Sol (8) (2)", *OTHER.students)
    assert owners(["8"], [OTHER, again]) == ("8", [OTHER])
    assert owners(["cho"], [PLAIN, handed_in("cho")]) == ("cho", [PLAIN])


def sheet(**facts: int) -> Sheet:
    return Sheet({name: Fact(runs=(Decimal(n),)) for name, n in facts.items()})


def test_facts_are_joined_and_what_fits_several_is_nobodys() -> None:
    rows = [
        FactsRow(("7",), sheet(energy=1)), FactsRow(("Ben",), sheet(cycles=2)), FactsRow(("8",), sheet(energy=3)),
        FactsRow(("zoe", "Zoe Z"), sheet(energy=4)), FactsRow((), sheet(energy=5)),
    ]  # fmt: skip
    given = assign_facts(rows, [GROUP, OTHER, PLAIN])
    assert given.of(GROUP) == sheet(energy=1, cycles=2)
    assert given.of(OTHER) == sheet(energy=3)
    assert given.of(PLAIN) == Sheet()
    assert given.notes == (
        "there are facts of 'Zoe Z', and no submission has that name",
        "facts without a name are not used: a column name is needed",
    )
    shared = assign_facts([FactsRow(("Ana Sol",), sheet(energy=1))], [GROUP, OTHER, PLAIN])
    problem = "the facts of 'Ana Sol' may be of 2 people: add a column sid or email, or an alias (--aliases)"
    for submission in (GROUP, OTHER):
        assert (shared.of(submission).problems, shared.of(submission).measured) == ([problem], {})
    assert shared.notes == ()
    twice = assign_facts([FactsRow(("7",), sheet(energy=1)), FactsRow(("Ben",), sheet(energy=2))], [GROUP])
    assert twice.of(GROUP).problems == ["energy is given twice and differently: 1 and 2"]


def test_a_team_hands_in_the_same_files_and_others_do_not() -> None:
    nia, oli, eve = (handed_in(name, Student(name=name, aliases=(f"k-{name}",))) for name in ("Nia", "Oli", "Eve"))
    given = assign_facts([FactsRow(("The Twins",), sheet(energy=1), ("k-Nia", "k-Oli"))], [nia, oli, eve])
    late = Notice(kind=NoticeKind.LATE, message="the platform marks it late")

    def left(one: Submission, *others: str) -> tuple[Notice, ...]:
        return given.among_strangers(replace(one, notices=(late, same_files(others)))).notices

    assert left(nia, "Oli") == (late,)
    assert left(nia, "Eve", "Oli") == (late, same_files(["Eve"]))
    assert left(eve, "Nia", "Oli") == (late, same_files(["Nia", "Oli"]))
    assert same_files(["Eve"]).message == "the same files as Eve"
