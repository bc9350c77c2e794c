from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from costmodel.errors import FormatError, UnknownNameError
from tests.facts.conftest import Read, found, value

START = datetime(2023, 7, 27, 17, 21, 57)
MARK = "END OF RECORDING SEGMENT"


def sample(second: float, cpu: Any = 60, gpu: Any = 90, key: str = "nvidia_draw_absolute", **more: Any) -> str:
    metrics: dict[str, Any] = {"cpu": {"intel_power": cpu, "psys_power": -1, **more}}
    if gpu is not None:
        metrics["gpu"] = {key: gpu}
    return json.dumps({"date": str(START + timedelta(seconds=second)), "metrics": metrics})


def log(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


def test_thirty_samples_of_the_recorded_shape(read: Read) -> None:
    # a log as the one that was recorded (30 samples, 17.3177409 s, 1141.2615587 J + 1523.4296900 J = 2664.6912488 J):
    # 29 equal periods, constant powers that make the same energies
    seconds = 17.317741
    text = log(*(sample(seconds * i / 29, 1141.2615587 / seconds, 1523.42969 / seconds) for i in range(30)))
    [reading] = read("power_metrics.json", text)
    assert reading.samples == 30
    assert reading.duration_seconds == Decimal("17.3177409")  # as the meter's own doubles have it
    assert float(value(reading, "cpu_energy_joules")) == pytest.approx(1141.2615587, abs=2e-5)
    assert float(value(reading, "gpu_energy_joules")) == pytest.approx(1523.42969, abs=2e-5)
    assert float(value(reading, "energy_joules")) == pytest.approx(2664.6912488, abs=2e-5)
    assert reading.gaps == ()
    assert not found(reading, "energy_joules").at_least


def test_trapezoids_are_exact(read: Read) -> None:
    [reading] = read("p.json", log(sample(0, 10, 0.5), sample(1, 20, 0.5), sample(2, 40, 0.5)))
    assert value(reading, "cpu_energy_joules") == 45
    assert value(reading, "energy_joules") == 46


@pytest.mark.parametrize("key", ["nvidia_draw_absolute", "nvidia_power", "per_gpu_power_draw", "per_gpu_nvidia_power"])
def test_both_generations_of_keys_and_gpus_are_summed(read: Read, key: str) -> None:
    [reading] = read("p.json", log(*(sample(i, 10, {"0": 20.5, "1": 30}, key) for i in range(3))))
    assert value(reading, "gpu_energy_joules") == 101
    assert key in found(reading, "gpu_energy_joules").because


def test_between_segments_and_over_gaps_nothing_is_integrated(read: Read) -> None:
    first = [sample(i) for i in range(5)]
    for mark in (MARK, json.dumps({"date": str(START), "metrics": MARK})):
        [reading] = read("p.json", log(*first, mark, *(sample(100 + i) for i in range(5))))
        assert value(reading, "energy_joules") == 8 * 150
        assert reading.duration_seconds == 8
        assert reading.gaps == ()
    [reading] = read("p.json", log(*first, *(sample(100 + i) for i in range(5))))
    assert value(reading, "energy_joules") == 8 * 150
    [gap] = reading.gaps
    assert (gap.start_seconds, gap.length_seconds) == (Decimal(4), Decimal(96))
    assert found(reading, "energy_joules").at_least
    assert "1 gaps" in found(reading, "energy_joules").because


def test_a_clock_that_goes_back_is_a_gap(read: Read) -> None:
    [reading] = read("p.json", log(*(sample(i) for i in (0, 1, 2, 1, 2, 3))))
    assert value(reading, "energy_joules") == 4 * 150
    assert reading.gaps[0].length_seconds == 0


@pytest.mark.parametrize("nothing", [-1, None, {}, {"0": -1}, "n/a", True])
def test_what_was_not_measured_makes_a_lower_bound(read: Read, nothing: Any) -> None:
    [reading] = read("p.json", log(*(sample(i, nothing, 90) for i in range(3))))
    assert value(reading, "energy_joules") == 180
    assert found(reading, "energy_joules").at_least
    assert "CPU was not measured" in found(reading, "energy_joules").because
    [reading] = read("p.json", log(*(sample(i, 60, None) for i in range(3))))
    assert "GPU was not measured" in found(reading, "energy_joules").because


def test_a_sample_without_value_is_bridged_and_said(read: Read) -> None:
    [reading] = read("p.json", log(*(sample(i, -1 if i == 2 else 60) for i in range(5))))
    assert value(reading, "energy_joules") == 4 * 150
    assert "1 samples without" in found(reading, "cpu_energy_joules").because


def test_dram_stands_beside_the_sum(read: Read) -> None:
    [reading] = read("p.json", log(*(sample(i, total_dram_power=5) for i in range(3))))
    assert value(reading, "dram_energy_joules") == 10
    assert value(reading, "energy_joules") == 300


def test_a_cut_last_line_loses_no_other(read: Read) -> None:
    [reading] = read("p.json", log(*(sample(i) for i in range(3))) + sample(3)[:40])
    assert reading.samples == 3
    assert reading.notes == ("line 4 is cut in the middle: it was left out",)
    assert found(reading, "energy_joules").at_least


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (log(sample(0), "rubbish", sample(1)), r"p.json:2: not a sample: 'rubbish'"),
        (log(sample(0), '{"date": "yesterday", "metrics": {}}'), r"p.json:2: a sample is"),
        (log(sample(0), "[" * 100_000, sample(1)), r"p.json:2: not a sample"),
    ],
)
def test_a_line_that_is_no_sample(read: Read, text: str, said: str) -> None:
    with pytest.raises(FormatError, match=said):
        read("p.json", text)


