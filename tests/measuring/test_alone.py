"""A meter of the whole machine says whether the entry was alone on it, and what the machine took when it was idle."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any

import pytest

from costmodel.ir.run import MeterReading
from costmodel.measuring.alone import busy_cores, machine_time
from costmodel.measuring.meter import Ended
from costmodel.measuring.metered import MeteredStage
from costmodel.measuring.tree import Tree, TreeLook

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="read from /proc")


class Socket:
    """A meter at the wall socket: 5 J each second."""

    NAME, WHOLE_MACHINE, ADVICE = "socket", True, ""
    QUANTITIES: Mapping[str, str] = {"joules": "J"}

    def missing(self) -> str:
        return ""

    def per_second(self, seconds: float) -> Mapping[str, float]:
        time.sleep(seconds)
        return {"joules": 5.0}

    def begin(self, tree: Tree) -> Socket:
        return self

    def look(self, seen: TreeLook) -> Mapping[str, float]:
        return {}

    def end(self, ended: Ended) -> tuple[MeterReading, ...]:
        return (MeterReading(meter=self.NAME, quantity="joules", unit="J", value=40.0),)


def test_another_program_is_noticed_and_idle_is_stated_not_subtracted() -> None:
    burner = subprocess.Popen([sys.executable, "-S", "-c", "while True: pass"])
    try:
        stage = MeteredStage([Socket()], 0.3)
        stage.idle_before()
    finally:
        burner.kill()
        burner.wait()
    (remark,) = stage.remarks()
    assert remark.startswith("it was not alone")
    stage.begin(Tree(burner.pid, "", None))
    nothing: Any = Ended(wall_seconds=1.0, peak_bytes=0, group_bytes=None, look=TreeLook(seconds=0.0))
    (reading,) = stage.end(nothing)
    assert (reading.value, reading.idle_before, reading.idle_after) == (40.0, 5.0, 5.0)


def test_without_such_a_meter_nobody_asks() -> None:
    stage = MeteredStage([], 5.0)
    begun = time.monotonic()
    stage.idle_before()
    assert time.monotonic() - begun < 1
    assert list(stage.remarks()) == []


def test_a_busy_core_is_one() -> None:
    before = machine_time("cpu  100 0 0 900 0 0 0 0 0 0\ncpu0 1 2")
    assert busy_cores(before, machine_time("cpu  150 10 30 990 20 5 3 2 9 9"), 4) == pytest.approx(4 * 100 / 210)
    assert busy_cores(None, before, 4) is None
    assert busy_cores(before, before, 4) is None
