from __future__ import annotations

from decimal import Decimal

import pytest

from costmodel.errors import FormatError, UnknownNameError
from costmodel.ir.facts import Kind
from tests.facts.conftest import Read, found, value

LEADERBOARD = (
    "\ufeffTeamId,TeamName,SubmissionDate,Score\n1,alice,2022-02-27,0.91\n2,bob,2022-02-27,0.2001\n3,bob,x,0\n"
)


def test_leaderboard(read: Read) -> None:
    alice, bob, other = read("board.csv", LEADERBOARD, score="accuracy-fraction")
    assert (alice.submission, value(alice, "accuracy_percent")) == ("alice", Decimal(91))
    assert value(bob, "accuracy_percent") == Decimal("20.01")
    assert (bob.submission, other.submission) == ("bob (TeamId 2)", "bob (TeamId 3)")
    alice, *_ = read("board.csv", LEADERBOARD, score="error-percent")
    assert value(alice, "error_rate_percent") == Decimal("0.91")


def test_a_leaderboard_does_not_say_what_its_score_is(read: Read) -> None:
    with pytest.raises(FormatError, match="--score accuracy-fraction"):
        read("board.csv", LEADERBOARD)
    with pytest.raises(UnknownNameError, match="accuracy-percent"):
        read("board.csv", LEADERBOARD, score="accuracy")
    with pytest.raises(FormatError, match=r"board.csv:2: Score: '91' is not a number from 0 to 1"):
        read("board.csv", "TeamName,Score\nalice,91\n", score="accuracy-fraction")


TRUTH = "Id,Prediction\n" + "".join(f"{i},{i % 10}\n" for i in range(1000))


def test_predictions_are_scored_exactly(read: Read) -> None:
    wrong = TRUTH.replace("\n7,7\n", "\n7,3\n")
    [reading] = read("p.csv", wrong, TRUTH)
    assert value(reading, "error_rate_percent") == Decimal("0.1")
    assert value(reading, "accuracy_percent") == Decimal("99.9")
    [reading] = read("p.csv", "Id,Prediction\n0,0\n1,0\n2,0\n", "Id,Category\n0,0\n1,1\n2,2\n")
    error, accuracy = value(reading, "error_rate_percent"), value(reading, "accuracy_percent")
    assert error + accuracy == 100
    assert f"{error:.20f}" == "66.66666666666666666667"


def test_rows_that_kaggle_ignores_do_not_count(read: Read) -> None:
    truth = "Id,Category,Usage\n0,1,Public\n1,9,Ignored\n2,2,Private\n"
    [reading] = read("p.csv", "Id,Prediction\n0,1\n1,0\n2,1\n", truth)
    assert value(reading, "error_rate_percent") == 50


def test_other_columns_and_orders(read: Read) -> None:
    [reading] = read("p.csv", "image_id,label\nb,3\na,4\n", "image_id,class\na,4\nb,3\n")
    assert value(reading, "error_rate_percent") == 0
    [reading] = read("p.csv", "image_id,label\nb,3\na,4\n")
    assert reading.measurements == ()
    assert "--solution" in reading.notes[1]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("0,0\n1,1\n1,1\n", r"p.csv:4: Id '1' is in line 3 already"),
        ("0,0\n1,1\n", r"1 ids of the solution are missing: '2'"),
        ("0,0\n1,1\n7,2\n2,2\n", r"p.csv:4: id '7' is not one of the solution's 3"),
        ("0,0\n1,3\n2,2\n", r"p.csv:3: label '3' is not one of 0 to 2"),
        ("0,0\n1,1.0\n2,2\n", r"p.csv:3: label '1.0' is not one of 0 to 2"),
        ("0,0\n1,\n2,2\n", r"p.csv:3: Id '1' has no Prediction"),
        ("0,0\n1\n2,2\n", r"p.csv:3: 1 cells"),
    ],
)
def test_predictions_refused(read: Read, rows: str, said: str) -> None:
    with pytest.raises(FormatError, match=said):
        read("p.csv", f"Id,Prediction\n{rows}", "Id,Prediction\n0,0\n1,1\n2,2\n")


def test_a_solution_of_another_kind(read: Read) -> None:
    with pytest.raises(FormatError, match=r"truth.csv:1: expected columns such as Id,Prediction"):
        read("p.csv", "Id,Prediction\n0,0\n", "a,b\n1,2\n")


@pytest.mark.parametrize(("activation", "amount"), [("131072", 131072), ("31104p0", 31104)])
def test_the_lab_file_name_claims(read: Read, activation: str, amount: int) -> None:
    name = f"submission-0p4582-0p0616-{activation}-0227-224005.csv"
    claims, predictions = read(name, "Id,Prediction\n0,1\n")
    assert value(claims, "energy_mj") == Decimal("0.4582")
    assert found(claims, "energy_mj").uncertainty == Decimal("0.00005")
    assert value(claims, "cycles") == 61_600
    assert found(claims, "cycles").uncertainty == 50
    assert value(claims, "peak_activation_bytes") == amount
    assert {m.kind for m in claims.measurements} == {Kind.CLAIMED}
    assert "02-27 22:40:05" in claims.notes[0]
    assert predictions.format == "predictions"


