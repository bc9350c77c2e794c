"""One at a time on a device, whoever asks; and an order that a seed gives."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from pathlib import Path

import pytest

from costmodel.measuring.queue import alone_on, in_order

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="locks are flock's")


@pytest.mark.parametrize("end", ["lets go", "is killed"])
def test_whoever_comes_second_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    ready, tell = os.pipe()
    holder = os.fork()
    if holder == 0:
        with alone_on(["gpu-1", "gpu-0"]):
            os.write(tell, b"x")
            time.sleep(0.2 if end == "lets go" else 60)
        os._exit(0)
    os.read(ready, 1)
    begun = time.monotonic()
    with alone_on(["gpu-2"]):  # another device
        assert time.monotonic() - begun < 0.1
    if end == "is killed":
        time.sleep(0.2)
        os.kill(holder, signal.SIGKILL)
    with alone_on(["gpu-0", "gpu-1"]):
        assert 0.15 < time.monotonic() - begun < 2
    os.waitpid(holder, 0)
    os.close(ready)
    os.close(tell)


def test_an_order_is_the_same_for_the_same_seed() -> None:
    names = [f"{n}" for n in range(20)]
    assert in_order(names, None) == names
    assert in_order(names, 4) == in_order(names, 4) != in_order(names, 5)
    assert sorted(in_order(names, 4)) == sorted(names)
