"""Each reader of logs on one file: the whole reading, each field written out; what is in no sum, what is a bound."""

from __future__ import annotations

from decimal import Decimal

import pytest

from costmodel.errors import FormatError
from costmodel.ir.facts import Gap, Measurement, Reading
from tests.facts.conftest import Read, found, value

Row = tuple[str, str, str, bool]
"""Metric, value, reason, lower bound."""

UNIT = {"accuracy_percent": "%", "error_rate_percent": "%", "training_seconds": "s", "gpu_memory_bytes": "bytes"}


def joules(*rows: Row) -> tuple[Measurement, ...]:
    """Measured, without an uncertainty; in joules but for the metrics of UNIT."""
    return tuple(
        Measurement(metric=m, value=Decimal(v), unit=UNIT.get(m, "J"), because=because, at_least=bound)
        for m, v, because, bound in rows
    )


def bounds(reading: Reading) -> list[tuple[float, bool]]:
    """Each value, and whether it is a lower bound."""
    return [(float(m.value), m.at_least) for m in reading.measurements]


AIPOWERMETER = """\
{"date": "2023-07-27 17:21:57", "metrics": {"cpu": {"intel_power": 10, "total_dram_power": 5}, "gpu": {"nvidia_power": 0.5}}}
{"date": "2023-07-27 17:21:58", "metrics": {"cpu": {"intel_power": 20, "total_dram_power": 5}, "gpu": {"nvidia_power": 0.5}}}
{"date": "2023-07-27 17:21:59", "metrics": {"cpu": {"intel_power": 40, "total_dram_power": 5}, "gpu": {"nvidia_power": 0.5}}}
"""  # noqa: E501  # one sample, one line


def test_aipowermeter(read: Read) -> None:
    (reading,) = read("p.json", AIPOWERMETER)
    rows: tuple[Row, ...] = (
        ("energy_joules", "46", "CPU + GPU; the idle power is not subtracted", False),
        ("cpu_energy_joules", "45", "intel_power, trapezoid rule over 3 samples", False),
        ("gpu_energy_joules", "1", "nvidia_power, trapezoid rule over 3 samples", False),
        ("dram_energy_joules", "10", "total_dram_power, trapezoid rule over 3 samples", False),
    )
    expected = Reading(
        file="p.json", format="aipowermeter", measurements=joules(*rows), samples=3, duration_seconds=Decimal(2)
    )
    assert reading == expected
    # a gap behind the last sample that has a value, a device that falls silent, and a line that is cut
    more = AIPOWERMETER + AIPOWERMETER.splitlines(True)[0].replace("17:21:57", "17:22:59").replace("10,", "-1,")
    (reading,) = read("p.json", more + '{"date')
    assert reading.gaps == (Gap(start_seconds=Decimal(2), length_seconds=Decimal(60)),)
    assert (reading.samples, reading.duration_seconds) == (4, Decimal(62))
    assert reading.notes == ("line 5 is cut in the middle: it was left out",)
    assert bounds(reading) == [(46, True), (45, True), (1, True), (10, True)]
    assert found(reading, "energy_joules").because == (
        "CPU + GPU; the idle power is not subtracted; the log is cut: a lower bound; 1 gaps are not integrated"
    )
    assert found(reading, "cpu_energy_joules").because == (
        "intel_power, trapezoid rule over 3 samples, 1 samples without a value"
    )


def test_a_device_that_stops_early_is_a_lower_bound_of_its_own(read: Read) -> None:
    lines = AIPOWERMETER.splitlines(True)
    (reading,) = read("p.json", lines[0] + lines[1] + lines[2].replace('"intel_power": 40', '"intel_power": null'))
    assert bounds(reading) == [(16, True), (15, True), (1, False), (10, False)]
    silent = '{"date": "2023-07-27 17:21:5%d", "metrics": {}}\n'
    (reading,) = read("p.json", silent % 7 + silent % 8)
    assert (reading.measurements, reading.samples) == ((), 2)
    assert reading.notes == ("no power of CPU or GPU in it: nothing was integrated",)


