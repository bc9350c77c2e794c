"""Logs as other meters and trackers write them: each case names whose shape it is, and its joules are added up by hand.

The lines are of the shape that public repositories and the tools' own sources show; the numbers are ours where a sum
should be plain. Whatever no energy can be told from is refused with what to log instead.
"""

# ruff: noqa: E501  # a line of a log is as long as it is

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

import pytest

from costmodel.errors import FormatError
from tests.facts.conftest import Read, found, value


class Case(NamedTuple):
    """A log, its format, its energies in joules by part, and whether the sum is a lower bound."""

    text: str
    format: str
    joules: dict[str, str]
    bound: bool
    seconds: str | None = None


# the Linux documentation's example of perf stat, as a course's text shows it (luiscruz, Green Software Engineering)
PERF = """
 Performance counter stats for 'system wide':

              3.59 Joules power/energy-cores/
              8.18 Joules power/energy-ram/
              1.63 Joules power/energy-gpu/
          2,312.74 Joules power/energy-pkg/

       5.001965465 seconds time elapsed
"""

CASES = {
    "perf stat": Case(PERF, "perf-stat", {"": "2312.74", "cpu": "2312.74", "dram": "8.18"}, True, "5.001965465"),
    "perf stat with psys": Case(
        PERF.replace("\n\n       5.0", "\n          2,400.10 Joules power/energy-psys/\n\n       5.0"), "perf-stat",
        {"": "2400.10", "cpu": "2312.74", "dram": "8.18"}, False,
    ),
    # an AMD Ryzen under a German locale (readme of a thesis)
    "perf stat, decimal comma": Case(
        "Performance counter stats for 'system wide':\n 1.234,05 Joules power/energy-pkg/ \n 0,000869161 seconds time "
        "elapsed\n", "perf-stat", {"": "1234.05", "cpu": "1234.05"}, True, "0.000869161",
    ),
    # lore.kernel.org, "perf stat: fix per-core counts": the other cores are not counted, and are no zeros
    "perf stat --per-core": Case(
        "   S0-D0-C0              1               3.73 Joules power/energy-pkg/\n"
        "   S0-D0-C1              0      <not counted> Joules power/energy-pkg/\n"
        "   S1-D0-C0              1               4.27 Joules power/energy-pkg/\n\n 1.001404046 seconds time elapsed\n",
        "perf-stat",
        {"": "8.00", "cpu": "8.00"}, True,
    ),
    # tools/perf/Documentation: -I prints the time of each interval
    "perf stat -I": Case(
        "#           time             counts   unit events\n     1.001066400              20.50 Joules power/energy-pkg/\n"
        "     2.002133600              21.50 Joules power/energy-pkg/\n", "perf-stat", {"": "42", "cpu": "42"}, True,
    ),
    "perf stat -x,": Case(
        "12.74,Joules,power/energy-pkg/,5001965465,100.00,,\n8.18,Joules,power/energy-ram/,5001965465,100.00,,\n",
        "perf-stat", {"": "12.74", "cpu": "12.74", "dram": "8.18"}, True,
    ),
    # a kernel developer's mail on two schedulers; of one command the seconds are known: 193.12 W x 5 s
    "turbostat COMMAND": Case(
        "5.000000 sec\nPackage\tCore\tCPU\tAvg_MHz\tBusy%\tPkgWatt\tRAMWatt\n-\t-\t-\t29\t0.80\t193.12\t111.17\n"
        "0\t0\t0\t4\t0.41\t44.66\t25.49\n0\t0\t64\t0\t0.04\n", "turbostat",
        {"": "965.6", "cpu": "965.6", "dram": "555.85"}, True, "5",
    ),
    # turbostat --show Time_Of_Day_Seconds,PkgWatt: 25.5 x 1 + 26 x 2, the first interval is not known
    "turbostat with its times": Case(
        "Time_Of_Day_Seconds\tPkgWatt\n1700000000.5\t25.00\n1700000001.5\t25.50\n1700000003.5\t26.00\n", "turbostat",
        {"": "77.5", "cpu": "77.5"}, True, "3",
    ),
    # turbostat --Joules, the header printed again
    "turbostat --Joules": Case(
        "CPU\tPkg_J\tRAM_J\n-\t30.25\t5.00\n0\t30.25\t5.00\nCPU\tPkg_J\tRAM_J\n-\t29.75\t4.50\n", "turbostat",
        {"": "60", "cpu": "60", "dram": "9.5"}, True,
    ),
    # PowerLog 3.x of a laptop: totals stand below the samples
    "Intel Power Gadget": Case(
        "System Time,RDTSC,Elapsed Time (sec),CPU Utilization(%),Processor Power_0(Watt),"
        "Cumulative Processor Energy_0(Joules),Cumulative Processor Energy_0(mWh),Cumulative IA Energy_0(Joules),"
        "Cumulative DRAM Energy_0(Joules)\n"
        "12:11:06:774,61077822279584,   3.007,  8,  14.1,  42.5,  11.8,  36.0,   3.0\n"
        "12:11:07:778,61080424421708,   4.011,  9,  14.2,  56.7,  15.7,  48.0,   4.0\n\n"
        '"Total Elapsed Time (sec) = 4.011"\n\n"Cumulative Processor Energy_0 (Joules) = 57.037524"\n'
        '"Cumulative Processor Energy_0 (mWh) = 15.8"\n"Cumulative IA Energy_0 (Joules) = 48.1"\n'
        '"Cumulative DRAM Energy_0 (Joules) = 4.062500"\n', "intel-power-gadget",
        {"": "57.037524", "cpu": "57.037524", "dram": "4.0625"}, True, "4.011",
    ),
    # its log when it was stopped: two sockets, no totals
    "Intel Power Gadget, cut": Case(
        "System Time,RDTSC,Elapsed Time (sec),Cumulative Processor Energy_0(Joules),Cumulative Processor Energy_1(Joules),"
        "\n1:0:0:1,1,1,10.5,11,\n1:0:0:2,2,2,20.5,21,\n1:0:0:3,3", "intel-power-gadget",
        {"": "41.5", "cpu": "41.5"}, True,
    ),
    # carbontracker's own test of its parser: 141.9 s and 90 s, two GPUs in the second epoch
    "carbontracker": Case(
        "2022-11-14 15:44:48 - Epoch 1:\n2022-11-14 15:44:48 - Duration: 0:02:21.90\n"
        "2022-11-14 15:44:48 - Average power usage (W) for gpu: [100.0]\n"
        "2022-11-14 15:44:48 - Average power usage (W) for cpu: [10.0]\n2022-11-14 15:47:48 - Epoch 2:\n"
        "2022-11-14 15:47:48 - Duration: 0:01:30\n2022-11-14 15:47:48 - Average power usage (W) for gpu: [50.0, 60.0]\n"
        "2022-11-14 15:47:48 - Average power usage (W) for cpu: 20.0\n", "carbontracker",
        {"": "27309", "gpu": "24090", "cpu": "3219"}, False, "231.9",
    ),
    "carbontracker's output": Case(
        "CarbonTracker:\nPredicted consumption for 50 epoch(s):\n\tTime:\t0:10:00\n\tEnergy:\t9.000000000000 kWh\n"
        "CarbonTracker:\nActual consumption for 50 epoch(s):\n\tTime:\t0:00:02\n\tEnergy:\t0.000100000000 kWh\n"
        "\tCO2eq:\t0.014300000000 g\n", "carbontracker", {"": "360"}, False,
    ),
    # eco2ai/emission_track.py; its first versions misspell the column
    "eco2AI": Case(
        "id,project_name,start_time,duration(s),power_consumption(kWh),CO2_emissions(kg),CPU_name,GPU_name\n"
        "a1,p,2024-01-01 00:00:00,12.5,0.00025,0.0001,Intel/1,NVIDIA/1\n", "eco2ai", {"": "900"}, False, "12.5",
    ),
    "eco2AI, first versions": Case(
        "project_name,experiment_description,start_time,duration(s),power_consumption(kWTh),CO2_emissions(kg)\n"
        "p,d,2022-01-01 00:00:00,1.5,0.5,0.1\n", "eco2ai", {"": "1800000"}, False, "1.5",
    ),
    # nvidia-smi dmon -o DT, from a blog; over midnight with -o T
    "dmon -o DT": Case(
        "#Date       Time        gpu   pwr gtemp mtemp    sm   mem\n#YYYYMMDD   HH:MM:SS    Idx     W     C     C     %     %\n"
        " 20210102   19:12:31      0    37    19     -     0     0\n 20210102   19:12:31      1    50    19     -     0     0\n"
        " 20210102   19:12:33      0    39    19     -     0     0\n 20210102   19:12:33      1    50    19     -     0     0\n"
        "#Date       Time        gpu   pwr gtemp mtemp    sm   mem\n#YYYYMMDD   HH:MM:SS    Idx     W     C     C     %     %\n"
        " 20210102   19:12:35      0    41    19     -     0     0\n 20210102   19:12:35      1    50    19     -     0     0\n",
        "nvidia-dmon", {"": "356", "gpu": "356"}, True, "4",
    ),
    "dmon -o T over midnight": Case(
        "#Time        gpu   pwr\n#HH:MM:SS    Idx     W\n 23:59:59      0    300\n 00:00:00      0    301\n 00:00:01      0    302\n",
        "nvidia-dmon", {"": "602", "gpu": "602"}, True, "2",
    ),
    "dmon --format csv": Case(
        "# time,gpu,pwr,gtemp\n10:00:00,0,100,70\n10:00:01,0,-,71\n10:00:02,0,110,72\n10:00:03,0,110,72\n10:0",
        "nvidia-dmon", {"": "320", "gpu": "320"}, True, "3",
    ),
    # Jetson Orin Nano, JetPack 5; 4.5 W x 1 s + 5 W x 1 s
    "tegrastats": Case(
        "".join(
            f"01-26-2024 12:00:0{n} RAM 2345/7620MB (lfb 4x4MB) SWAP 0/3810MB CPU [1%@729,2%@729] GR3D_FREQ 0% "
            f"cpu@45.1C VDD_IN {mw}mW/4701mW VDD_CPU_GPU_CV 1234mW/1234mW VDD_SOC 900mW/900mW\n"
            for n, mw in enumerate((4000, 5000, 5000))
        ), "tegrastats", {"": "9.5"}, False, "2",
    ),
    # powerstat -R on a desktop (a thesis); a row is the mean since the one before
    "powerstat -R": Case(
        "Running for 3.0 seconds (3 samples at 1.0 second intervals).\n\n"
        "  Time    User  Nice   Sys  Idle    IO  Run Ctxt/s  IRQ/s Fork Exec Exit  Watts\n"
        "15:34:26   1.6   0.0   0.6  97.7   0.0    1    710    543    0    0    0   5.06 \n"
        "15:34:27   0.9   0.0   0.4  98.6   0.1    1    967    558    1    0    1   5.05 \n"
        "15:34:28   0.8   0.0   0.5  98.6   0.1    1    686    480    1    0    0   4.87 \n"
        "-------- ----- ----- ----- ----- ----- ---- ------ ------ ---- ---- ---- ------\n"
        " Average   0.9   0.0   0.4  98.5   0.0  1.0  745.0  450.0  0.0  0.0  0.0   4.99 \n\n"
        "Summary:\nCPU:   4.99 Watts on average with standard deviation 0.10\n", "powerstat",
        {"": "9.92", "cpu": "9.92"}, True, "2",
    ),
    "powerstat of the battery": Case(
        "  Time    User  Nice   Sys  Idle    IO  Run Ctxt/s  IRQ/s  Watts    C0\n"
        "15:34:20   1.6   0.0   0.6  97.7   0.0    1    710    543   8.06   1.0\n"
        "15:34:30   0.9   0.0   0.4  98.6   0.1    1    967    558   8.00   1.0\n"
        "System:   8.03 Watts on average with standard deviation 0.10\n", "powerstat", {"": "80"}, True, "10",
    ),
    # run.history(stream="events").to_csv() of a run on one GPU; a gap in the GPU's column is no sample
    "W&B events": Case(
        ",_runtime,_timestamp,system.gpu.0.powerWatts,system.gpu.0.gpu,system.cpu\n0,15.1,1700000015,60.5,0,1\n"
        "1,30.2,1700000030,250,98,\n2,45.2,1700000045,,,9\n3,60.1,1700000060,250,97,9\n", "wandb-system",
        {"": "9828.75", "gpu": "9828.75"}, True, "45",
    ),
    "W&B chart": Case(
        '"Relative Time (Process)","run-1 - system/gpu.0.powerWatts","run-1 - system/gpu.0.powerWatts__MIN",'
        '"run-1 - system/gpu.0.powerWatts__MAX"\n"10","100","90","110"\n"20","200","90","210"\n', "wandb-system",
        {"": "1500", "gpu": "1500"}, True, "10",
    ),
    # Breakend/experiment-impact-tracker: absolute power, not the process's share
    "experiment-impact-tracker": Case(
        '{"timestamp": 1600000000.5, "rapl_power_draw_absolute": 40.0, "rapl_estimated_attributable_power_draw": 10.0, '
        '"nvidia_draw_absolute": 100.0, "nvidia_estimated_attributable_power_draw": 90.0}\n'
        '{"timestamp": 1600000001.5, "rapl_power_draw_absolute": 42.0, "rapl_estimated_attributable_power_draw": 11.0, '
        '"nvidia_draw_absolute": 120.0, "nvidia_estimated_attributable_power_draw": 99.0}\n', "impact-tracker",
        {"": "151", "cpu": "41", "gpu": "110"}, False, "1",
    ),
    "experiment-impact-tracker, first versions": Case(
        "timestamp,rapl_power_draw_absolute,rapl_estimated_attributable_power_draw,nvidia_draw_absolute\n"
        "1600000000,40,10,\n1600000002,44,10,\n", "impact-tracker", {"": "84", "cpu": "84"}, True, "2",
    ),
    # pyRAPL's own test of CSVOutput: µJ and µs, a row for each socket
    "pyRAPL": Case(
        "label,timestamp,duration,pkg,dram,socket\ntoto,1600000000.0,2000000.0,11000000.0,3300000.0,0\n"
        "toto,1600000000.0,2000000.0,22000000.0,6600000.0,1\n", "pyrapl", {"": "33", "cpu": "33", "dram": "9.9"}, True, "2",
    ),
    # an M-series Mac: 0.8 W x 1.002 s + 1.2 W x 1.5 s, and GPU + ANE 0.3 W and 0.1 W
    "powermetrics": Case(
        "*** Sampled system activity (Fri Sep 11 13:41:46 2026 -0700) (1002.00ms elapsed) ***\n\n"
        "**** Processor usage ****\n\nCPU Power: 800 mW\nGPU Power: 200 mW\nANE Power: 100 mW\n"
        "Combined Power (CPU + GPU + ANE): 1100 mW\n\n"
        "*** Sampled system activity (Fri Sep 11 13:41:47 2026 -0700) (1500.00ms elapsed) ***\n"
        "CPU Power: 1200 mW\nGPU Power: 100 mW\nANE Power: 0 mW\n", "powermetrics",
        {"": "3.0522", "cpu": "2.6016", "gpu": "0.4506"}, False, "2.502",
    ),
    # CodeCarbon 1.x: no parts; 3.x: water, wue and pue beside it
    "CodeCarbon 1": Case(
        "timestamp,project_name,duration,emissions,energy_consumed,country_name,country_iso_code,region,on_cloud\n"
        "2021-01-01T00:00:00,p,10.5,0.001,0.002,France,FRA,,N\n", "codecarbon", {"": "7200"}, False, "10.5",
    ),
    "CodeCarbon 3": Case(
        "timestamp,project_name,run_id,experiment_id,duration,emissions,emissions_rate,cpu_power,gpu_power,ram_power,"
        "cpu_energy,gpu_energy,ram_energy,energy_consumed,water_consumed,country_name,codecarbon_version,tracking_mode,"
        "cpu_utilization_percent,gpu_utilization_percent,ram_utilization_percent,ram_used_gb,on_cloud,pue,wue\n"
        "2026-01-01T00:00:00,p,r,e,60,0.001,0.0001,42.5,250,20,0.0005,0.004,0.0005,0.005,0,France,3.3.2,machine,"
        "50,97,30,12,N,1.0,0.0\n", "codecarbon", {"": "18000", "cpu": "1800", "gpu": "14400", "dram": "1800"}, False, "60",
    ),
    # --query-gpu=timestamp,name,pci.bus_id,driver_version,pstate,power.draw.instant,enforced.power.limit
    "nvidia-smi, other columns": Case(
        "timestamp, name, pci.bus_id, pstate, power.draw.instant [W], enforced.power.limit [W], utilization.gpu [%]\n"
        "2024/01/01 00:00:00.000, NVIDIA A100, 00000000:07:00.0, P0, 100.00 W, 400.00 W, 10 %\n"
        "2024/01/01 00:00:00.003, NVIDIA A100, 00000000:0F:00.0, P0, 200.00 W, 400.00 W, 10 %\n"
        "2024/01/01 00:00:01.000, NVIDIA A100, 00000000:07:00.0, P0, 100.00 W, 400.00 W, 10 %\n"
        "2024/01/01 00:00:01.003, NVIDIA A100, 00000000:0F:00.0, P0, 200.00 W, 400.00 W, 10 %\n", "nvidia-smi",
        {"": "300", "gpu": "300"}, True, "1",
    ),
    # scripts around NVML write milliwatts, Unix times (in milliseconds), and no space before a unit
    "nvidia-smi, mW and Unix time": Case(
        "timestamp,power.draw [mW]\n1700000000.5,100000\n1700000002.5,120000\n", "nvidia-smi",
        {"": "220", "gpu": "220"}, True, "2",
    ),
    "nvidia-smi, ISO time and units in the cells": Case(
        "timestamp,index,power.draw,memory.used\n2024-01-01T00:00:00Z,0,100W,1024MiB\n2024-01-01T00:00:01Z,0,0.1kW,1GiB\n",
        "nvidia-smi", {"": "100", "gpu": "100"}, True, "1",
    ),
    "nvidia-smi, milliseconds": Case(
        "timestamp,power.draw [W]\n1700000000500,100.0\n1700000001500,100.0\n", "nvidia-smi",
        {"": "100", "gpu": "100"}, True, "1",
    ),
    # Zeus 0.11 with CPU and DRAM of RAPL beside the GPU
    "Zeus with a CPU": Case(
        "start_time,window_name,elapsed_time,gpu0_energy,cpu0_energy,dram0_energy\n1700000000.1,train,2.5,500.5,100.25,9\n",
        "zeus", {"": "600.75", "gpu": "500.5", "cpu": "100.25", "dram": "9"}, False, "2.5",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_log_of_a_peer(read: Read, name: str) -> None:
    case = CASES[name]
    [reading] = read("power.log", case.text)
    assert reading.format == case.format
    energies = {m.metric: m.value for m in reading.measurements if m.unit == "J"}
    expected = {f"{part}_energy_joules" if part else "energy_joules": Decimal(j) for part, j in case.joules.items()}
    assert energies == expected
    assert found(reading, "energy_joules").at_least is case.bound
    if case.seconds is not None:
        assert reading.duration_seconds == Decimal(case.seconds)


@pytest.mark.parametrize("name", CASES)
def test_a_log_that_ends_within_a_line_says_so_or_is_refused(read: Read, name: str) -> None:
    text = CASES[name].text
    for end in range(len(text) // 2, len(text) - 1, 5):
        if "\n" in text[end - 1 : end + 1] or text[end - 1 : end + 1].isspace():
            continue  # between two lines: a log that was stopped earlier
        try:
            readings = read("power.log", text[:end])
        except FormatError:
            continue
        for m in (m for reading in readings for m in reading.measurements if m.unit == "J"):
            part = m.metric.removesuffix("energy_joules").rstrip("_")
            whole = Decimal(CASES[name].joules[part])
            assert m.value == whole or (m.value < whole and m.at_least), (m.metric, text[:end])


SMI = r"nvidia-smi --query-gpu=timestamp,index,power\.draw --format=csv"
REFUSED = {
    "perf stat without RAPL": (
        " Performance counter stats for 'sleep 1':\n\n   <not supported> Joules power/energy-pkg/\n\n 1.0 seconds time elapsed\n",
        r"counts no energy of the package .*perf stat -a -e power/energy-pkg/",
    ),
    "perf stat, three digits": (
        "  12.740 Joules power/energy-pkg/\n", r"p:1: '12.740' is not a number with two digits behind the point",
    ),
    "turbostat without times": (
        "PkgWatt\tRAMWatt\n171.95\t161.63\n172.45\t161.23\n", "watts and no time: .*--show Time_Of_Day_Seconds,PkgWatt",
    ),
    "dmon without times": (
        "# gpu   pwr gtemp mtemp    sm   mem\n# Idx     W     C     C     %     %\n    0    62     27      -     7      1\n",
        "p:3: says not when its lines were written: .*dmon -s p -o DT",
    ),
    "dmon without power": (
        "#Time        gpu  rxpci  txpci\n#HH:MM:SS    Idx   MB/s   MB/s\n 10:00:00      0    100     20\n",
        "p:3: no column pwr: .*dmon -s p -o DT",
    ),
    "pmon": (
        "# gpu        pid  type    sm   mem   enc   dec   command\n# Idx          #   C/G     %     %     %     %   name\n"
        "    0       1234     C    98    60     -     -   python\n", "p:3: no column pwr: .*dmon -s p -o DT",
    ),
    "tegrastats of JetPack 4": (
        "RAM 2345/7764MB (lfb 4x4MB) CPU [1%@1190,2%@1190] GR3D_FREQ 0% CPU@45C POM_5V_IN 3345/3345 POM_5V_GPU 123/123\n",
        "p:1: says not when it was written: .*JetPack 5",
    ),
    "tegrastats of an AGX": (
        "01-26-2024 12:00:00 RAM 2345/62780MB CPU [1%@729] GR3D_FREQ 0% cpu@45C VDD_GPU_SOC 2384mW/2384mW "
        "VIN_SYS_5V0 2020mW/2020mW\n", "p:1: has no rail VDD_IN",
    ),
    "rocm-smi --csv": ("device,Average Graphics Package Power (W)\ncard0,37.0\n", "rocm-smi, which says no time"),
    "rocm-smi --json": (
        '{"card0": {"Average Graphics Package Power (W)": "250.0", "GPU use (%)": "95"}}\n', "rocm-smi, which says no time",
    ),
    "nvidia-smi's screen": (
        "+---------------------------+\n| NVIDIA-SMI 550.54.15      Driver Version: 550.54.15      CUDA Version: 12.4 |\n",
        f"nvidia-smi's screen, of one moment: use {SMI}",
    ),
    "nvidia-smi -q": (
        "\n==============NVSMI LOG==============\n\nTimestamp : Mon Jan  1 00:00:00 2024\n", f"of nvidia-smi -q: use {SMI}",
    ),
    "nvidia-smi in another unit": (
        "timestamp,power.draw [A]\n2024/01/01 00:00:00.000,1\n", r"power.draw \[A\]: '1' is not a number of W",
    ),
    "nvidia-smi, seconds from the start": ("timestamp,power.draw [W]\n0,1\n1,1\n", "'0' is not a time stamp"),
    "nvidia-smi without header": (
        "2024/01/01 00:00:00.000, 0, 100.00 W\n2024/01/01 00:00:01.000, 0, 100.00 W\n", "there is no header",
    ),
    "psutil": ("timestamp,cpu_percent,memory_percent\n1,50.0,10\n2,60.0,10\n", "the processor's load and no power"),
    "likwid-powermeter": (
        "--------\nCPU name:\tIntel Core i7\nMeasure for socket 0 on CPU 0\nDomain PKG:\nEnergy consumed: 27.4 Joules\n",
        "of likwid-powermeter: give the Joules of its domain PKG",
    ),
    "powerstat, stopped": (
        "  Time    User  Nice   Sys  Idle    IO  Run Ctxt/s  IRQ/s  Watts\n15:34:26   1.6   0.0   0.6  97.7   0.0    1    710    "
        "543   5.06\n", "what was measured is not known",
    ),
    "eco2AI by epochs": (
        "id,project_name,epoch,duration(s),power_consumption(kWh)\na,p,1,1,0.1\na,p,2,2,0.2\n",
        "p:3: run 'a' has several rows, and it is not said whether they add up",
    ),
    "W&B without power": ("_timestamp,system.cpu,system.gpu.0.gpu\n1,2,3\n", r"no column system\.gpu\.0\.powerWatts"),
    "experiment-impact-tracker, shares alone": (
        '{"timestamp": 1, "rapl_estimated_attributable_power_draw": 10.0}\n', "attributed power is an estimate",
    ),
    "powermetrics without power": (
        "*** Sampled system activity (Fri Sep 11 13:41:46 2026 -0700) (1002.00ms elapsed) ***\nCPU 0 frequency: 1 MHz\n",
        "no CPU Power and no GPU Power",
    ),
    "carbontracker without a duration": (
        "x - Average power usage (W) for gpu: [1.0]\n", "p:1: a power without the duration of its epoch",
    ),
    "carbontracker's prediction": (
        "Predicted consumption for 5 epoch(s):\n\tEnergy:\t9 kWh\nActual consumption for 1 epoch(s):\n\tTime:\t0:01\n",
        "no actual consumption in kWh",
    ),
    "anything else": ("a\tb\n1\t2\n", "is not in one of the known formats"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_log_that_is_refused_in_words(read: Read, name: str) -> None:
    text, said = REFUSED[name]
    with pytest.raises(FormatError, match=said):
        read("p", text)


def test_runs_of_perf_are_a_mean_with_its_spread(read: Read) -> None:
    # a mail to the kernel's list: perf stat --repeat 10
    [reading] = read(
        "perf.txt",
        " Performance counter stats for 'system wide' (10 runs):\n\n"
        "        50.00 Joules power/energy-cores/       ( +-  1.24% )\n"
        "        80.00 Joules power/energy-pkg/         ( +-  0.50% )\n\n"
        "    34.922801 +- 0.000736 seconds time elapsed ( +-  0.00% )\n",
    )
    assert value(reading, "energy_joules") == 80
    assert found(reading, "energy_joules").uncertainty == Decimal("0.4")
    assert reading.duration_seconds == Decimal("34.922801")
    assert reading.notes[-1] == "the mean of 10 runs: the energy of one"


def test_a_pause_of_a_sampled_log_is_a_gap(read: Read) -> None:
    rows = "".join(f" 20210102 10:00:{n:02}  0  100\n" for n in (0, 1, 2, 3, 30, 31))
    [reading] = read("dmon.log", f"#Date Time gpu pwr\n{rows}")
    assert value(reading, "energy_joules") == 400
    assert [int(gap.length_seconds) for gap in reading.gaps] == [27]
    assert found(reading, "gpu_energy_joules").at_least


def test_runs_and_labels_are_told_apart(read: Read) -> None:
    runs = read("wandb.csv", "_runtime,a - system/gpu.0.powerWatts,b - system/gpu.0.powerWatts\n0,10,20\n2,10,30\n")
    assert [(r.submission, int(value(r, "energy_joules"))) for r in runs] == [("a", 20), ("b", 50)]
    labels = read(
        "rapl.csv", "label,timestamp,duration,pkg,dram,socket\nx,0,1000000,5000000,,0\ny,1,1000000,7000000,,0\n"
    )
    assert [(r.submission, int(value(r, "energy_joules"))) for r in labels] == [("x", 5), ("y", 7)]
    eco = read("e.csv", "id,project_name,duration(s),power_consumption(kWh)\n1,p,1,0.5\n2,q,1,0.25\n")
    assert [(r.submission, int(value(r, "energy_joules"))) for r in eco] == [("p", 1_800_000), ("q", 900_000)]
