"""Tables that are handed in or written."""

from __future__ import annotations

import pytest

from costmodel.ir.verdict import Outcome
from tests.contracts.conftest import Check

TABLE = {"rule": "t", "any_of": ["submission.csv"], "columns": ["image_id", "label"], "source": "x"}


@pytest.mark.parametrize(
    ("text", "more", "said"),
    [
        ("image_id,label\r\na,1\r\nb,2\r\n", {"rows": 2}, None),
        ("\ufeffimage_id,label\na,1\n", {}, None),
        ("id,label\na,1\n", {}, "submission.csv:1: the header is 'id,label', 'image_id,label' is asked for"),
        ("image_id,label\na,1\n", {"rows": 2}, "submission.csv has 1 rows, 2 are asked for"),
        ("image_id,label\na,1\na,2\n", {}, "submission.csv:3: image_id 'a' occurs twice"),
        (
            "image_id,label\na,100\n",
            {"values": {"first": 0, "last": 99}},
            "submission.csv:2: label '100' is not an integer",
        ),
        ("image_id,label\na,1.0\n", {"values": {"first": 0, "last": 99}}, "submission.csv:2: label '1.0'"),
        ("image_id,label\na,1,2\n", {}, "submission.csv:2: 3 cells"),
        (
            "image_id,label\n5,1\n",
            {"ids": {"first": 0, "last": 3}},
            "submission.csv:2: image_id '5' is not one of 0 to 3",
        ),
        ("image_id,label\n1,1\n", {"ids": {"first": 0, "last": 3}}, "has 1 of the 4 ids 0 to 3"),
        ("image_id,label\na," + "x" * 200_000 + "\n", {}, "not CSV"),
        ("", {}, "submission.csv:1: the header is ''"),
        (b"\xff\xff", {}, "not text in UTF-8"),
    ],
)
def test_tables(check: Check, text: str | bytes, more: dict[str, object], said: str | None) -> None:
    finding = check({"submission.csv": text}, tables=[{**TABLE, **more}])
    assert finding.outcome is (Outcome.PASS if said is None else Outcome.FAIL)
    assert said is None or said in finding.because


def test_a_table_that_is_not_there_yet(check: Check) -> None:
    assert check({}, tables=[TABLE]).outcome is Outcome.FAIL
    later = check({}, tables=[{**TABLE, "written_by_run": True}])
    assert (later.outcome, later.measured) == (Outcome.UNDECIDED, None)
