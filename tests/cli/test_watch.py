"""``costmodel watch``: a line at every save, with what has changed; errors in one line, and the old figures kept."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from costmodel.files.saves import sources_in
from tests.cli.conftest import Run

NET = """
from torch import nn


class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv2d(3, WIDTH, 4, stride=4), nn.ReLU(), nn.Flatten(), nn.Linear(WIDTH * 64, 10))
"""
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="each look is a fork")


def parameters_of(width: int) -> int:
    return width * (3 * 16 + 1) + 10 * (64 * width + 1)


@pytest.fixture
def watched(tmp_path: Path, in_root: Path) -> Iterator[subprocess.Popen[str]]:
    (tmp_path / "net.py").write_text(NET.replace("WIDTH", "8"), encoding="utf-8")
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "costmodel",
            "watch",
            "net.py:Net",
            "--rules",
            "mit-lab2-2022",
            "--fact",
            "error_rate_percent=21.7",
        ],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(in_root), "COSTMODEL_CACHE": str(tmp_path / "cache")},
        # a suite that was started in the background of a shell hands on that Ctrl-C is ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    yield process
    process.kill()
    process.communicate()


def peak_of(width: int) -> int:
    """Bytes that the convolution takes and gives, or the activation behind it."""
    return 4 * max(3 * 32 * 32 + 64 * width, 2 * 64 * width)


def test_a_line_at_every_save(watched: subprocess.Popen[str], tmp_path: Path) -> None:
    def line() -> str:
        assert watched.stdout is not None
        return watched.stdout.readline().rstrip()

    def rooms() -> list[str]:
        """One line for each: the limits of activation and error, and the points that a lower error would give."""
        return [line().strip() for _ in range(3)]

    first = line()
    assert f"{parameters_of(8):,} parameters" in first
    peak, error, points = rooms()
    assert peak.startswith(f"peak activation: {1_000_000 - peak_of(8):,} bytes left, ")
    assert error == "error rate: 28.3 % left, 56.6% of the limit"
    assert points == "error rate, more points: 1.7 % to 60 points"
    assert "(" not in first + peak + error + points  # nothing to compare with
    (tmp_path / "net.py").write_text(NET.replace("WIDTH", "6"), encoding="utf-8")
    assert f"{parameters_of(6):,} parameters ({parameters_of(6) - parameters_of(8):+,})" in line()
    peak, *unchanged = rooms()
    assert peak.startswith(f"peak activation: {1_000_000 - peak_of(6):,} bytes left, ")
    assert peak.endswith(f" ({peak_of(8) - peak_of(6):+,})")
    assert unchanged == [error, points]
    (tmp_path / "net.py").write_text(NET.replace("WIDTH", "6") + "def half(:\n", encoding="utf-8")
    broken = line()
    assert "net.py" in broken
    assert "parameters" not in broken
    (tmp_path / "net.py").write_text(NET.replace("WIDTH", "7"), encoding="utf-8")
    # compared with the last figures that there were
    assert f"{parameters_of(7):,} parameters ({parameters_of(7) - parameters_of(6):+,})" in line()
    assert rooms()[0].endswith(f" ({peak_of(6) - peak_of(7):+,})")
    watched.send_signal(signal.SIGINT)
    assert watched.wait(timeout=30) == 0
    assert watched.stderr is not None
    assert watched.stderr.read() == ""


def test_what_cannot_be_watched_is_said(run: Run, tmp_path: Path) -> None:
    gone = run("watch", "gone.py:Net", cwd=tmp_path)
    assert (gone.returncode, gone.stdout) == (3, "")
    assert "gone.py: no such file to watch" in gone.stderr
    (tmp_path / "net.py").write_text(NET.replace("WIDTH", "8"), encoding="utf-8")
    idle = run("watch", "net.py:Net", "--fact", "accuracy=90", cwd=tmp_path)
    assert (idle.returncode, "facts are for a rulebook" in idle.stderr) == (3, True)


def test_sources_are_looked_at_and_environments_are_not(tmp_path: Path) -> None:
    for name in ("net.py", "a/blocks.py", "data.bin", ".git/x.py", "env/pyvenv.cfg", "env/y.py", "__pycache__/z.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert sorted(Path(path).relative_to(tmp_path).as_posix() for path in sources_in(tmp_path)) == [
        "a/blocks.py",
        "net.py",
    ]
