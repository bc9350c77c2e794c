from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.errors import FormatError, UsageError
from costmodel.facts.normalise import normalise
from costmodel.facts.quantity import parse_quantity
from costmodel.ir.codec import dumps, loads
from costmodel.ir.facts import METRIC_UNITS, SCHEMA, Facts, Kind, Measurement, Reading
from tests.facts.conftest import Read, found, value


@pytest.mark.parametrize(
    ("metric", "text", "amount", "half"),
    [
        ("energy_joules", "150 ± 5", "150", "5"),
        ("energy_joules", "150Kj", "150000", None),
        ("energy_joules", "150 ± 5 kJ", "150000", "5000"),
        ("energy_joules", "150 kJ ± 500 J", "150000", "500"),
        ("energy_joules", "0.000504 kWh", "1814.4", None),
        ("energy_mj", "400 µJ", "0.4", None),
        ("error_rate_percent", "50%", "50", None),
        ("error_rate_percent", "12.5 +/- 0.3 %", "12.5", "0.3"),
        ("gpu_memory_bytes", "6 GB", "6000000000", None),
        ("gpu_memory_bytes", "6 GiB", "6442450944", None),
        ("peak_activation_bytes", "5.2 MiB", "5452595.2", None),
        ("cycles", "0.0616 Mcycles", "61600", None),
        ("training_seconds", "9 h", "32400", None),
        ("training_operations", "1.5e12", "1500000000000", None),
    ],
)
def test_quantities(metric: str, text: str, amount: str, half: str | None) -> None:
    quantity = parse_quantity(metric, text)
    assert quantity.value == Decimal(amount)
    assert quantity.uncertainty == (None if half is None else Decimal(half))


@pytest.mark.parametrize(
    ("metric", "text", "said"),
    [
        ("energy_joules", "150 kWp", "is not one of its units; known: J"),
        ("energy_joules", "1,5", "point"),
        ("cycles", "-1", "negative"),
        ("cycles", "nan", "not a number"),
        ("cycles", "١٢", "not a number"),
        ("cycles", "1e999", "not a number"),
        ("cycles", "9" * 60, "not a number"),
        ("error_rate_percent", "101", "more than 100"),
        ("gpu_memory_bytes", "6 Gb", "is not one of its units"),
    ],
)
def test_no_quantity(metric: str, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse_quantity(metric, text)


TABLE = "name,accuracy_percent,energy_joules,task\nA1,96.5,150 kJ ± 5 kJ,cifar10\nA2,92.5,10Kj,cifar10\n"


@pytest.mark.parametrize("text", [TABLE, "\ufeff" + TABLE, TABLE.replace(",", ";"), TABLE.replace("\n", "\r\n")])
def test_a_table(read: Read, text: str) -> None:
    first, second = read("t.csv", text)
    assert (first.submission, second.submission) == ("A1", "A2")
    assert value(first, "energy_joules") == 150_000
    assert found(first, "energy_joules").uncertainty == 5_000
    assert first.words == {"task": "cifar10"}


def test_claims_uncertainties_and_empty_cells(read: Read) -> None:
    text = "name,error_rate_percent,error_rate_percent_uncertainty,claimed_energy_mj\nbob,21.7,0.3,0.46\neve,15,,\n"
    bob, eve = read("t.csv", text)
    assert found(bob, "error_rate_percent").uncertainty == Decimal("0.3")
    assert found(bob, "energy_mj").kind is Kind.CLAIMED
    assert [m.metric for m in eve.measurements] == ["error_rate_percent"]


def test_shorter_names_mean_the_same_and_nothing_is_given_twice(read: Read) -> None:
    [bob] = read("t.csv", "name,error_rate,error_rate_uncertainty,claimed_peak_activation\nbob,21.7,0.3,1000\n")
    assert found(bob, "error_rate_percent").uncertainty == Decimal("0.3")
    assert found(bob, "peak_activation_bytes").kind is Kind.CLAIMED
    [mapping] = read("f.yaml", "accuracy: 94\n")
    assert value(mapping, "accuracy_percent") == 94
    for name, text in (
        ("t.csv", "name,accuracy,accuracy_percent\nbob,94,95\n"),
        ("f.yaml", "accuracy: 9\naccuracy_percent: 9\n"),
    ):
        with pytest.raises(FormatError, match=r":2: accuracy_percent is given twice"):
            read(name, text)


def test_a_time_of_submission_is_a_word(read: Read) -> None:
    [reading] = read("t.csv", "name,submitted,cycles\na,2022-02-27 10:00,5\n")
    assert reading.words == {"submitted": "2022-02-27 10:00"}


def test_one_name_in_two_tasks(read: Read) -> None:
    first, second = read("t.csv", "name,task,accuracy_percent\na,cifar10,94\na,cifar100,79\n")
    assert (first.words["task"], second.words["task"]) == ("cifar10", "cifar100")


def test_small_percentages_beside_larger_ones_are_percent(read: Read) -> None:
    first, _ = read("t.csv", "name,error_rate_percent\na,0.5\nb,3\n")
    assert value(first, "error_rate_percent") == Decimal("0.5")
    [only] = read("t.csv", "name,error_rate_percent\na,0.5 %\n")
    assert value(only, "error_rate_percent") == Decimal("0.5")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,error_rate_percent\na,0.5\nb,0.3\n", r"t.csv:2: error_rate_percent: '0.5' is 0.5 % or 50.0 %"),
        ("name,energy_joules\na,150 kJ\nb,10\n", r"t.csv:3: energy_joules: '10' has no unit, '150 kJ' has one"),
        ("name,eror_rate_percent\na,3\n", r"t.csv:1: unknown fact 'eror_rate_percent': did you mean 'error_rate"),
        ("name,cycles\na,1\na,2\n", r"t.csv:3: 'a' is in line 2 already"),
        ("name,cycles,cycles\na,1,2\n", r"t.csv:1: column 'cycles' occurs twice"),
        ("name,cycles\na,1,2\n", r"t.csv:2: 3 cells in a table of 2 columns"),
        ("name,cycles\n,2\n", r"t.csv:2: a row without name"),
        ('name,cycles\n"a,2\n', r"t.csv:2: not CSV"),
        ("name;cycles\na;1,5\n", r"t.csv:2: a: cycles: '1,5' is not a number in cycles; write decimals with a point"),
        ("name,cycles_uncertainty\na,3\n", r"t.csv:2: cycles_uncertainty: there is no cycles"),
        ("name,cycles\n", r"t.csv:1: a header and no row"),
        ("name,cycles\na,\x1b[31mred\n", r"t.csv:2: a: cycles: '\\\\x1b\[31mred'"),
    ],
)
def test_tables_refused(read: Read, text: str, said: str) -> None:
    with pytest.raises(FormatError, match=said):
        read("t.csv", text)