CODECARBON = (
    "timestamp,project_name,run_id,duration,emissions,cpu_energy,gpu_energy,ram_energy,energy_consumed,tracking_mode\n"
)


def test_codecarbon(read: Read) -> None:
    [reading] = read("emissions.csv", CODECARBON + "t,codecarbon,r1,12.5,0.1,0.0001,0.0002,0.00001,0.00031,machine\n")
    assert value(reading, "energy_joules") == 1116
    assert value(reading, "dram_energy_joules") == 36
    assert reading.duration_seconds == Decimal("12.5")
    assert reading.submission is None
    assert any("TDP" in note for note in reading.notes)
    assert any("tracking_mode machine" in note for note in reading.notes)


def test_codecarbon_rows_of_one_run_add_up_themselves(read: Read) -> None:
    rows = "t,a,r1,1,0,0,0,0,0.5,process\nt,a,r1,2,0,0,0,0,1,process\nt,b,r2,2,0,0,0,0,2,process\n"
    one, two = read("emissions.csv", CODECARBON + rows)
    assert (one.submission, value(one, "energy_joules")) == ("a", Decimal(3_600_000))
    assert (two.submission, value(two, "energy_joules")) == ("b", Decimal(7_200_000))


def test_zeus(read: Read) -> None:
    header = "start_time,window_name,elapsed_time,gpu0_energy,gpu1_energy\n"
    [reading] = read("zeus.csv", header + "1,train,10.5,1000.5,100\n20,train,10.5,1000.5,100\n")
    assert value(reading, "energy_joules") == 2201
    assert found(reading, "energy_joules").at_least  # the CPU was not measured
    both = header + "1,epoch,5,10,0\n1,batch,1,2,0\n"
    for reading in read("zeus.csv", both):
        assert not [m for m in reading.measurements if m.metric == "energy_joules"]
        assert "--window" in reading.notes[0]
    [reading] = read("zeus.csv", both, window="batch")
    assert value(reading, "energy_joules") == 2
    with pytest.raises(UnknownNameError, match="epoch"):
        read("zeus.csv", both, window="epohc")


SMI = "timestamp, index, power.draw [W], memory.used [MiB]\n"


def smi(*rows: str) -> str:
    return SMI + "".join(f"2024/01/01 00:00:{row}\n" for row in rows)


