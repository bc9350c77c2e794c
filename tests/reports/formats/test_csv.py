"""CSV as a program reads it: one header, a row per thing, a number is a number, and what is not known is empty."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from costmodel.ir.grades import Graded, Grades, Member
from costmodel.ir.verdict import Claim, Consequence, NextCell, Outcome, Points, PointsRow
from costmodel.reports import View, render
from costmodel.reports.long_form import long_form
from costmodel.reports.table import Percent, Table
from costmodel.reports.view import Noun
from tests.reports import nouns
from tests.reports.nouns import entry, finding

PASS, FAIL, UNDECIDED = Outcome.PASS, Outcome.FAIL, Outcome.UNDECIDED


def rows_of(noun: Noun, format: str = "csv", view: View | None = None) -> list[dict[str, str]]:
    """Rows by column; every row has as many cells as the header, whose names differ."""
    text = render(noun, format, view)
    header, *rows = csv.reader(io.StringIO(text))
    assert len(set(header)) == len(header)
    assert {len(row) for row in rows} <= {len(header)}
    return [dict(zip(header, row, strict=True)) for row in rows]


def filled(row: dict[str, str]) -> dict[str, str]:
    return {name: cell for name, cell in row.items() if cell}


def test_a_check_has_a_row_for_each_finding_with_its_room() -> None:
    rules = (
        finding("peak", PASS, operator="<", bound=1000, measured=600),
        finding("energy", FAIL, operator="<=", bound=0.3, measured=0.4, unit="mJ"),
        finding("accuracy", PASS, operator=">=", bound=90, measured=94.5, unit="%"),
        finding("least", UNDECIDED, operator="<", bound=1000, measured=900, at_least=True),
        finding("two", UNDECIDED, operator="<", bound=1000, measured=900, readings=("a", "b")),
        finding("nothing", UNDECIDED, operator="<", bound=1000, measured=None),
        finding("zero", FAIL, operator="<=", bound=0, measured=2),
        finding("claim", PASS, operator="equals", bound=3, measured=3),
        finding("optimizer", PASS, limit="one of sgd, adam", measured="sgd", unit=""),
    )
    of_rules = [row for row in rows_of(nouns.verdict(findings=rules)) if row["kind"] == "rule"]
    shown = ("rule", "measured", "word", "at_least", "operator", "limit", "limit_text", "headroom", "headroom_percent")
    assert [tuple(row[name] for name in shown) for row in of_rules] == [
        ("peak", "600", "", "no", "<", "1000", "", "400", "40.0"),
        ("energy", "0.4", "", "no", "<=", "0.3", "", "-0.1", "-33.3333"),
        ("accuracy", "94.5", "", "no", ">=", "90", "", "4.5", "5.0"),
        ("least", "900", "", "yes", "<", "1000", "", "", ""),
        ("two", "900", "", "no", "<", "1000", "", "", ""),
        ("nothing", "", "", "no", "<", "1000", "", "", ""),
        ("zero", "2", "", "no", "<=", "0", "", "-2", ""),
        ("claim", "3", "", "no", "equals", "3", "", "", ""),
        ("optimizer", "", "sgd", "no", "", "", "one of sgd, adam", "", ""),
    ]
    assert {(row["subject"], row["consequence"]) for row in of_rules} == {("ann", "zero")}


def test_a_check_has_everything_else_beside_them() -> None:
    rows = rows_of(nouns.verdict(findings=(), contract=()), view=View(sensitivity=True))
    assert [filled({**row, "subject": ""}) for row in rows] == [
        {"kind": "points", "rule": "energy", "measured": "0.4", "at_least": "no", "points": "20", "points_of": "30",
         "because": "below 0.5"},
        {"kind": "points", "rule": "latency", "at_least": "no", "points_of": "40", "because": "not known"},
        {"kind": "total", "points": "0", "points_of": "70"},
        {"kind": "ranking metric", "rule": "score", "measured": "2.5", "unit": "pts", "because": "a + b"},
        *({"kind": "value", "rule": rule, "measured": value, "at_least": "no", "unit": unit, "because": who}
          for rule, value, unit, who in (
              ("energy", "1.5", "mJ", "computed, decides"), ("energy", "2", "mJ", "claimed"),
              ("latency", "3", "s", "measured, decides"), ("size", "4", "B", "measured"), ("size", "4", "B", "claimed"),
              ("rate", "5", "%", "measured, decides"), ("rate", "5", "%", "claimed"),
          )),
        *({"kind": "estimate", "rule": rule, "measured": value, "at_least": bound, "unit": unit, "because": how}
          for rule, value, bound, unit, how in (
              ("energy", "1.25", "no", "mJ", "eyeriss, search optimum, official"),
              ("cycles", "100", "no", "cycles", "eyeriss, search optimum, official"),
              ("energy", "1.75", "yes", "mJ", "eyeriss, search course"),
              ("cycles", "120", "yes", "cycles", "eyeriss, search course"),
          )),
        {"kind": "reading", "rule": "kibi", "measured": "2.5", "outcome": "PASS", "points": "50",
         "because": "1,024; changes the verdict"},
        {"kind": "reading", "rule": "five", "outcome": "FAIL", "because": "five runs; does not change the verdict"},
        {"kind": "model", "word": "Net(width=64), net.py:12, 2,442 parameters", "because": "it is built"},
        {"kind": "note", "because": "a note"},
    ]  # fmt: skip
    assert "reading" not in {row["kind"] for row in rows_of(nouns.verdict())}


def test_an_advice_has_a_row_for_each_layer_and_tip() -> None:
    one, _, tip, other = rows_of(nouns.ADVICE)
    assert filled(one) == {
        "kind": "layer", "layers": "conv1", "problem": "C3 M8", "cycles": "15000", "cycles_share_percent": "75.0",
        "energy_pj": "1000000000.126", "energy_share_percent": "25.0", "outermost_level_share_percent": "75.6",
        "macs_per_outermost_word": "12.34", "busy_units": "100",
    }  # fmt: skip
    assert filled(tip) == {
        "kind": "tip", "layers": "conv1; conv2; conv3; conv4", "read_by": "fc; bn", "channels": "6", "try": "8",
        "macs": "1100", "macs_change_percent": "10.0", "cycles": "18000", "cycles_change_percent": "-10.0",
        "energy_pj": "3000000000.0", "energy_change_percent": "-25.0", "busy_units": "100", "busy_units_after": "120",
    }  # fmt: skip
    assert (other["cycles_change_percent"], other["energy_change_percent"]) == ("0.5", "2.5")
    assert [row["kind"] for row in rows_of(nouns.ADVICE, view=View(top=1))] == ["layer", "tip"]


def test_an_analysis_is_what_was_asked_for() -> None:
    layers = rows_of(nouns.analysis(), view=View(layers=True))
    assert [(row["layer"], row["parameters"], row["energy_pj"]) for row in layers] == [
        ("conv", "1500", ""), ("fc", "500", ""), ("(loss)", "0", ""),
    ]  # fmt: skip
    assert [row["layer"] for row in rows_of(nouns.analysis(), view=View(top=1))] == ["fc"]
    ops = rows_of(nouns.analysis(), view=View(by="op"))
    assert [(row["op"], row["part"], row["operations"]) for row in ops] == [
        ("aten.mm", "backward", "180"), ("aten.add", "forward", "90"), ("aten.mm", "forward", "90"),
        ("aten.fft", "forward", ""),
    ]  # fmt: skip
    assert rows_of(nouns.analysis(), view=View(by="phase", top=1))[0]["phase"] == "optimizer"
    # all of it: a row for each cell
    rows = rows_of(nouns.analysis(varies=(nouns.VARIES,)))
    (forward,) = [row for row in rows if (row["name"], row["column"]) == ("forward", "operations")]
    assert (forward["row"], forward["value"], forward["text"]) == ("1", "1000", "")
    assert [row["text"] for row in rows if row["column"] == "note"][-1] == "AT LEAST: net.py:3: random()"
    assert rows_of(nouns.analysis(), view=View(by="op", layers=True))[0].keys() == rows[0].keys()


def test_the_long_form_keeps_numbers_apart_from_words() -> None:
    one = Table("A", ("what", "n", "share"), [("x", 1, Percent(12.5)), ("y", None, ""), (3, "no", 0.5)], notes=("so",))
    assert long_form([one, Table("B", (), [])]).rows == [
        ("A", 1, "x", "n", 1, None), ("A", 1, "x", "share [%]", 12.5, None),
        ("A", 3, None, "what", 3, None), ("A", 3, None, "n", None, "no"), ("A", 3, None, "share", 0.5, None),
        ("A", None, None, "note", None, "so"),
    ]  # fmt: skip
    assert f"of it DRAM{' ' * 2}" in render(nouns.cost(), "text")
    assert "75.0%" in render(nouns.cost(), "text")


def test_a_cost_report_has_a_row_for_each_problem() -> None:
    rows = rows_of(nouns.cost(layers=(nouns.solved(), nouns.solved(False), nouns.solved(optimal=False, places=3, R=5))))
    shown = ("problem", "times", "energy_pj", "cycles", "valid", "proven_optimal", "because")
    assert [tuple(row[name] for name in shown) for row in rows] == [
        ("C3", "1", "1234.5", "6789", "yes", "yes", ""), ("C3", "1", "", "", "no", "no", "nothing fits"),
        ("C3 R5", "6", "1234.5", "6789", "yes", "no", ""),
    ]  # fmt: skip


def test_a_ranking_has_empty_ranks() -> None:
    ranked = nouns.ranking(entry("ann", 2.5, points=5), entry("cho", None, FAIL, would_be=3))
    assert [(row["rank"], row["points"]) for row in rows_of(ranked, view=View(sensitivity=True))] == [
        ("2.5", "5"), ("", ""),
    ]  # fmt: skip
    assert [row["would_be_rank"] for row in rows_of(ranked, view=View(hypothetical=True))] == ["", "3"]


def student(name: str, *points: int | None, outcome: Outcome = PASS, **more: object) -> Graded:
    tables = tuple(
        PointsRow(table="ab"[n], measured=None, points=value, maximum=30, because="",
                  better=NextCell(points=30, text="below 2", away=1))
        for n, value in enumerate(points)
    )  # fmt: skip
    total = None if None in points else sum(value or 0 for value in points)
    claims = (
        Claim(metric="energy_mj", unit="mJ", computed=0.125, used=0.125, origin="computed",
              at_least=outcome is UNDECIDED),
        Claim(metric="optimizer", unit="name", used="sgd"),
    )  # fmt: skip
    verdict = nouns.verdict(
        outcome=outcome, findings=(), contract=(), claims=claims, points=Points(total=total, maximum=60, tables=tables)
    )
    given: dict[str, object] = {"entry": None, "findings": (), **more}
    return Graded(name=name, key=name.lower(), digest="", verdict=verdict, **given)  # type: ignore[arg-type]


def late(because: str) -> tuple[object, ...]:
    return (finding("late", UNDECIDED, Consequence.FLAG, because=because),)


CLASS = Grades(
    rulebook="lab", title="The lab", ranking=None, notes=("a note",), provenance={},
    metrics={"energy_mj": "mJ", "cycles": "cycles", "size": "B", "optimizer": "name"},
    submissions=(
        student("Bär, Max", 20, 10, sid="007", email="max@x.example", entry=entry("m", 1, bonus=5, undecided=2)),
        student("=1+1", None, 10, outcome=UNDECIDED, findings=late('said "no",\nand went'),
                members=(Member(name="Eve", sid="8"), Member(name="Ida", email="ida@x.example"))),
        replace(student("Zoë", 0, 0, outcome=FAIL), verdict=nouns.verdict(
            outcome=FAIL, judged=None, metric=None, findings=(), contract=(), points=None, claims=())),
    ),
)  # fmt: skip


def test_a_rubric_has_a_row_for_each_student() -> None:
    net = "Net(width=64),net.py:12,2442,it is built"
    assert render(CLASS, "csv") == (
        "name,sid,email,model,model_at,model_parameters,model_because,energy_mj,cycles,size [B],optimizer,points: a,"
        "points: b,late,points,bonus,total,maximum,ranking_metric,rank,outcome,undecided,lower_bounds,"
        "decided_by_a_person,remark\n"
        f'"Bär, Max",007,max@x.example,{net},0.125,,,sgd,20,10,0,30,5,35,60,2.5,1,PASS,rank,,,\n'
        f"'=1+1,8,ida@x.example,{net},0.125,,,sgd,,10,0,,,,60,2.5,,UNDECIDED,points: a; total,energy_mj,,"
        '"late: said ""no"", and went"\n'
        "Zoë,,,,,,,,,,,,,,,,,,,,FAIL,,,,\n"
    )
    # an older file does not list the metrics: those that anybody has
    assert "energy_mj" in rows_of(replace(CLASS, metrics={}))[0]


def test_a_summary_has_a_row_for_each_figure() -> None:
    rows = rows_of(CLASS, "summary")
    assert [tuple(row.values()) for row in rows[:5]] == [
        ("outcomes", "PASS", "submissions", "1"), ("outcomes", "FAIL", "submissions", "1"),
        ("outcomes", "UNDECIDED", "submissions", "1"), ("points", "a", "known", "1"), ("points", "a", "least", "20"),
    ]  # fmt: skip
    assert rows[-1] == {"about": "totals", "of": "30 to 39", "figure": "submissions", "value": "1"}


def test_pandas_reads_numbers_as_numbers() -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed: the CSV is read by the csv module alone")
    rubric = pandas.read_csv(io.StringIO(render(CLASS, "csv")))
    numbers = ["energy_mj", "cycles", "points: a", "points: b", "points", "bonus", "total", "rank", "ranking_metric"]
    assert all(pandas.api.types.is_numeric_dtype(rubric[name]) for name in numbers)
    assert rubric["total"].isna().tolist() == [False, True, True]
    assert rubric["name"].tolist() == ["Bär, Max", "'=1+1", "Zoë"]
    tips = pandas.read_csv(io.StringIO(render(nouns.ADVICE, "csv")))
    assert tips[tips.kind == "tip"].cycles_change_percent.min() == -10.0