YAML = """\
error_rate_percent: 21.70
claimed_energy_mj: 0.4582
energy_joules: {value: 150, unit: kJ, uncertainty: 5}
accuracy_percent: null
"""


def test_yaml_keeps_the_digits_that_were_written(read: Read) -> None:
    [reading] = read("f.yaml", YAML)
    assert str(value(reading, "error_rate_percent")) == "21.70"
    assert value(reading, "energy_joules") == 150_000
    assert found(reading, "energy_joules").uncertainty == 5_000
    assert len(reading.measurements) == 3


@pytest.mark.parametrize(
    "text",
    [
        "submissions:\n  alice: {cycles: 5, task: cifar10}\n  bob:\n    cycles: 7\n",
        '{"submissions": {"alice": {"cycles": 5, "task": "cifar10"}, "bob": {"cycles": 7}}}',
    ],
)
def test_many_submissions_in_one_mapping(read: Read, text: str) -> None:
    alice, bob = read("f", text)
    assert (alice.submission, value(alice, "cycles"), alice.words) == ("alice", Decimal(5), {"task": "cifar10"})
    assert (bob.submission, value(bob, "cycles")) == ("bob", Decimal(7))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cycles: 1\ncycles: 2\n", r"f:2: 'cycles' occurs twice"),
        ('{"cycles": 1, "cycles": 2}', r"f: 'cycles' occurs twice"),
        ("error_rate_percent: 0.5\n", r"f:1: .*0.5 % or 50.0 %"),
        ("cycles: [1, 2]\n", r"f:1: 'cycles': one value is expected"),
        ("cycles: 1_000\n", r"f:1: cycles: '1_000' is not a number"),
        ("cycles: yes\n", r"f:1: cycles: 'yes' is not a number"),
        ("a: *b\n", r"f:1: not YAML"),
        ("cycles: {size: 3}\n", r"f:1: 'cycles': give value"),
        ("submissions: 3\n", r"f:1: submissions: a mapping"),
        ('{"cycles": 1', r"f:1: not JSON"),
        ('{"cycles": NaN}', r"f: 'cycles': one value"),
        ('{"cycles": ' + "9" * 5000 + "}", r"f: .*"),
        ("x: &a {y: &b {z: 1}}\n", r"f:1: "),
        ("just words", r"not in one of the known formats"),
        ("- 1\n- 2\n", r"f: is not in one of the known formats|f:1: a mapping"),
    ],
)
def test_mappings_refused(read: Read, text: str, said: str) -> None:
    with pytest.raises(FormatError, match=said):
        read("f", text)


amounts = st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=0, max_value=10**12)
measured = st.builds(
    Measurement,
    metric=st.sampled_from(sorted(METRIC_UNITS)),
    value=amounts,
    unit=st.text(max_size=3),
    uncertainty=st.none() | amounts,
    kind=st.sampled_from(Kind),
    because=st.text(max_size=5),
    at_least=st.booleans(),
)
readings = st.builds(
    Reading,
    file=st.text(max_size=5),
    format=st.just("facts"),
    submission=st.none() | st.text(max_size=5),
    measurements=st.lists(measured, max_size=3).map(tuple),
    words=st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
    duration_seconds=st.none() | amounts,
)


@given(st.lists(readings, max_size=2).map(tuple), st.sampled_from([None, 2]))
@settings(derandomize=True, deadline=None, max_examples=60)
def test_facts_come_back_with_every_digit(given_readings: tuple[Reading, ...], indent: int | None) -> None:
    facts = Facts(readings=given_readings)
    text = dumps(facts, SCHEMA, indent=indent)
    assert loads(Facts, text, SCHEMA) == facts
    assert dumps(loads(Facts, text, SCHEMA), SCHEMA, indent=indent) == text


def test_what_was_written_as_json_is_read_again(read: Read) -> None:
    facts = Facts(readings=read("t.csv", TABLE))
    assert read("again.json", dumps(facts, SCHEMA, indent=2)) == facts.readings
    with pytest.raises(FormatError, match=r"again.json: .*missing fields"):
        read("again.json", '{"schema": "costmodel.facts/1", "reading": []}')


def test_no_iterations_are_refused() -> None:
    assert normalise(Decimal(40), 40) == 200
    for wrong in (0, -3):
        with pytest.raises(UsageError, match="at least 1"):
            normalise(Decimal(1), wrong)