@pytest.mark.parametrize(
    ("watts", "energy"),
    [("0", 0), ("999999", 999_999), ("1000000", None), ("-0.1", None), ('{"0": 1, "1": 2.5}', Decimal("3.5"))],
)
def test_the_powers_that_a_meter_can_have(read: Read, watts: str, energy: Decimal | None) -> None:
    line = '{"date": "2023-07-27 17:21:5%d", "metrics": {"cpu": {"intel_power": ' + watts + "}}}\n"
    (reading,) = read("p.json", line % 7 + line % 8)
    assert [m.value for m in reading.measurements if m.metric == "cpu_energy_joules"] == (
        [] if energy is None else [energy]
    )


def test_zeus(read: Read) -> None:
    header = "start_time,window_name,elapsed_time,gpu0_energy,gpu1_energy,cpu0_energy,dram0_energy\n"
    (reading,) = read("z.csv", header + "1,train,10.5,1000.5,100,7,3\n20,train,10,2000,1,8,4\n")
    rows: tuple[Row, ...] = (
        ("energy_joules", "3116.5", "window 'train', 2 times, GPU + CPU", False),
        ("gpu_energy_joules", "3101.5", "window 'train', 2 times", False),
        ("cpu_energy_joules", "15", "window 'train', 2 times", False),
        ("dram_energy_joules", "7", "window 'train', 2 times", False),
    )
    assert reading == Reading(
        file="z.csv", format="zeus", measurements=joules(*rows), samples=2, duration_seconds=Decimal("20.5")
    )
    (gpu,) = read("z.csv", "window_name,elapsed_time,gpu0_energy,dram0_energy\na,1,5,2\n")
    assert gpu.measurements == joules(
        ("energy_joules", "5", "window 'a', 1 times, GPU alone: a lower bound", True),
        ("gpu_energy_joules", "5", "window 'a', 1 times", False),
        ("dram_energy_joules", "2", "window 'a', 1 times", False),
    )
    both = "window_name,elapsed_time,cpu0_energy\na,1,5\nb,2,7\n"
    assert [(r.samples, r.duration_seconds) for r in read("z.csv", both)] == [(1, Decimal(1)), (1, Decimal(2))]
    assert [value(r, "cpu_energy_joules") for r in read("z.csv", both)] == [5, 7]
    (cut,) = read("z.csv", both + "b,1", window="b")
    assert cut.notes == ("line 4 ends in the middle of a row: it was left out",)


def test_pyjoules(read: Read) -> None:
    text = (
        "timestamp;tag;duration;package_0;package_1;core_0;dram_0;nvidia_gpu_0\n"
        "1;a;2;3000000;2000000;1;500000;4000\n2;b;1.5;1;0;1;250000;1000\n"
    )
    (reading,) = read("j.csv", text)
    rows: tuple[Row, ...] = (
        ("energy_joules", "10.000001", "CPU + GPU", False),
        ("cpu_energy_joules", "5.000001", "summed over tags", False),
        ("dram_energy_joules", "0.75", "summed over tags", False),
        ("gpu_energy_joules", "5", "summed over tags", False),
    )
    assert reading == Reading(
        file="j.csv", format="pyjoules", measurements=joules(*rows), samples=2, duration_seconds=Decimal("3.5")
    )
    for domain, device in (("package_0", "CPU"), ("nvidia_gpu_0", "GPU")):
        (one,) = read("j.csv", f"timestamp;tag;duration;dram_0;{domain}\n1;a;1;7;1000000\n")
        total = found(one, "energy_joules")
        assert (total.because, total.at_least) == (f"{device} alone: a lower bound", True)


CODECARBON = (
    "run_id,project_name,duration,emissions,energy_consumed,cpu_energy,gpu_energy,ram_energy,tracking_mode,pue\n"
)


