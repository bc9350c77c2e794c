"""Every unit that a metric may be written in, what it is in the metric's own, and what scales with it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from costmodel.errors import FormatError, UnknownNameError, UsageError
from costmodel.facts.normalise import normalise, normalised
from costmodel.facts.quantity import UNITS, Quantity, measurement, might_be_fraction, number, parse_quantity, plus_minus
from costmodel.ir.facts import Kind, Measurement, Reading
from tests.facts.conftest import Read, found, value

JOULES = {
    "J": "1", "Kj": "1000", "kJ": "1000", "KJ": "1000", "MJ": "1000000", "mJ": "0.001", "Wh": "3600", "kWh": "3600000",
    "Ws": "1", "joule": "1", "joules": "1", "Joule": "1", "Joules": "1", "uJ": "0.000001", "µJ": "0.000001",
    "μJ": "0.000001", "mWh": "3.6", "MWh": "3600000000",
}  # fmt: skip
BYTES = {
    "B": 1, "bytes": 1, "kB": 1000, "KB": 1000, "MB": 1_000_000, "GB": 1_000_000_000, "TB": 10**12, "byte": 1,
    "KiB": 1024, "MiB": 1_048_576, "GiB": 1_073_741_824, "TiB": 1_099_511_627_776,
}  # fmt: skip
SECONDS = {
    "s": "1", "ms": "0.001", "min": "60", "h": "3600", "us": "0.000001", "µs": "0.000001", "μs": "0.000001",
    "ns": "0.000000001", "sec": "1", "secs": "1", "second": "1", "seconds": "1", "mins": "60", "minute": "60",
    "minutes": "60", "hr": "3600", "hrs": "3600", "hour": "3600", "hours": "3600", "d": "86400", "day": "86400",
    "days": "86400",
}  # fmt: skip
COUNTS = {
    "k": 1000, "M": 1_000_000, "G": 1_000_000_000, "B": 1_000_000_000, "T": 10**12, "P": 10**15,
}  # fmt: skip
EVERY_UNIT: dict[str, dict[str, object]] = {
    "error_rate_percent": {"%": 1, "percent": 1},
    "accuracy_percent": {"%": 1, "percent": 1},
    "energy_mj": {
        "mJ": "1", "J": "1000", "uJ": "0.001", "µJ": "0.001", "μJ": "0.001", "nJ": "0.000001", "pJ": "0.000000001",
    },
    "cycles": {"cycles": 1, "kcycles": 1000, "Mcycles": 1_000_000},
    "peak_activation_bytes": {**BYTES},
    "parameters": {"parameters": 1, **COUNTS},
    "training_operations": {"operations": 1, **COUNTS},
    "energy_joules": {**JOULES},
    "iterations": {"iterations": 1},
    "training_seconds": {**SECONDS},
    "gpu_memory_bytes": {**BYTES},
    "host_memory_bytes": {**BYTES},
    "inference_seconds": {**SECONDS},
    "operations": {"operations": 1, **COUNTS},
    "cpu_energy_joules": {**JOULES},
    "gpu_energy_joules": {**JOULES},
    "dram_energy_joules": {**JOULES},
}  # fmt: skip


@pytest.mark.parametrize("metric", sorted(UNITS))
def test_every_unit_of_a_metric_and_no_other(metric: str) -> None:
    if UNITS[metric] == "":
        return  # a perplexity has no unit
    units = EVERY_UNIT[metric]
    for unit, scale in units.items():
        quantity = parse_quantity(metric, f"3 ± 0.5 {unit}")
        scale = Decimal(str(scale))
        assert (quantity.value, quantity.uncertainty, quantity.unit_given) == (3 * scale, scale / 2, True), unit
    bare = parse_quantity(metric, "3")
    assert bare == Quantity(Decimal(3), None, False)
    with pytest.raises(UsageError, match=f"'furlong' is not one of its units; known: {', '.join(units)}$"):
        parse_quantity(metric, "3 furlong")


def test_an_unknown_metric_has_no_quantity() -> None:
    with pytest.raises(UnknownNameError, match="unknown metric 'energy_joule'"):
        parse_quantity("energy_joule", "3")


@pytest.mark.parametrize(
    ("text", "amount", "half"),
    [
        ("150 kJ ± 5", 150_000, 5_000), ("150 ± 5 kJ", 150_000, 5_000), ("150 kJ +/- 500 J", 150_000, 500),
        ("150 +- 5", 150, 5), (".5", "0.5", None), ("5.", 5, None), ("+5e-1", "0.5", None), ("0 ± 0", 0, 0),
    ],
)  # fmt: skip
def test_one_unit_is_enough(text: str, amount: object, half: object) -> None:
    quantity = parse_quantity("energy_joules", text)
    assert (quantity.value, quantity.uncertainty) == (
        Decimal(str(amount)), None if half is None else Decimal(str(half)),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("metric", "text", "said"),
    [
        ("energy_joules", "± 5", "energy_joules: '± 5' is not a number in J"),
        ("energy_joules", "5 ±", "energy_joules: '5 ±' is not a number in J"),
        ("energy_joules", "5 ± 1 ± 1", "energy_joules: '5 ± 1 ± 1' is not a number in J"),
        ("energy_joules", "5 ± -1", "energy_joules: '5 ± -1' is negative"),
        ("energy_joules", "1,5", "energy_joules: '1,5' is not a number in J; write decimals with a point"),
        ("accuracy_percent", "100.0001", "accuracy_percent: '100.0001' is more than 100 %"),
        ("accuracy_percent", "-0.1", "accuracy_percent: '-0.1' is negative"),
    ],
)
def test_what_is_no_quantity(metric: str, text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_quantity(metric, text)
    assert str(caught.value) == said


def test_the_bounds_of_what_a_number_may_be() -> None:
    assert parse_quantity("accuracy_percent", "100").value == 100
    assert parse_quantity("cycles", "150").value == 150
    assert (number("9" * 40), number("9" * 41)) == (Decimal("9" * 40), None)
    assert (number(" 1e99 "), number("1e100"), number("1_0"), number("0x1")) == (Decimal("1e99"), None, None, None)
    assert plus_minus(" 3 ") == ("3", None)
    assert plus_minus("3+-1±2") == ("3", "1±2")


@pytest.mark.parametrize(
    ("metric", "text", "may_be"),
    [
        ("accuracy_percent", "1", True), ("accuracy_percent", "0.5", True), ("accuracy_percent", "1.01", False),
        ("accuracy_percent", "0", False), ("accuracy_percent", "0.5 %", False), ("energy_joules", "0.5", False),
    ],
)  # fmt: skip
def test_a_bare_percentage_up_to_one_might_be_a_fraction(metric: str, text: str, may_be: bool) -> None:
    assert might_be_fraction(metric, parse_quantity(metric, text)) is may_be


def test_a_measurement_is_measured_and_exact_unless_it_is_said() -> None:
    assert measurement("energy_mj", Decimal(3), "why") == Measurement(
        metric="energy_mj", value=Decimal(3), unit="mJ", uncertainty=None, kind=Kind.MEASURED, because="why",
        at_least=False,
    )  # fmt: skip


def test_iterations_scale_every_energy_with_its_uncertainty_and_nothing_else(read: Read) -> None:
    (reading,) = read("t.csv", "name,energy_joules,accuracy_percent,energy_mj\na,30 ± 2,95,7\n", iterations=40)
    assert [(m.metric, float(m.value)) for m in reading.measurements] == [
        ("energy_joules", 150), ("accuracy_percent", 95), ("energy_mj", 7), ("iterations", 200),
    ]  # fmt: skip
    assert [m.uncertainty for m in reading.measurements] == [10, None, None, None]
    assert found(reading, "energy_joules").because == "'30 ± 2', as given; scaled from 40 to 200 iterations"
    assert found(reading, "iterations").because == "scaled from 40 to 200 iterations"
    part = Reading(file="f", format="x", measurements=(measurement("gpu_energy_joules", Decimal(10), ""),))
    assert value(normalised(part, 20), "gpu_energy_joules") == 100
    nothing = Reading(file="f", format="x", measurements=(measurement("cycles", Decimal(10), ""),))
    assert normalised(nothing, 20) == nothing
    with pytest.raises(UsageError, match=r"t\.csv says itself how many iterations it is of; leave --iterations away"):
        read("t.csv", "name,energy_joules,iterations\na,30,40\n", iterations=40)
    assert normalise(Decimal(3), 1, 1) == 3
    for iterations, to in ((0, 200), (200, 0), (-1, 1)):
        with pytest.raises(UsageError, match=f"^{iterations} iterations cannot be normalised to {to}: give at least 1"):
            normalise(Decimal(1), iterations, to)


def test_a_cell_of_a_table_is_an_energy_of_its_row(read: Read) -> None:
    first, second = read("t.csv", "email,energy_joules\na@b,81; 80.5\nc@d,7\n")
    assert [m.value for m in first.measurements] == [81, Decimal("80.5")]
    assert [m.because for m in first.measurements] == ["'81', as given", "'80.5', as given"]
    assert (first.submission, first.words, second.submission) == ("a@b", {"email": "a@b"}, "c@d")
    (words,) = read("t.csv", "name,task,cycles\na,one; two,7;8\n")
    assert dict(words.words) == {"task": "one; two"}
    assert [m.value for m in words.measurements] == [7, 8]
    for text, said in (
        ("name,cycles,cycles_uncertainty\na,3 ± 1,1\n", "cycles: its uncertainty is given twice"),
        ("name,claimed_task\na,b\n", "unknown fact 'claimed_task'"),
        ("name,task_uncertainty\na,b\n", "unknown fact 'task_uncertainty'"),
    ):
        with pytest.raises(FormatError, match=said):
            read("t.csv", text)
    (claim,) = read("t.csv", "name,claimed_energy_mj,claimed_energy_mj_uncertainty\na,3,0.5\n")
    assert [(m.metric, m.kind, m.uncertainty) for m in claim.measurements] == [
        ("energy_mj", Kind.CLAIMED, Decimal("0.5"))
    ]


def test_lines_and_quotes(read: Read) -> None:
    for text, said in (
        ("name,energy_joules\na,1 kJ\nb,2\nc,3\n", "t.csv:3: energy_joules: '2' has no unit, '1 kJ' has one; "
         "write the unit everywhere or nowhere"),
        ("name,energy_joules\na,2\nb,3\nc,1 kJ\nd,1 J\n", "t.csv:2: energy_joules: '2' has no unit, '1 kJ' has one; "
         "write the unit everywhere or nowhere"),
        ("name,accuracy_percent\na,1\nb,0.5\n", "t.csv:2: accuracy_percent: '1' is 1 % or 100 %? write the % sign"),
        ("name,cycles\na,x\n", "t.csv:2: a: cycles: 'x' is not a number in cycles"),
    ):  # fmt: skip
        with pytest.raises(FormatError) as caught:
            read("t.csv", text)
        assert str(caught.value).endswith(said)
    with pytest.raises(FormatError) as caught:
        read("f", "- 1\n- 2\n", format="facts")
    assert str(caught.value).endswith("f:1: a mapping of names to values is expected")
    first, second = read("t.csv", "name,accuracy_percent\na,0.5\nb,1.5\n")
    assert [value(one, "accuracy_percent") for one in (first, second)] == [Decimal("0.5"), Decimal("1.5")]
    # a zero needs no unit
    zero, _ = read("t.csv", "name,energy_joules\na,0\nb,1 kJ\n")
    assert value(zero, "energy_joules") == 0
    (quoted,) = read("t.csv", 'name, task, cycles\n"a, b", "c, d", "5"\n')
    assert (quoted.submission, dict(quoted.words)) == ("a, b", {"task": "c, d"})
    assert value(quoted, "cycles") == 5


@pytest.mark.parametrize(
    ("metric", "text", "amount"),
    [
        ("cycles", "1,234", 1234), ("cycles", "12,345,678", 12_345_678), ("cycles", "1,234 cycles", 1234),
        ("parameters", "1,234,567", 1_234_567), ("gpu_memory_bytes", "1,234 bytes", 1234),
        ("energy_joules", "1,234.5", "1234.5"), ("energy_joules", "1,234,567 kJ", 1_234_567_000),
        ("training_seconds", "2h", 7200), ("gpu_memory_bytes", "5.5GB", 5_500_000_000),
        ("error_rate_percent", "21.7%", "21.7"), ("error_rate_percent", "21.7,", "21.7"),
        ("cycles", "\ufeff 5 ,", 5), ("training_operations", "1,234.5 T", 1_234_500_000_000_000),
    ],
)  # fmt: skip
def test_thousands_a_comma_behind_and_a_mark_before(metric: str, text: str, amount: object) -> None:
    assert parse_quantity(metric, text).value == Decimal(str(amount))


@pytest.mark.parametrize(
    ("metric", "text"),
    [
        # a factor of a thousand is not guessed
        ("energy_joules", "1,234"), ("energy_joules", "1,234 kJ"), ("training_seconds", "1,234"),
        ("parameters", "1,234M"), ("gpu_memory_bytes", "1,234 MB"), ("perplexity", "1,234"),
        ("cycles", "0,123"), ("cycles", "1,23"), ("cycles", "1234,567"), ("cycles", "1,,234"),
        ("cycles", "1.234.567"), ("cycles", ","),
    ],
)  # fmt: skip
def test_what_could_be_two_numbers_is_none(metric: str, text: str) -> None:
    with pytest.raises(UsageError, match=f"{metric}: .* is not a number in"):
        parse_quantity(metric, text)
