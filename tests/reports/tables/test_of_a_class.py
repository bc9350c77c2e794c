"""Tables of a verdict, a ranking, a student's result and a class, each cell written out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from costmodel.ir.correction import Correction
from costmodel.ir.grades import Graded, Grades, Origin
from costmodel.ir.verdict import Consequence, Metric, NextCell, Outcome, Points, PointsRow, Verdict
from costmodel.reports.graded.student_view import decidable, own
from costmodel.reports.tables.grades import summary
from costmodel.reports.tables.verdict import why_nothing
from costmodel.reports.view import View
from tests.reports import nouns
from tests.reports.nouns import entry, finding, flat, in_order

PASS, FAIL, UNDECIDED = Outcome.PASS, Outcome.FAIL, Outcome.UNDECIDED
FINDING = ("rule", "measured", "limit", "unit", "outcome", "because")
NOTHING = "0 points: A fails, and a failure gives 0 points; files fails, and a failure disqualifies"
READINGS = ("reading", "what it says", "outcome", "points", "metric", "changes the verdict")


def test_a_verdict() -> None:
    assert list(flat(nouns.verdict(), View(sensitivity=True)).values()) == [
        (
            "The lab (edition 1): ann: FAIL", FINDING,
            [
                ("A", 1500, "< 1,000", "bytes", "FAIL", "because of A"),
                ("B", "≥ 1,500", "< 1,000", "bytes", "UNDECIDED", "because of B"),
                ("C", "unknown", "< 1,000", "bytes", "UNDECIDED", "because of C"),
                ("D", "sgd", "< 1,000", "", "PASS", "because of D"),
            ],
            ("a note",), (),
        ),
        (
            "The model", ("class", "file", "line", "arguments", "parameters", "taken because"),
            [("Net", "net.py", 12, "width=64", 2442, "it is built")], (), (),
        ),
        (
            "Contract: the submission's files", FINDING,
            [
                ("files", 1500, "< 1,000", "bytes", "FAIL", "because of files"),
                ("due", 1500, "< 1,000", "bytes", "UNDECIDED", "because of due"),
            ],
            (), (),
        ),
        (
            "Points", ("table", "measured", "points", "of", "because"),
            [
                ("energy", 0.4, 20, 30, "below 0.5"), ("latency", None, "undecided", 40, "not known"),
                ("total", None, 0, 70, NOTHING),
            ],
            (), (),
        ),
        (
            "On the rulebook's machine", ("machine", "search", "energy [mJ]", "cycles", "official", "complete"),
            [("eyeriss", "optimum", 1.25, 100, "yes", "yes"), ("eyeriss", "course", 1.75, 120, "", "NO")], (), (),
        ),
        ("Ranking metric", ("metric", "value", "unit", "because"), [("score", 2.5, "pts", "a + b")], (), ()),
        (
            "Side by side", ("metric", "unit", "computed", "measured", "claimed", "decides", "claim agrees"),
            [
                ("energy", "mJ", 1.5, None, 2, "computed", "NO"), ("size", "B", None, 4, 4, "nothing", ""),
                ("rate", "%", None, 5, 5, "measured", "yes"),
            ],
            (), (),
        ),
        (
            "Under other readings", READINGS,
            [("kibi", "1,024", "PASS", 50, 2.5, "yes"), ("five", "five runs", "FAIL", None, None, "no")], (), (),
        ),
    ]  # fmt: skip


def test_a_verdict_without_what_it_need_not_have() -> None:
    bare = nouns.verdict(
        points=None, metric=None, claims=(), estimates=(), contract=(), readings=(), judged=None, notes=()
    )
    assert list(flat(bare, View(sensitivity=True))) == ["The lab"]
    assert "Under other readings" not in flat(nouns.verdict())
    unknown = Metric(name="score", value=None, unit="", because="why")
    assert flat(nouns.verdict(metric=unknown))["Ranking metric"][2] == [("score", "undecided", "", "why")]
    # a reading is named where there are others
    for readings, reading, shown in (
        (nouns.verdict().readings, "kibi", ", reading kibi"), (nouns.verdict().readings, "as-written", ""),
        ((), "kibi", ""),
    ):  # fmt: skip
        title = flat(nouns.verdict(readings=readings, reading=reading))["The lab"][0]
        assert title == f"The lab (edition 1){shown}: ann: FAIL"


@pytest.mark.parametrize(
    ("outcome", "consequence", "said"),
    [
        (FAIL, Consequence.ZERO, "0 points: x fails, and a failure gives 0 points"),
        (FAIL, Consequence.DISQUALIFY, "0 points: x fails, and a failure disqualifies"),
        (FAIL, Consequence.UNRANKED, ""), (FAIL, Consequence.FLAG, ""), (FAIL, Consequence.NOTE, ""),
        (UNDECIDED, Consequence.ZERO, ""), (PASS, Consequence.ZERO, ""),
    ],
)  # fmt: skip
def test_why_there_are_no_points(outcome: Outcome, consequence: Consequence, said: str) -> None:
    rules = (finding("x", outcome, consequence),)
    assert why_nothing(nouns.verdict(findings=rules, contract=())) == said
    assert why_nothing(nouns.verdict(findings=(), contract=rules)) == said
    assert why_nothing(nouns.verdict(findings=rules, points=None)) == ""


def test_a_ranking() -> None:
    entries = (
        entry("ann", 1, UNDECIDED, points=5, bonus=2, award="gold", because=("x", "y")),
        entry("bob", 2.5, undecided=1, task="small"), entry("cho", None, FAIL, would_be=3, metric=None),
        entry("dan", None, UNDECIDED), entry("eve", 3, FAIL, would_be=1),
    )  # fmt: skip
    ranked = nouns.ranking(*entries, sensitivity=nouns.SENSITIVITY, reading="kibi")
    headers = ("rank", "name", "task", "score", "points", "bonus", "award", "outcome", "because")
    rows = [
        (1, "ann", None, 7, 5, 2, "gold", "UNDECIDED, ranked: to be looked at", "x; y"),
        (2.5, "bob", "small", 7, None, None, None, "PASS", ""),
        ("would be 3rd", "cho", None, None, None, None, None, "FAIL", ""),
        ("–", "dan", None, 7, None, None, None, "UNDECIDED", ""), (3, "eve", None, 7, None, None, None, "FAIL", ""),
    ]  # fmt: skip
    title = "The lab (edition 1), reading kibi: provisional, by score [pts], ascending; ties: competition: shared"
    notes = ("a note", "the order changes under kibi, last")
    assert list(flat(ranked, View(sensitivity=True, hypothetical=True)).values()) == [
        (title, headers, rows, notes, ()),
        (
            "Under other readings", ("reading", "what it says", "changes", "what"),
            [
                ("kibi", "1,024", "yes", "ann up; bob down"), ("five", "five runs", "no", ""),
                ("other", "another", "unknown", "cannot be told"), ("last", "the last", "yes", ""),
            ],
            (), (),
        ),
    ]  # fmt: skip
    plain = flat(ranked)
    assert list(plain) == ["The lab"]
    assert plain["The lab"][2][2] == ("–", *rows[2][1:])
    steady = nouns.ranking(entry("ann", 1, bracket="a"), sensitivity=nouns.SENSITIVITY[1:3], unit="")
    assert list(flat(steady).values()) == [
        (
            "The lab (edition 1): by score, ascending; ties: competition: shared",
            ("rank", "name", "bracket", "score", "outcome", "because"), [(1, "ann", "a", 7, "PASS", "")],
            ("a note", "the order is the same under every other reading that can be told"), (),
        )
    ]  # fmt: skip
    assert flat(nouns.ranking(entry("ann", 1)), View(sensitivity=True))["The lab"][3] == ("a note",)
    assert len(flat(nouns.ranking(entry("ann", 1)), View(sensitivity=True))) == 1


def points(*given: int | None, total: int | None) -> Points:
    """Tables a, b, … of 30 points each."""
    rows = tuple(
        PointsRow(table="abc"[n], measured=None, points=value, maximum=30, because="") for n, value in enumerate(given)
    )
    return Points(total=total, maximum=30 * len(given), tables=rows)


def graded(name: str, verdict: Verdict | None = None, **more: Any) -> Graded:
    given: dict[str, Any] = {"findings": (), "entry": None, **more}
    return Graded(name=name, key=name, digest="", verdict=verdict or nouns.verdict(contract=(), judged=None), **given)


LATE = finding("late", UNDECIDED, Consequence.FLAG, because="a day late")


def test_a_students_result() -> None:
    student = graded(
        "ann", nouns.verdict(), findings=(LATE,), for_grader=(LATE,), output="one\ntwo\n",
        entry=entry("ann", 2, bonus=5, undecided=3),
    )  # fmt: skip
    shown = flat(student, View(sensitivity=True))
    of_verdict = flat(replace(nouns.verdict(), contract=nouns.verdict().contract[:1]), View(sensitivity=True))
    rules = of_verdict.pop("The lab")
    of_verdict.pop("Points")
    assert list(shown.values()) == [
        (rules[0], (*FINDING[:-1], "room", "because"), [(*row[:-1], "", row[-1]) for row in rules[2]], rules[3], ()),
        (
            "Points", ("table", "measured", "unit", "points", "of", "because", "for more"),
            [
                ("energy", 0.4, "", 20, 30, "below 0.5", "these are the most"),
                ("latency", None, "", "undecided", 40, "not known", ""), ("total", None, "", 0, 70, NOTHING, ""),
            ],
            (), (),
        ),
        ("Points with the bonus (provisional: 3 undecided)", ("bonus", "points with bonus"), [(5, 5)], (), ()),
        *of_verdict.values(),
        ("Remarks: a person should look at these", ("what", "because"), [("late", "a day late")], (), ()),
        ("The end of what the program printed", ("line",), [("one",), ("two",)], (), ()),
    ]  # fmt: skip
    same = nouns.verdict(readings=nouns.verdict().readings[1:])
    assert "Under other readings" not in flat(graded("ann", same), View(sensitivity=True))
    open_one = nouns.verdict(points=points(None, total=None))
    out = entry("ann", None, UNDECIDED, bonus=0)
    place = flat(graded("ann", open_one, entry=out, rank_published=True))["Place in the class"]
    assert place[1:3] == (("rank", "bonus", "points with bonus"), [("not ranked", 0, "undecided")])
    ranked = graded("ann", nouns.verdict(points=None), entry=entry("ann", 2), rank_published=True)
    assert flat(ranked)["Place in the class"][1:3] == (("rank",), [(2,)])
    assert "Points with the bonus" not in flat(replace(ranked, rank_published=False))
    assert own(student).for_grader == ()
    note = [finding("n", outcome, Consequence.NOTE) for outcome in (PASS, FAIL, UNDECIDED)]
    flag = finding("f", UNDECIDED, Consequence.FLAG)
    assert decidable((*note, flag)) == (note[0], note[1], flag)


def grades(*submissions: Graded, **more: Any) -> Grades:
    given: dict[str, Any] = {"ranking": None, "notes": ("a note",), "provenance": {}, **more}
    return Grades(rulebook="lab", title="The lab", submissions=submissions, **given)


def of(outcome: Outcome, *given: int | None, total: int | None) -> Verdict:
    return nouns.verdict(outcome=outcome, findings=(), contract=(), points=points(*given, total=total), judged=None)


CLASS = (
    graded("ann", of(PASS, 30, 29, total=59), entry=entry("ann", 1, bonus=5)),
    graded("ben", of(PASS, 20, 13, total=33), entry=entry("ben", 2, bonus=0)),
    graded("cho", of(UNDECIDED, None, 5, total=None)),
    graded("dan", of(FAIL, 11, 1, total=30)),
    graded("eve", of(FAIL, 0, 0, total=0), findings=(finding("missing", UNDECIDED, Consequence.FLAG),)),
)


def test_outcomes_are_counted_as_the_rubric_has_them() -> None:
    late = graded("fay", nouns.verdict(outcome=PASS, in_time=FAIL, judged=None))
    counted = summary(grades(*CLASS, late))["outcomes"].rows
    assert counted == [["PASS", 2], ["FAIL", 1], ["UNDECIDED", 1], ["LATE", 1]]


def test_a_class() -> None:
    ranked = nouns.ranking(entry("ann", 1))
    headers = ("name", "a (of 30)", "b (of 30)", "bonus", "total", "metric", "rank", "outcome", "judged")
    assert in_order(grades(*CLASS, ranking=ranked)) == [
        (
            "The lab: 4 submissions, 1 missing", headers,
            [
                ("ann", 30, 29, 5, 64, 2.5, 1, "PASS", ""), ("ben", 20, 13, 0, 33, 2.5, 2, "PASS", ""),
                ("cho", "undecided", 5, None, "undecided", 2.5, None, "UNDECIDED", ""),
                ("dan", 11, 1, None, 30, 2.5, None, "FAIL", ""),
                ("eve", 0, 0, None, 0, 2.5, None, "MISSING", ""),
            ],
            ("a note",), (),
        ),
        *in_order(ranked),
        ("The class: outcomes", ("outcome", "submissions"), [("PASS", 2), ("FAIL", 1), ("UNDECIDED", 1)], (), ()),
        (
            "The class: points", ("table", "known", "least", "median", "mean", "most", "undecided"),
            [
                ("a", 3, 11, 20, 20.33, 30, 1), ("b", 4, 1, 9.0, 12, 29, 0),
                ("total with bonus", 3, 30, 33, 42.33, 64, 1),
            ],
            (), (),
        ),
        (
            "The class: totals", ("points", "submissions", ""),
            [("30 to 39", 2, "##"), ("40 to 49", 0, ""), ("50 to 59", 0, ""), ("60 to 69", 1, "#")], (), (),
        ),
    ]  # fmt: skip


def test_a_class_of_which_nothing_is_known() -> None:
    unknown = graded("cho", of(UNDECIDED, None, total=None))
    assert in_order(grades(unknown))[1:] == [
        ("The class: outcomes", ("outcome", "submissions"), [("PASS", 0), ("FAIL", 0), ("UNDECIDED", 1)], (), ()),
        (
            "The class: points", ("table", "known", "least", "median", "mean", "most", "undecided"),
            [("a", 0, None, None, None, None, 1), ("total with bonus", 0, None, None, None, None, 1)], (), (),
        ),
    ]  # fmt: skip
    without = nouns.verdict(points=None, contract=(), metric=None, findings=())
    rubric, outcomes = in_order(grades(graded("ann", without)))
    assert rubric == (
        "The lab: 1 submission", ("name", "metric", "rank", "outcome", "judged"),
        [("ann", None, None, "FAIL", "Net(width=64), net.py:12, 2,442 parameters; it is built")], ("a note",), (),
    )  # fmt: skip
    assert outcomes[2] == [("PASS", 0), ("FAIL", 1), ("UNDECIDED", 0)]
    correction = Correction(what="outcome", computed="FAIL", value="PASS", reason="so", by="Kim")
    decided, *_ = in_order(grades(graded("ann", replace(without, corrections=(correction,)))))
    assert (decided[1][-1], decided[2][0][-1]) == ("decided by a person", "outcome")


def test_what_to_look_at_is_said_once_and_two_readings_first() -> None:
    two = finding("peak", UNDECIDED, because="either", readings=("a", "b"))
    rules = (
        finding("A", FAIL, because="too much"), finding("B", UNDECIDED, because="no model"), finding("C", PASS),
        finding("D", UNDECIDED, because="no model; see page 2"), finding("E", UNDECIDED, because="no models"), two,
    )  # fmt: skip
    files = (finding("due", UNDECIDED, Consequence.NOTE), finding("code", FAIL, because="too much"))
    student = graded("ann", nouns.verdict(findings=rules, contract=files), findings=(LATE,), for_grader=(LATE,))
    ((title, headers, rows, _, _), *_) = in_order(grades(student))
    assert (title, headers[2:4]) == ("Needs a person: 1 submission of 1", ("what", "because"))
    # what fails takes all 60 points, as what may fail does; a remark takes none
    assert [(row[1], *row[2:4]) for row in rows] == [
        (60, "peak", "either"), (60, "A, code", "too much"), (60, "B, D", "no model"), (60, "E", "no models"),
        ("", "late", "a day late"),
    ]  # fmt: skip


def test_a_student_reads_how_far_it_is_to_a_limit_and_to_more_points() -> None:
    rules = (
        finding("peak", PASS, operator="<", bound=1000, measured=600), finding("out", UNDECIDED, measured=None),
        finding("energy", FAIL, operator="<=", bound=0.3, measured=0.4, unit="mJ"),
        finding("accuracy", FAIL, operator=">=", bound=90, measured=88.5, unit="%"),
        finding("steps", PASS, operator=">", bound=0, measured=7, unit=""),
        finding("time", FAIL, operator="<", bound=10, measured=10, unit="s"),
    )  # fmt: skip
    rows = (
        PointsRow(table="energy", measured=0.75, points=15, maximum=20, because="below 1", unit="mJ",
                  better=NextCell(points=20, text="below 0.5", away=0.25)),
        PointsRow(table="rate", measured=20, points=50, maximum=80, because="below 30", unit="%",
                  better=NextCell(points=60, text="below 20", away=0)),
        PointsRow(table="latency", measured=9, points=20, maximum=20, because="below 10"),
    )  # fmt: skip
    shown = flat(graded("ann", nouns.verdict(findings=rules, points=Points(total=0, maximum=120, tables=rows))))
    assert [(row[0], row[5]) for row in shown["The lab"][2]] == [
        ("peak", "400 bytes left, 40% of the limit"), ("out", ""), ("energy", "0.1 mJ too much, 33.3% of the limit"),
        ("accuracy", "1.5 % short, 1.67% of the limit"), ("steps", "7 left"), ("time", "exactly on the limit"),
    ]  # fmt: skip
    assert [row[6] for row in shown["Points"][2]] == [
        "20 points below 0.5: 0.25 mJ away", "60 points below 20: the value lies on it", "these are the most", "",
    ]  # fmt: skip


ORIGINS = (
    Origin(figure="cycles", layer="conv1", problem="C3 M6", where="net.py:9", amount=750, unit="cycles", share=0.75),
    Origin(figure="cycles", layer="fc", problem="C9 M2", where="", amount=250, unit="cycles", share=0.25),
    Origin(figure="energy", layer="fc", problem="C9 M2", where="", amount=0.5, unit="mJ", share=1.0),
    Origin(figure="peak activation", layer="relu", problem="3x4 → 3x4", where="net.py:9", amount=96, unit="bytes"),
)


def test_a_student_reads_where_figures_come_from() -> None:
    headers = ("layer", "shape", "line", "amount", "unit", "share")
    shown = flat(graded("ann", origins=ORIGINS))
    titles = [title for title in (table[0] for table in in_order(graded("ann", origins=ORIGINS))) if "comes" in title]
    assert titles == [f"Where it comes from: {what}" for what in ("cycles", "energy", "peak activation")]
    assert shown["Where it comes from"][1:3] == (headers, [("relu", "3x4 → 3x4", "net.py:9", 96, "bytes", None)])
    cycles = in_order(graded("ann", origins=ORIGINS[:2]))[2]
    assert cycles[2] == [
        ("conv1", "C3 M6", "net.py:9", 750, "cycles", 75.0), ("fc", "C9 M2", "", 250, "cycles", 25.0),
    ]  # fmt: skip
    both = (replace(ORIGINS[3], by="every layer"), replace(ORIGINS[3], layer="conv1", by="leaf modules"))
    counted = flat(graded("ann", origins=both))["Where it comes from"]
    assert (counted[1][-1], [row[-1] for row in counted[2]]) == ("counted", ["every layer", "leaf modules"])