def test_codecarbon(read: Read) -> None:
    estimate = (
        "RAM energy is a model (watts by installed memory), and CPU energy is estimated from the processor's TDP where "
        "RAPL cannot be read: the file does not say which"
    )
    (reading,) = read("e.csv", CODECARBON + "r,p,12.5,0.1,0.00031,0.0001,,0.00001,machine,1.0\n")
    rows: tuple[Row, ...] = (
        ("energy_joules", "1116", "energy_consumed in kWh × 3.6e6; CPU + GPU + RAM", False),
        ("cpu_energy_joules", "360", "cpu_energy in kWh × 3.6e6", False),
        ("dram_energy_joules", "36", "ram_energy in kWh × 3.6e6", False),
    )
    assert reading == Reading(
        file="e.csv", format="codecarbon", measurements=joules(*rows), duration_seconds=Decimal("12.5"),
        notes=(estimate, "tracking_mode machine: everything that ran on the machine is in it"),
    )  # fmt: skip
    runs = "r1,p,1,0,1,,,,process,1.2\nr2,p,1,0,2,,,,,1\nr1,p,1,0,3,,,,process,1.2\nr3,q,1,0,4,,,,machine,\nr4"
    first, second, third = read("e.csv", CODECARBON + runs)
    # a project's name that two runs share tells nobody apart
    assert [r.submission for r in (first, second, third)] == ["r1", "r2", "r3"]
    assert [value(r, "energy_joules") for r in (first, second, third)] == [10_800_000, 7_200_000, 14_400_000]
    cut = "line 6 ends in the middle of a row: it was left out"
    assert first.notes == (
        cut, estimate, "tracking_mode process: RAM and CPU are shares of this process; the GPU's whole draw counts",
        "pue is 1.2: it is part of CodeCarbon's energies",
    )  # fmt: skip
    unknown = "no tracking_mode: whether the machine or the process was measured is unknown"
    assert second.notes == (cut, estimate, unknown)
    named = read("e.csv", CODECARBON + "r1,p,1,0,1,,,,,\nr2,q,1,0,2,,,,,\n")
    assert [r.submission for r in named] == ["p", "q"]
    without = read("e.csv", "duration,emissions,energy_consumed\n1,0,1\n2,0,2\n")
    assert [r.submission for r in without] == ["2", "3"]
    assert [r.duration_seconds for r in without] == [1, 2]


SAMPLED = (
    "nvidia-smi shows a running average, and on some GPUs (A100, H100) only a quarter of the time is sampled "
    "(arXiv 2312.02741)"
)


def smi(header: str, *rows: str) -> str:
    return f"timestamp, {header}\n" + "".join(f"2024/01/01 00:00:{row}\n" for row in rows)


def test_nvidia_smi(read: Read) -> None:
    text = smi(
        "index, power.draw [W], memory.used [MiB]",
        "00.000, 0, 100.00 W, 5000 MiB", "00.500, 1, 50 W, 10 MiB", "01.000, 0, 120.00 W, 4000 MiB",
        "02.500, 1, 50 W, 10 MiB", "03.000, 0, [N/A], N/A",
    )  # fmt: skip
    (reading,) = read("s.csv", text)
    memory = "the largest memory.used of one GPU: allocator, context and other processes; between samples unknown"
    rows: tuple[Row, ...] = (
        ("energy_joules", "210", "the GPU alone, CPU was not measured: a lower bound", True),
        ("gpu_energy_joules", "210", "trapezoid rule per GPU (0: 110.0000000 J, 1: 100.0000000 J)", True),
        ("gpu_memory_bytes", "5242880000", memory, True),
    )
    assert reading == Reading(
        file="s.csv", format="nvidia-smi", measurements=joules(*rows), samples=4, duration_seconds=Decimal(2),
        notes=(SAMPLED, "1 of 5 samples have no power (N/A)"),
    )  # fmt: skip
    (alone,) = read("s.csv", smi("power.draw.instant [W]", "00.000, 0", "01.000, 10"))
    assert alone.measurements == joules(
        ("energy_joules", "5", "the GPU alone, CPU was not measured: a lower bound", True),
        ("gpu_energy_joules", "5", "trapezoid rule per GPU (GPU: 5.0000000 J)", False),
    )
    assert alone.notes == (SAMPLED, "no column index or uuid: every row is taken for the same GPU")
    # every GPU's gaps, each from its own first sample; the first of the columns that name a GPU counts
    (gap,) = read(
        "s.csv", smi("uuid, power.draw [W]", *(f"{t}, {u}, 10" for t in ("00", "01", "02", "50") for u in "ab"))
    )
    assert gap.gaps == (Gap(start_seconds=Decimal(2), length_seconds=Decimal(48)),) * 2
    assert bounds(gap)[1] == (40, True)
    assert (gap.samples, gap.duration_seconds) == (8, Decimal(50))


