"""Leaderboards, tables and what their readers refuse: each message, and how much of a file it shows."""

from __future__ import annotations

from decimal import Decimal

import pytest

from costmodel.errors import FormatError
from costmodel.facts.facts_format import facts_formats
from costmodel.facts.source import excerpt
from costmodel.ir.facts import Measurement, Reading
from tests.facts.conftest import Read


def test_formats_are_tried_in_this_order() -> None:
    assert [(f.NAME, f.OPTIONS) for f in facts_formats()] == [
        ("aipowermeter", ()), ("competition-result", ()), ("perf-stat", ()), ("turbostat", ()),
        ("intel-power-gadget", ()), ("nvidia-dmon", ()), ("tegrastats", ()), ("powerstat", ()), ("carbontracker", ()),
        ("impact-tracker", ()), ("powermetrics", ()), ("codecarbon", ()), ("eco2ai", ()), ("zeus", ("window",)),
        ("nvidia-smi", ()), ("wandb-system", ()), ("pyjoules", ()), ("pyrapl", ()),
        ("dawnbench", ("target",)), ("submission-times", ()), ("kaggle-leaderboard", ("score",)),
        ("predictions", ("solution",)), ("facts-table", ()), ("facts", ()),
    ]  # fmt: skip


PYJOULES = "timestamp;tag;duration;package_0\n1;a;1;5\n2;b;2"


def test_a_row_that_was_cut_is_left_out_of_a_log_and_refused_in_a_table(read: Read) -> None:
    (log,) = read("j.csv", PYJOULES)
    assert (log.samples, log.notes) == (1, ("line 3 ends in the middle of a row: it was left out",))
    for table in ("TeamName,Score\na,1\nb", "Id,Prediction\n1,1\n2", "name,cycles\na,1\nb"):
        with pytest.raises(FormatError, match=r"t.csv:3: 1 cells in a table of 2 columns"):
            read("t.csv", table, score="error-percent")


def test_what_a_table_lacks_is_said_beside_the_first_twenty_of_its_columns(read: Read) -> None:
    columns = [f"c{n}" for n in range(25)]
    shown = ", ".join(repr(column) for column in columns[:20])
    for format, lacks in (
        ("facts-table", "no column name or sid or email or github or kaggle"),
        ("zeus", "no column window_name, elapsed_time"),
        ("predictions", "expected columns such as Id,Prediction or image_id,label"),
    ):
        with pytest.raises(FormatError) as caught:
            read("t.csv", ",".join(columns) + "\n" + "," * 24 + "1\n", format=format)
        assert str(caught.value).endswith(f"t.csv:1: {lacks}; the header has {shown}")
    known = (
        "aipowermeter, competition-result, perf-stat, turbostat, intel-power-gadget, nvidia-dmon, tegrastats, "
        "powerstat, carbontracker, impact-tracker, powermetrics, codecarbon, eco2ai, zeus, nvidia-smi, wandb-system, "
        "pyjoules, pyrapl, dawnbench, submission-times, kaggle-leaderboard, predictions, facts-table, facts"
    )
    eight = ", ".join(repr(column) for column in columns[:8])
    with pytest.raises(FormatError) as caught:
        read("t.csv", ",".join(columns) + "\n")
    assert str(caught.value).endswith(
        f"t.csv: is not in one of the known formats ({known}); "
        f"a table of facts needs a column name, and this one has {eight}"
    )
    with pytest.raises(FormatError) as caught:
        read("t.csv", "words\n")
    assert str(caught.value).endswith(
        f"t.csv: is not in one of the known formats ({known}); write its numbers down as facts: energy_joules: 150 kJ"
    )


@pytest.mark.parametrize(
    ("score", "text", "metric", "percent"),
    [
        ("accuracy-fraction", "1", "accuracy_percent", 100), ("accuracy-percent", "91.5", "accuracy_percent", 91.5),
        ("error-fraction", "0.25", "error_rate_percent", 25), ("error-percent", "100", "error_rate_percent", 100),
    ],
)  # fmt: skip
def test_leaderboard(read: Read, score: str, text: str, metric: str, percent: float) -> None:
    dates = "2022-02-27,2022-03-01"
    (reading,) = read("b.csv", f"TeamName,Score,SubmissionDate,LastSubmissionDate\na,{text},{dates}\n", score=score)
    value = Measurement(metric=metric, value=Decimal(str(percent)), unit="%", because=f"Score, told to be {score}")
    assert reading == Reading(
        file="b.csv", format="kaggle-leaderboard", submission="a", measurements=(value,),
        words={"scored": "2022-02-27"},
    )  # fmt: skip
    largest = 1 if score.endswith("fraction") else 100
    for wrong in (f"{largest}.01", "-0.1", "x"):
        with pytest.raises(FormatError) as caught:
            read("b.csv", f"TeamName,Score\na,{wrong}\n", score=score)
        assert str(caught.value).endswith(f"b.csv:2: Score: {wrong!r} is not a number from 0 to {largest}")


def test_teams_of_one_name_are_told_apart(read: Read) -> None:
    rows = "TeamName,TeamId,Score,LastSubmissionDate\na,7,1,2022\na,8,1,\nb,9,1,\n"
    readings = read("b.csv", rows, score="accuracy-percent")
    assert [(r.submission, dict(r.words)) for r in readings] == [
        ("a (TeamId 7)", {"scored": "2022"}), ("a (TeamId 8)", {}), ("b", {}),
    ]  # fmt: skip
    by_line = read("b.csv", "TeamName,Score\na,1\na,1\n", score="accuracy-percent")
    assert [r.submission for r in by_line] == ["a (TeamId 2)", "a (TeamId 3)"]
    with pytest.raises(FormatError) as caught:
        read("b.csv", rows)
    assert str(caught.value).endswith(
        "b.csv:1: the file does not say what Score is: give --score accuracy-fraction or accuracy-percent or "
        "error-fraction or error-percent"
    )


def test_sixty_characters_of_a_value_are_shown() -> None:
    assert excerpt("x" * 60) == repr("x" * 60)
    assert excerpt("x" * 61) == repr("x" * 59 + "…")
    assert excerpt("\x1b") == r"'\\x1b'"
