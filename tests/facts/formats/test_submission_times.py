"""Times of handing in from the platforms' own tables, with their zones."""

from __future__ import annotations

from pathlib import Path

import pytest

from costmodel.errors import FormatError
from costmodel.facts.reader import read_facts

GITHUB = """assignment_name,github_username,roster_identifier,repository,submission_timestamp,points_awarded
lab2,annl,Ann Lee,lab2-annl,2022-03-01 04:58:12 UTC,0
lab2,bo,,lab2-bo,,0
"""
GRADESCOPE = """First Name,Last Name,SID,Email,Sections,Total Score,Max Points,Status,Submission Time,Lateness (H:M:S)
Max,Bär,17,mb@x.example,,0.0,130,Ungraded,2022-02-28 23:50:01 -0500,00:00:00
Zoë,Ek,18,ze@x.example,,,130,Missing,,
"""
MOODLE = """Identifier,Full name,ID number,Email address,Status,Grade,Last modified (submission),Last modified (grade)
Participant 7,Ana Sol,19,as@x.example,Submitted for grading,,"Monday, 28 February 2022, 11:50 PM",-
Participant 8,Li Wei,20,lw@x.example,No submission,,-,-
"""


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        (GITHUB, "Ann Lee", {"submitted": "2022-03-01T04:58:12+00:00", "github": "annl"}),
        (GRADESCOPE, "Max Bär", {"submitted": "2022-02-28T23:50:01-05:00", "sid": "17", "email": "mb@x.example"}),
        (MOODLE, "Ana Sol", {"submitted": "2022-02-28T23:50:00", "sid": "19", "email": "as@x.example"}),
    ],
    ids=["github", "gradescope", "moodle"],
)
def test_who_and_when(tmp_path: Path, text: str, name: str, words: dict[str, str]) -> None:
    file = tmp_path / "class.csv"
    file.write_text(text, encoding="utf-8")
    (reading,) = read_facts(file).readings
    assert (reading.format, reading.submission, reading.measurements) == ("submission-times", name, ())
    assert reading.words == words


def test_a_time_that_cannot_be_read_or_is_nobodys(tmp_path: Path) -> None:
    file = tmp_path / "class.csv"
    file.write_text(GITHUB.replace("2022-03-01 04:58:12 UTC", "yesterday"), encoding="utf-8")
    with pytest.raises(FormatError, match=r"class\.csv:2: submission_timestamp: yesterday: write it as"):
        read_facts(file)
    file.write_text("Email,SID,Submission Time\n,,2022-03-01\n", encoding="utf-8")
    with pytest.raises(FormatError, match=r"class\.csv:2: a time without a person"):
        read_facts(file)