def test_three_median_periods_are_no_gap_and_more_are(read: Read) -> None:
    for last, energy, gaps in (("05", 50, 0), ("06", 20, 1)):
        (reading,) = read("s.csv", smi("index, power.draw [W]", *(f"{t}, 0, 10" for t in ("00", "01", "02", last))))
        assert (float(value(reading, "gpu_energy_joules")), len(reading.gaps)) == (energy, gaps)
    # of two periods the smaller is the median
    (reading,) = read("s.csv", smi("index, power.draw [W]", *(f"{t}, 0, 10" for t in ("00", "01", "05"))))
    assert value(reading, "gpu_energy_joules") == 10
    assert reading.gaps[0].length_seconds == 4


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2024-01-01 00:00:00", "1704067200"), ("2024/01/01 00:00:00.250", "1704067200.25"),
        ("2024-01-01T01:00:00+01:00", "1704067200"), (" 1970-01-01 00:00:00.000001 ", "0.000001"),
        ("1969-12-31 23:59:59", "-1"), ("24-01-01", None), ("now", None),
    ],
)  # fmt: skip
def test_time_stamps(text: str, seconds: str | None) -> None:
    from costmodel.facts.power import seconds as since_1970

    assert since_1970(text) == (None if seconds is None else Decimal(seconds))


def test_result_json(read: Read) -> None:
    note = "the template measures 40 iterations of the test set, the rules ask for 200; --iterations N scales"
    (reading,) = read("r.json", '{"accuracy": 1, "power_draw": 0}')
    assert reading == Reading(
        file="r.json", format="competition-result", notes=(note,),
        measurements=joules(
            ("accuracy_percent", "100", "accuracy as a fraction × 100", False),
            ("energy_joules", "0", "power_draw, which is an energy in joules", False),
        ),
    )  # fmt: skip
    for wrong in ("true", "-0.1", "1000000000000000", "null"):
        with pytest.raises(FormatError, match="power_draw: expected a number, at least 0"):
            read("r.json", '{"accuracy": 0.5, "power_draw": %s}' % wrong)  # noqa: UP031  # braces
    with pytest.raises(FormatError, match=r"accuracy: 1\.01 is more than 1"):
        read("r.json", '{"accuracy": 1.01, "power_draw": 3}')


def test_dawnbench(read: Read) -> None:
    text = "epoch\thours\ttop1Accuracy\n1\t0.01\t50.5\n2\t0.02\t94\n3\t0.02\t100\n4\t0.04"
    (reading,) = read("d.tsv", text, target=Decimal(94))
    first = "the first row with at least 94 %"
    assert reading == Reading(
        file="d.tsv", format="dawnbench", samples=3, duration_seconds=Decimal(36),
        measurements=joules(
            ("training_seconds", "72", f"hours × 3600, {first} (epoch '2')", False),
            ("accuracy_percent", "94", f"top1Accuracy, {first}", False),
        ),
        notes=("line 5 ends in the middle of a row: it was left out",),
    )  # fmt: skip
    (last,) = read("d.tsv", text)
    assert [(float(m.value), m.because) for m in last.measurements] == [
        (72, "hours × 3600, the last row (epoch '3')"), (100, "top1Accuracy, the last row"),
    ]  # fmt: skip
    (missed,) = read("d.tsv", text, target=Decimal("100.5"))
    assert missed.notes[1] == "100.5 % is not reached; the last row is given"
    for accuracy, said in (("1", "no value exceeds 1"), ("101", "a value exceeds 100 %")):
        with pytest.raises(FormatError, match=said):
            read("d.tsv", f"epoch\thours\ttop1Accuracy\n1\t0\t{accuracy}\n")


def test_power_at_one_moment_is_no_energy(read: Read) -> None:
    first, second, _ = AIPOWERMETER.splitlines(True)
    for text in (
        first,
        first + first,
        smi("index, power.draw [W]", "00, 0, 5"),
        smi("power.draw [W]", "00, 5", "00, 5"),
    ):
        with pytest.raises(FormatError, match="no two samples at different times: there is no energy to be told"):
            read("log", text)
    (reading,) = read("p.json", first + second)
    assert bounds(reading)[0] == (15.5, False)
