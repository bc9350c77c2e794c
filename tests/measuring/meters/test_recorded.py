"""Meters of hardware by counter files, for real where the machine has them.

The files are written by hand in the documented form (Documentation/power/powercap, NVML's API reference): no machine
with either was at hand when they were made.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from costmodel.ir.run import MeterReading
from costmodel.measuring.meter import Ended, all_meters
from costmodel.measuring.meters import gpu_energy, gpu_memory, gpu_utilisation, rapl
from costmodel.measuring.meters.rapl import Rapl
from costmodel.measuring.no_gpu import has_no_gpu
from costmodel.measuring.tree import ProcessLook, Tree, TreeLook

HERE = Path(__file__).parent
TREE = Tree(os.getpid(), "no token", None)
NOTHING = TreeLook(seconds=0.0)
OVER = Ended(wall_seconds=1.0, peak_bytes=0, group_bytes=None, look=NOTHING)


def by_quantity(readings: tuple[MeterReading, ...]) -> dict[str, MeterReading]:
    return {reading.quantity: reading for reading in readings}


@pytest.fixture
def powercap(tmp_path: Path) -> Callable[[int], Rapl]:
    """The zones of two packages, one of them listed as MMIO too; a call goes to a row of the record."""
    record = json.loads((HERE / "powercap.json").read_text())

    def at(row: int) -> Rapl:
        for zone, files in record["zones"].items():
            (tmp_path / zone).mkdir(exist_ok=True)
            for name, text in files.items():
                (tmp_path / zone / name).write_text(text)
            (tmp_path / zone / "energy_uj").write_text(f"{record['energy_uj'][zone][row]}\n")
        return Rapl(tmp_path)

    return at


def test_rapl_adds_packages_over_their_wrap_around(
    powercap: Callable[[int], Rapl], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rapl, "_EVERY_SECONDS", 0.0)
    meter = powercap(0)
    assert meter.missing() == ""
    metering = meter.begin(TREE)
    for row in (1, 2, 3):
        powercap(row)
        metering.look(NOTHING)
    found = by_quantity(metering.end(OVER))
    # by hand: package 0 goes 262,143,000,000 → (wraps at 262,143,328,850) → 1,000,000 → … → 6,000,000: 6.32885 J
    # package 1 goes 10,000,000 → 11,500,000 → 12,000,000 → 14,000,000: 4 J; DRAM 500,000 → … → 2,500,000: 2 J
    assert found["cpu_energy_joules"].value == pytest.approx(6.32885 + 4.0)
    assert found["dram_energy_joules"].value == pytest.approx(2.0)


def test_rapl_that_may_not_be_read_or_is_not_there_says_so(powercap: Callable[[int], Rapl], tmp_path: Path) -> None:
    assert Rapl(tmp_path / "nowhere").missing() == "the kernel offers no powercap zones"
    meter = powercap(0)
    (tmp_path / "intel-rapl:0" / "energy_uj").unlink()
    (tmp_path / "intel-rapl:0" / "energy_uj").mkdir()  # what root cannot read either
    assert meter.missing() == "energy_uj cannot be read: Is a directory"


def test_rapl_that_fails_in_the_middle_has_no_value(powercap: Callable[[int], Rapl], tmp_path: Path) -> None:
    metering = powercap(0).begin(TREE)
    (tmp_path / "intel-rapl:1" / "energy_uj").unlink()
    found = by_quantity(metering.end(OVER))
    assert [r.value for r in found.values()] == [None, None]
    assert "could not be read any longer" in found["cpu_energy_joules"].missing


def test_rapl_states_idle_per_second(powercap: Callable[[int], Rapl]) -> None:
    assert powercap(0).per_second(0.01) == {"cpu_energy_joules": 0.0, "dram_energy_joules": 0.0}


class Recorded:
    """``pynvml`` as it answered once: each call takes the next answer of its list and stays at the last."""

    def __init__(self, answers: dict[str, list[object]]) -> None:
        self._answers = answers

    def nvmlInit(self) -> None: ...

    def nvmlDeviceGetCount(self) -> int:
        return 1

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:
        return index

    def __getattr__(self, name: str) -> Callable[[int], object]:
        if name not in self._answers:
            raise AttributeError(name)

        def answer(_: int) -> object:
            left = self._answers[name]
            found = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(found, str):
                raise RuntimeError(found)
            return json.loads(json.dumps(found), object_hook=lambda fields: SimpleNamespace(**fields))

        return answer


@pytest.fixture
def nvml(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def install(**changed: list[object]) -> None:
        answers = json.loads((HERE / "nvml.json").read_text()) | changed
        monkeypatch.setitem(sys.modules, "pynvml", Recorded(answers))

    for module in (gpu_energy, gpu_memory, gpu_utilisation):
        monkeypatch.setattr(module, "_EVERY_SECONDS", 0.0)
        monkeypatch.setattr(module, "has_no_gpu", lambda: False)
    return install


def test_gpu_energy_is_the_difference_of_the_counter(nvml: Callable[..., None]) -> None:
    nvml()
    metering = gpu_energy.METER.begin(TREE)
    metering.look(NOTHING)
    (found,) = metering.end(OVER)
    assert found.value == pytest.approx(161_872.113 - 161_250.013)


def test_gpu_energy_without_a_counter_is_integrated_power(nvml: Callable[..., None]) -> None:
    nvml(nvmlDeviceGetTotalEnergyConsumption=["Not Supported"], nvmlDeviceGetPowerUsage=[100_000, 100_000, 200_000])
    metering = gpu_energy.METER.begin(TREE)
    started = time.monotonic()
    time.sleep(0.05)
    metering.look(NOTHING)
    middle = time.monotonic()
    time.sleep(0.05)
    (found,) = metering.end(OVER)
    assert found.value == pytest.approx(100 * (middle - started) + 150 * (time.monotonic() - middle), rel=0.05)
    assert "trapezoid" in found.error


def test_gpu_memory_is_that_of_the_tree_alone_at_its_most(nvml: Callable[..., None]) -> None:
    nvml()
    of_the_tree = ProcessLook(resident=0, highest=0, shared=0, cpu_seconds=0.0)
    seen = TreeLook(seconds=0.0, processes={4711: of_the_tree, 4712: of_the_tree})
    metering = gpu_memory.METER.begin(TREE)
    assert metering.look(seen) == {"gpu_memory_bytes": 1_000_000_000.0}
    assert metering.look(seen) == {"gpu_memory_bytes": 3_500_000_000.0}
    assert metering.look(seen) == {"gpu_memory_bytes": 500_000_000.0}
    (found,) = metering.end(OVER)
    assert found.value == 3_500_000_000.0


@pytest.mark.parametrize("unknown", [None, 2**64 - 1])
def test_gpu_memory_that_the_driver_does_not_tell_is_unknown(nvml: Callable[..., None], unknown: int | None) -> None:
    nvml(nvmlDeviceGetComputeRunningProcesses=[[{"pid": 4711, "usedGpuMemory": unknown}]])
    metering = gpu_memory.METER.begin(TREE)
    one = ProcessLook(resident=0, highest=0, shared=0, cpu_seconds=0.0)
    assert metering.look(TreeLook(seconds=0.0, processes={4711: one})) == {}
    (found,) = metering.end(OVER)
    assert (found.value, "does not tell" in found.missing) == (None, True)


def test_gpu_utilisation_is_the_mean_of_the_looks(nvml: Callable[..., None]) -> None:
    nvml()
    metering = gpu_utilisation.METER.begin(TREE)
    for _ in range(3):
        metering.look(NOTHING)
    (found,) = metering.end(OVER)
    assert found.value == pytest.approx((0 + 96 + 99) / 3)


def test_a_machine_has_no_gpu_only_where_that_is_seen(tmp_path: Path) -> None:
    devices, buses = tmp_path / "dev", tmp_path / "bus"
    devices.mkdir()
    assert not has_no_gpu(devices, buses)  # nobody can tell
    (buses / "pci" / "devices" / "0000:00:01.0").mkdir(parents=True)
    kind = buses / "pci" / "devices" / "0000:00:01.0" / "class"
    kind.write_text("0x020000\n")
    assert has_no_gpu(devices, buses)
    for controller in ("0x030000\n", "0x030200\n", "0x120000\n"):
        kind.write_text(controller)
        assert not has_no_gpu(devices, buses)
    kind.unlink()
    (devices / "nvidia0").touch()  # in a container, or on a board without a PCI bus
    assert not has_no_gpu(devices, buses)


def test_every_meter_says_what_it_is() -> None:
    for meter in all_meters():
        assert type(meter).__module__.rpartition(".")[2] == meter.NAME
        assert meter.QUANTITIES
        assert meter.missing() == "" or meter.ADVICE
        if not meter.missing():
            for reading in meter.begin(TREE).end(OVER):
                assert reading.unit == meter.QUANTITIES[reading.quantity]
                assert reading.error
                assert reading.misses


@pytest.mark.parametrize("meter", [rapl.METER, gpu_energy.METER], ids=lambda meter: meter.NAME)
def test_for_real(meter: Rapl) -> None:
    why = meter.missing() or ("this machine has no GPU" if meter.NAME == "gpu_energy" and has_no_gpu() else "")
    if why:
        pytest.skip(f"no real {meter.NAME}: {why}; recorded counters stood in")
    (quantity, watts), *_ = meter.per_second(0.5).items()
    assert quantity.endswith("energy_joules")
    assert 1 < watts < 5000
