"""Claims in file names, by the pattern of a rulebook's contract."""

from __future__ import annotations

from decimal import Decimal

import pytest

from costmodel.contracts.kinds.names import ClaimSpec, NameRule
from costmodel.facts.claiming_names import claimed, readings_of_name
from costmodel.ir.facts import Kind
from costmodel.rules.schema.rulebook import load_rulebook

LAB_NAME = "submission-0p4582-0p0616-131072-0227-224005.csv"


@pytest.fixture
def lab() -> NameRule:
    contract = load_rulebook("mit-lab2-2022").contract
    assert contract is not None
    return contract.of(NameRule)[0]


def test_claims_of_a_file_name(lab: NameRule) -> None:
    energy, cycles, activation = claimed(LAB_NAME, lab)
    assert (energy.metric, energy.value, energy.uncertainty) == ("energy_mj", Decimal("0.4582"), Decimal("0.00005"))
    assert (cycles.metric, cycles.value, cycles.uncertainty) == ("cycles", Decimal(61_600), Decimal(50))
    assert (activation.value, activation.uncertainty, activation.kind) == (Decimal(131_072), None, Kind.CLAIMED)
    assert energy.because == "in the file name, rounded to four decimals"
    assert cycles.because == "million cycles in the file name, rounded to four decimals"
    assert activation.because == "in the file name"


def test_a_copy_claims_the_same_and_names_itself(lab: NameRule) -> None:
    copy = LAB_NAME.replace(".csv", " (1).csv")
    assert claimed(copy, lab) == ()
    [reading] = readings_of_name(copy, [lab])
    assert (reading.file, reading.format) == (copy, "lab-file-name")
    assert reading.measurements == claimed(LAB_NAME, lab)
    assert reading.notes == ("written 02-27 22:40:05, by the student's clock, without year and time zone",)


def test_a_pattern_without_a_date_has_no_note() -> None:
    rule = NameRule(
        rule="n", source="s", any_of=("*",), pattern=r"run-(?P<t>\d+)s\.log", example="run-5s.log",
        claims={"t": ClaimSpec(metric="training_seconds")},
    )  # fmt: skip
    [reading] = readings_of_name("run-30s.log", [rule])
    assert [(m.value, m.unit, m.because) for m in reading.measurements] == [(Decimal(30), "s", "in the file name")]
    assert reading.notes == ()
    assert readings_of_name("run-x.log", [rule]) == ()


@pytest.mark.parametrize(
    ("scale", "decimals", "value", "half", "because"),
    [
        (1, None, "1.5", None, "cycles"), (1000, 2, "1500", "5", "thousand cycles"),
        (10**6, 0, "1500000", "500000", "million cycles"), (10**9, 9, "1500000000", "0.5", "billion cycles"),
        (10, 10, "15", "0.0000000005", ""),
    ],
)  # fmt: skip
def test_a_claim_is_scaled_with_the_half_width_of_its_rounding(
    scale: int, decimals: int | None, value: str, half: str | None, because: str
) -> None:
    rule = NameRule(
        rule="n", source="s", any_of=("*",), pattern=r"(?P<c>[0-9p]+|x)?-.*", example="1-",
        claims={"c": ClaimSpec(metric="cycles", scale=Decimal(scale), decimals=decimals)},
    )  # fmt: skip
    (claim,) = claimed("1p5-a", rule)
    assert (claim.value, claim.uncertainty) == (Decimal(value), None if half is None else Decimal(half))
    words = {None: "", 0: ", rounded to no decimals", 2: ", rounded to two decimals", 9: ", rounded to nine decimals",
             10: ", rounded to 10 decimals"}  # fmt: skip
    scaled = f"{because} " if scale >= 1000 else ""
    assert claim.because == f"{scaled}in the file name{words[decimals]}"
    # a group that is empty, or no number, claims nothing
    assert claimed("-a", rule) == claimed("x-a", rule) == ()