def test_another_name_claims_nothing(read: Read) -> None:
    [reading] = read("submission-0p46-0p0616-131072-0227-224005.csv", "Id,Prediction\n0,1\n")
    assert reading.format == "predictions"


def test_what_is_said_of_predictions(read: Read) -> None:
    truth = "Id,Category,Usage\n0,0,Public\n1,1,Private\n2,2,Public\n3,0,Public\n4,9,Ignored\n"
    (reading,) = read("p.csv", "Id,Prediction\n0,0\n1,2\n2,2\n3,0\n4,1\n", truth)
    assert [(m.metric, float(m.value), m.because) for m in reading.measurements] == [
        ("error_rate_percent", 25, "1 of 4 wrong, against truth.csv"),
        ("accuracy_percent", 75, "1 of 4 wrong, against truth.csv"),
    ]  # fmt: skip
    assert (reading.file, reading.format, reading.notes, reading.samples) == ("p.csv", "predictions", ("5 rows",), None)
    (alone,) = read("p.csv", "Id,Prediction\n0,0\n")
    assert alone.notes == ("1 rows", "no solution to score against: give --solution FILE")
    for rows, said in (
        ("0,0\n1,1\n", "3 ids of the solution are missing: '2', '3', '4'"),
        ("0,0\n", "4 ids of the solution are missing: '1', '2', '3', …"),
        ("0,9\n1,1\n2,2\n3,0\n4,0\n", "label '9' is not one of 0 to 2"),
    ):
        with pytest.raises(FormatError, match=f"{said}$"):
            read("p.csv", f"Id,Prediction\n{rows}", truth)
    with pytest.raises(FormatError, match="every row is Ignored: nothing is left to score against"):
        read("p.csv", "Id,Prediction\n0,0\n", "Id,Category,Usage\n0,0,Ignored\n")


@pytest.mark.parametrize(
    ("labels", "label", "said"),
    [
        (("0", "999999"), "7", None), (("0", "1000000"), "7", "the solution's 2 labels"),
        (("0", "2"), "1", None), (("0", "2"), "3", "0 to 2"), (("0", "-1"), "1", "the solution's 2 labels"),
        (("cat", "dog"), "Cat", "the solution's 2 labels"), (("0", "²"), "1", "the solution's 2 labels"),
    ],
)  # fmt: skip
def test_labels_are_numbers_up_to_the_largest_or_the_solutions_own_names(
    read: Read, labels: tuple[str, str], label: str, said: str | None
) -> None:
    truth = f"Id,Category\n0,{labels[0]}\n1,{labels[1]}\n"
    text = f"Id,Prediction\n0,{label}\n1,{labels[1]}\n"
    if said is None:
        assert value(read("p.csv", text, truth)[0], "error_rate_percent") == 50
    else:
        with pytest.raises(FormatError, match=f"p.csv:2: label '{label}' is not one of {said}"):
            read("p.csv", text, truth)


def test_which_tables_are_predictions() -> None:
    from costmodel.facts.formats.predictions import recognises
    from costmodel.facts.source import Source

    yes = ["Id,Prediction", "id,label", "ID,class", "image_id,Category", "Id,Expected,Usage", "Id,Solution", "id,Label"]
    no = ["Id", "Prediction,Id", "Id,Prediction,more", "name,Prediction", "Id,cycles", "Id,prediction,label"]
    for header in (*yes, *no):
        assert recognises(Source("a", "a", f"{header}\n1,2\n")) is (header in yes), header


HISTORY = (
    "TeamId,TeamName,SubmissionDate,Score\n10,Bär,2022-02-01,0.60\n10,Bär,2022-02-05,0.75\n11,Zoë,2022-02-07,0.80\n"
)


@pytest.mark.parametrize(
    ("score", "metric", "best", "date"),
    [
        ("accuracy-fraction", "accuracy_percent", "75", "2022-02-05"),
        ("error-fraction", "error_rate_percent", "60", "2022-02-01"),
    ],
)
def test_the_history_of_a_leaderboard_has_one_team_in_several_rows(
    read: Read, score: str, metric: str, best: str, date: str
) -> None:
    first, second = read("history.csv", HISTORY, score=score)
    assert (first.submission, value(first, metric), first.words["scored"]) == ("Bär", Decimal(best), date)
    assert first.notes == ("Bär has 2 rows: the best counts",)
    assert (second.submission, value(second, metric), second.notes) == ("Zoë", Decimal(80), ())


def test_commas_at_the_end_of_every_line_are_no_column(read: Read) -> None:
    found = read("facts.csv", "name,accuracy_percent,,\nA,95.5,,\nB,95.1,,\n")
    assert [(r.submission, value(r, "accuracy_percent")) for r in found] == [
        ("A", Decimal("95.5")),
        ("B", Decimal("95.1")),
    ]
    with pytest.raises(FormatError, match="4 cells in a table of 2 columns"):
        read("facts.csv", "name,accuracy_percent,,\nA,95.5,,7\n")