def test_nvidia_smi_per_gpu(read: Read) -> None:
    text = smi(
        "00.000, 0, 100.00 W, 5000 MiB",
        "00.002, 1, 50 W, 10 MiB",
        "01.000, 0, 120.00 W, 5100 MiB",
        "01.002, 1, 50 W, 10 MiB",
        "02.000, 0, [N/A], 10 MiB",
    )
    [reading] = read("smi.csv", text)
    assert value(reading, "gpu_energy_joules") == 160
    assert value(reading, "gpu_memory_bytes") == 5100 * 2**20
    assert found(reading, "energy_joules").at_least
    assert any("2312.02741" in note for note in reading.notes)
    assert any("1 of 5 samples" in note for note in reading.notes)


def test_nvidia_smi_without_units_in_cells(read: Read) -> None:
    [reading] = read("smi.csv", smi("00.000, 0, 100, 5", "01.000, 0, 100, 5"))
    assert value(reading, "gpu_energy_joules") == 100


def test_nvidia_smi_in_utf16_as_powershell_writes_it(read: Read) -> None:
    [reading] = read("smi.csv", smi("00.000, 0, 100, 5", "01.000, 0, 100, 5").encode("utf-16"))
    assert value(reading, "gpu_energy_joules") == 100


def test_nvidia_smi_cut_in_the_last_row(read: Read) -> None:
    [reading] = read("smi.csv", smi("00.000, 0, 100 W, 5 MiB", "01.000, 0, 100 W, 5 MiB") + "2024/01/01 00:00:02.0")
    assert value(reading, "gpu_energy_joules") == 100
    assert "line 4" in reading.notes[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("timestamp, power.draw\n2024/01/01 00:00:00.000, 100\n", "smi.csv:2: .*unit"),
        (smi("00.000, 0, 100 mW, 5 MiB"), "smi.csv:2: .*'100 mW'"),
        (smi("00.000, 0, -3 W, 5 MiB"), "smi.csv:2: .*'-3 W'"),
        (smi("00.000, 0, [N/A], 5 MiB"), "no sample"),
        (SMI + "now, 0, 100 W, 5 MiB\n", "smi.csv:2: 'now' is not a time"),
        (SMI, "smi.csv:1: a header and no row"),
    ],
)
def test_nvidia_smi_refused(read: Read, text: str, said: str) -> None:
    with pytest.raises(FormatError, match=said):
        read("smi.csv", text)


def test_pyjoules(read: Read) -> None:
    text = "timestamp;tag;duration;package_0;core_0;dram_0;nvidia_gpu_0\n1;a;2;3000000;1;500000;4000\n2;b;2;1;1;0;0\n"
    [reading] = read("joules.csv", text)
    assert value(reading, "cpu_energy_joules") == Decimal("3.000001")
    assert value(reading, "energy_joules") == Decimal("7.000001")
    assert value(reading, "dram_energy_joules") == Decimal("0.5")
    assert reading.duration_seconds == 4


def test_result_json_and_normalisation(read: Read) -> None:
    text = '{"accuracy": 0.965, "power_draw": 30000.5}'
    [reading] = read("result.json", text)
    assert value(reading, "accuracy_percent") == Decimal("96.5")
    assert value(reading, "energy_joules") == Decimal("30000.5")
    [reading] = read("result.json", text, iterations=40)
    assert value(reading, "energy_joules") == Decimal("150002.5")
    assert value(reading, "iterations") == 200
    assert "from 40 to 200" in found(reading, "energy_joules").because
    for wrong in ('{"accuracy": 96.5, "power_draw": 1}', '{"accuracy": 0.5, "power_draw": "1"}', '{"power_draw": 1}'):
        with pytest.raises(FormatError):
            read("result.json", wrong)


def test_dawnbench(read: Read) -> None:
    text = "epoch\thours\ttop1Accuracy\n1\t0.01\t50.5\n2\t0.02\t94.1\n3\t0.03\t93.9\n"
    [reading] = read("dawn.tsv", text)
    assert value(reading, "training_seconds") == 108
    [reading] = read("dawn.tsv", text, target=Decimal(94))
    assert value(reading, "training_seconds") == 72
    assert value(reading, "accuracy_percent") == Decimal("94.1")
    [reading] = read("dawn.tsv", text, target=Decimal(95))
    assert "not reached" in reading.notes[0]
    with pytest.raises(FormatError, match="percent"):
        read("dawn.tsv", "epoch\thours\ttop1Accuracy\n1\t0.01\t0.5\n")
    with pytest.raises(FormatError, match=r"dawn.tsv:3: hours"):
        read("dawn.tsv", "epoch\thours\ttop1Accuracy\n1\t0.02\t50\n2\t0.01\t60\n")


