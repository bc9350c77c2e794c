"""A year later: the same bytes from the record, what has changed since the last run, and a log that only grows."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from costmodel.errors import FormatError, UsageError
from costmodel.grading.changes import changes_between
from costmodel.grading.judged_class import JudgingPlan, KnownClass, judge_class
from costmodel.grading.overrides import assign_overrides, read_overrides
from costmodel.grading.record import ClassRecord, load, save
from costmodel.grading.results import write_grades
from costmodel.ir.grades import Grades
from costmodel.reports.graded.needs_me import needs_me
from costmodel.verbs.grade import replay
from tests.grading.small_class import BOOK, CLASS, of, submissions


def known(folder: Path, *lines: str) -> KnownClass:
    file = folder / "overrides.csv"
    file.write_text("\n".join(("who,what,value,reason,by", *lines, "")), encoding="utf-8")
    overrides = assign_overrides(read_overrides(file, BOOK), submissions())
    return KnownClass(submissions=CLASS, overrides=overrides, notes=("a note",))


def judged(known: KnownClass, **provenance: str) -> Grades:
    return replace(judge_class(known, BOOK, JudgingPlan()), provenance=provenance)


def record_of(known: KnownClass) -> ClassRecord:
    return ClassRecord(
        rulebook=BOOK.model_dump_json(),
        submissions=tuple(one.key for one in known.submissions),
        overrides=known.overrides,
        notes=known.notes,
        reading="as-written",
        ranked=True,
        platforms=("gradescope",),
        provenance={"wall": "namespaces", "input facts.csv": "12"},
    )


def test_the_record_gives_the_same_bytes(tmp_path: Path) -> None:
    theirs = known(tmp_path, "Ann,energy_mj,0.5,ran it,Kim", "Ben,outcome,PASS,labels,Kim")
    save(tmp_path / "record", record_of(theirs), theirs)
    assert load(tmp_path / "record") == (record_of(theirs), theirs)
    grades, files = replay(tmp_path)
    provenance = dict(grades.provenance)
    assert (provenance["wall"], provenance["input facts.csv"]) == ("namespaces", "12")
    write_grades(judged(theirs, **provenance), tmp_path, ("gradescope",))
    assert {name: (tmp_path / name).read_text(encoding="utf-8") for name in files} == files
    assert sum(name.startswith("gradescope/") for name in files) == len(CLASS)


def test_a_record_that_is_not_there_or_damaged(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no record of a graded class"):
        replay(tmp_path)
    theirs = known(tmp_path)
    save(tmp_path / "record", record_of(theirs), theirs)
    (tmp_path / "record" / "submissions" / f"{CLASS[0].key}.json").write_text("{", encoding="utf-8")
    with pytest.raises(FormatError, match=rf"{CLASS[0].key}\.json: not JSON"):
        replay(tmp_path)
    save(tmp_path / "record", replace(record_of(theirs), rulebook="{}"), theirs)
    with pytest.raises(FormatError, match="the rulebook of the record is not one of this version"):
        replay(tmp_path)


def test_who_from_to_because_of_which_file(tmp_path: Path) -> None:
    before = judged(known(tmp_path), **{"input facts.csv": "1", "torch": "2"})
    decided = known(tmp_path, "Ben,outcome,PASS,the labels were wrong,Kim")
    moved = replace(decided, submissions=(of("Ann", "20", "0.9", "1"), *CLASS[1:]))
    after = judged(moved, **{"input facts.csv": "2", "torch": "2"})
    changes = changes_between(before, after)
    assert changes.inputs == ("facts.csv",)
    assert [(c.name, c.what, c.before, c.after, c.because) for c in changes.changes] == [
        ("Ann", "energy_mj", "1.5", "0.9", "facts.csv"),
        ("Ann", "points:energy", "10", "20", "facts.csv"),
        ("Ann", "total", "10", "20", "facts.csv"),
        ("Ben", "outcome", "FAIL", "PASS", "decided: the labels were wrong"),
        ("Ben", "total", "0", "20", "decided: the labels were wrong"),
        ("Ben", "rank", "", "3", "decided: the labels were wrong"),
    ]
    # the same decision moves Cleo down, who has no change of her own
    down = [replace(g, entry=replace(g.entry, rank=3, bonus=2)) if g.name == "Cleo" and g.entry else g
             for g in before.submissions]  # fmt: skip
    theirs = changes_between(before, replace(before, submissions=tuple(down), provenance={"input o.csv": "9"}))
    assert [(c.what, c.because) for c in theirs.changes] == [
        ("total", "the results of others"), ("rank", "the results of others"), ("bonus", "the results of others"),
    ]  # fmt: skip
    gone = changes_between(before, replace(after, submissions=before.submissions[1:]))
    assert [(c.name, c.what, c.before, c.after) for c in gone.changes][-1] == ("Ann", "submission", "there", "")
    files = replace(before, submissions=(replace(after.submissions[0], digest="other"), *before.submissions[1:]))
    assert {c.because for c in changes_between(before, files).changes} == {"its files"}
    withdrawn = changes_between(judged(decided), judged(known(tmp_path)))
    assert {c.because for c in withdrawn.changes} == {"a decision that was withdrawn"}


def test_the_log_of_decisions_is_only_added_to(tmp_path: Path) -> None:
    out = tmp_path / "out"
    line = "Ann,energy_mj,0.5,ran it,Kim"
    for lines in ((line,), (line,), (), (line, "Ben,comment,spoke,for the record,Kim")):
        write_grades(judged(known(tmp_path, *lines)), out)
    log = [json.loads(text) for text in (out / "decisions.log").read_text(encoding="utf-8").splitlines()]
    assert [(entry["event"], entry["who"], entry["what"]) for entry in log] == [
        ("decided", "Ann", "energy_mj"),
        ("withdrawn", "Ann", "energy_mj"),
        ("decided", "Ann", "energy_mj"),
        ("decided", "Ben", "comment"),
    ]
    assert (log[0]["computed"], log[0]["value"], log[0]["reason"], log[0]["by"]) == ("1.5", "0.5", "ran it", "Kim")
    assert (out / "changes.md").is_file()


def test_what_needs_a_person_is_sorted_by_what_it_moves(tmp_path: Path) -> None:
    table = needs_me(judged(known(tmp_path)))
    assert table.title == "Needs a person: 1 submission of 3"
    ((who, stake, what, because, to_do),) = table.rows
    assert (who, stake, what, because) == ("Ben", 20, "error", "60 is not < 50")
    assert to_do == "nothing, if the figures are right; else an override of the metric"
    # who has decided need not look again
    assert needs_me(judged(known(tmp_path, "Ben,outcome,FAIL,so it is,Kim"))).rows == []
