"""The power of a run in AIPowerMeter's form gives the joules that were counted, when it is read as such a log."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from costmodel.facts.reader import read_facts
from costmodel.ir.run import Ending, Sample, StageRun
from costmodel.measuring.power_log import power_log


def _stage(*samples: tuple[float, float, float]) -> StageRun:
    seen = tuple(
        Sample(seconds=s, values={"cpu_energy_joules": c, "gpu_energy_joules": g, "processes": 1.0})
        for s, c, g in samples
    )
    return StageRun(stage="main.py", command=("python",), ending=Ending.FINISHED, samples=seen)


def test_it_is_read_back_as_the_joules_that_were_counted(tmp_path: Path) -> None:
    one = _stage((0.0, 100.0, 7.0), (0.5, 105.0, 32.0), (1.0, 110.0, 57.0), (2.0, 120.0, 107.0), (2.5, 125.0, 132.0))
    two = _stage((0.0, 200.0, 0.0), (1.0, 210.0, 0.0), (2.0, 220.0, 0.0))
    text = power_log([(one, datetime(2026, 11, 27, 23, 59, 58)), (two, datetime(2026, 11, 28, 0, 5))])
    lines = text.splitlines()
    assert lines[0] == (
        '{"date": "2026-11-27 23:59:58.000", "metrics": {"cpu": {"intel_power": 10.0}, '
        '"gpu": {"nvidia_draw_absolute": 50.0, "nvidia_power": 50.0}}}'
    )
    assert len(lines) == 4 + 1 + 3
    (tmp_path / "power_metrics.json").write_text(text)
    (reading,) = read_facts(tmp_path / "power_metrics.json").readings
    joules = {m.metric: float(m.value) for m in reading.measurements}
    # 10 W for 2.5 s and for 2 s; 50 W for 2.5 s
    assert joules == {"energy_joules": 170.0, "cpu_energy_joules": 45.0, "gpu_energy_joules": 125.0}


def test_without_a_meter_of_power_there_is_no_log() -> None:
    blind = StageRun(
        stage="main.py", command=(), ending=Ending.FINISHED, samples=(Sample(seconds=0.0, values={"processes": 1.0}),)
    )
    begun = datetime(2026, 11, 27)
    assert power_log([(blind, begun), (_stage((0.0, 1.0, 1.0)), begun)]) == ""