BY_INDEX = "timestamp, index, power.draw [W]\n"
DAY = "2024/03/01 10:00:0"
TASKS = "task_name,run_id,duration,emissions,cpu_energy,gpu_energy,ram_energy,energy_consumed,tracking_mode\n"
"""Logs of meters in use, cut, silent or without names: each gives joules and seconds, or at least so many joules."""

IN_USE: dict[str, tuple[str, str, str, str, bool]] = {
    "tasks of one run add up": (
        TASKS + "load,r1,10,.1,.001,.003,.001,.005,machine\ninfer,r1,20,.1,.002,.006,.002,.010,machine\n",
        "energy_joules", "54000", "30", False,
    ),
    "tasks, the last one cut": (
        TASKS + "load,r1,10,.1,.001,.003,.001,.005,machine\ninfer,r1,20,.1,.00", "energy_joules", "18000", "10", True,
    ),
    "two GPUs by their times": (
        "timestamp, power.draw [W]\n" + "".join(f"{DAY}{t}.000, {w}.00 W\n" for t in range(3) for w in (100, 50)),
        "gpu_energy_joules", "300", "2", False,
    ),
    "two GPUs of one name": (
        "timestamp, name, power.draw [W]\n"
        + "".join(f"{DAY}{t}.000, Tesla A, {w}.00 W\n" for t in range(2) for w in (100, 50)),
        "gpu_energy_joules", "150", "1", False,
    ),
    "an error in a sample": (
        BY_INDEX + f"{DAY}0.000, 0, 100.00 W\n{DAY}1.000, 0, ERR!\n{DAY}2.000, 0, 100.00 W\n",
        "gpu_energy_joules", "200", "2", True,
    ),
    "a GPU that wants a reset": (
        BY_INDEX + f"{DAY}0.000, 0, 100.00 W\n{DAY}1.000, 0, [GPU requires reset]\n{DAY}2.000, 0, 100.00 W\n",
        "gpu_energy_joules", "200", "2", True,
    ),
    "cut inside the last number": (
        BY_INDEX + f"{DAY}0.000, 0, 100.00\n{DAY}1.000, 0, 100.00\n{DAY}2.000, 0, 1",
        "gpu_energy_joules", "100", "1", True,
    ),
    "not ended, with its unit": (
        BY_INDEX + f"{DAY}0.000, 0, 100.00 W\n{DAY}1.000, 0, 100.00 W", "gpu_energy_joules", "100", "1", False,
    ),
    "joules cut inside the last number": (
        "timestamp;tag;duration;package_0\n1.1;foo;2.0;3000000\n2.1;bar;2.0;30", "cpu_energy_joules", "3", "2", True,
    ),
    "a counter that began again": (
        "timestamp;tag;duration;package_0\n1.1;foo;2.0;3000000\n2.1;bar;2.0;-262140000000\n3.1;bar;2.0;1000000\n",
        "cpu_energy_joules", "4", "6", True,
    ),
    "a window cut inside its last number": (
        "window_name,elapsed_time,gpu0_energy\na,1.5,10.25\na,1.5,10", "gpu_energy_joules", "10.25", "1.5", True,
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", IN_USE)
def test_a_log_as_meters_leave_it(read: Read, what: str) -> None:
    text, metric, joules, duration, short = IN_USE[what]
    [reading] = read("log.csv", text)
    assert value(reading, metric) == Decimal(joules)
    assert reading.duration_seconds == Decimal(duration)
    assert found(reading, metric).at_least is short


@pytest.mark.parametrize("cells", ["0, 100.00 W", "0, 100.00", "100.00 W"])
def test_a_log_without_header_says_so(read: Read, cells: str) -> None:
    with pytest.raises(FormatError, match=r":1: there is no header: .*--format=csv"):
        read("power.csv", f"{DAY}0.000, {cells}\n{DAY}1.000, {cells}\n")
