"""Progress is a line on stderr: after a second, where somebody looks at it, and gone at the end."""

from __future__ import annotations

import contextlib
import io
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from costmodel.files import progress
from costmodel.files.progress import shown


class Stream(io.StringIO):
    """What a test sees of stderr."""

    terminal = True

    def isatty(self) -> bool:
        return self.terminal


@pytest.fixture
def stderr(monkeypatch: pytest.MonkeyPatch) -> Stream:
    monkeypatch.setattr(progress, "_AFTER_SECONDS", 0.05)
    monkeypatch.setattr(progress, "_EVERY_SECONDS", 0.02)
    return Stream()


def work(stream: Any, **words: Any) -> None:
    with contextlib.redirect_stderr(stream), shown(words.get("progress"), "working") as told:
        for done in range(4):
            if told is not None:
                told("mapping layers, conv1 is slow", done, 4)
            time.sleep(0.05)


def test_a_line_after_a_second_and_none_at_the_end(stderr: Stream) -> None:
    work(stderr)
    lines = stderr.getvalue().split("\r")
    assert lines[0] == ""
    assert any(re.match(r"mapping layers, conv1 is slow [123] of 4, 0 s, nearly done", line) for line in lines)
    # what was written last is blank, as wide as the line was
    assert lines[-1] == ""
    assert lines[-2].strip() == ""
    assert len(lines[-2]) == len(lines[-3].rstrip()) > 10


def test_quick_work_shows_nothing(stderr: Stream) -> None:
    with contextlib.redirect_stderr(stderr), shown(None, "working"):
        pass
    assert stderr.getvalue() == ""


def test_nobody_looks(stderr: Stream) -> None:
    work(stderr, progress=False)
    stderr.terminal = False
    work(stderr)
    assert stderr.getvalue() == ""
    stderr.close()
    work(stderr)
    work(None)


def test_the_callers_own_function_is_told_and_nothing_is_shown(stderr: Stream) -> None:
    heard: list[tuple[str, int, int]] = []
    work(stderr, progress=lambda *words: heard.append(words))
    assert [done for _, done, _ in heard] == [0, 1, 2, 3]
    assert stderr.getvalue() == ""


def test_a_notebook_is_told_too(monkeypatch: pytest.MonkeyPatch, stderr: Stream) -> None:
    kernels = type("OutStream", (Stream,), {"__module__": "ipykernel.iostream", "terminal": False})
    stream: Stream = kernels()
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)  # tests of notebooks import it
    work(stream)
    assert stream.getvalue() == ""
    monkeypatch.setitem(sys.modules, "ipykernel", io)
    work(stream)
    assert "of 4" in stream.getvalue()
    assert stderr.getvalue() == ""


VERBS: dict[str, Callable[[str], str]] = {
    "analyze": lambda net: f"costmodel.analyze({net!r}, hardware='simple_weight_stationary')",
    "advise": lambda net: f"costmodel.advise({net!r}, 'simple_weight_stationary', input='3x8x8')",
}
NET = """
from torch import nn


class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 8, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                         nn.Linear(8, 10))
"""


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="a real terminal needs a pty")
@pytest.mark.parametrize("verb", VERBS)
def test_in_a_real_terminal(verb: str, tmp_path: Path, in_root: Path) -> None:
    (tmp_path / "net.py").write_text(NET, encoding="utf-8")
    leader, follower = os.openpty()
    code = (
        "from costmodel.files import progress\nprogress._AFTER_SECONDS = 0.1\nimport costmodel\n"
        f"print({VERBS[verb]('net.py:Net')}.subject)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE, stderr=follower,
        env={**os.environ, "PYTHONPATH": str(in_root), "COSTMODEL_CACHE": str(tmp_path / "cache")},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    os.close(follower)
    seen = b""
    with contextlib.suppress(OSError):  # the other side is closed
        while piece := os.read(leader, 65536):
            seen += piece
    os.close(leader)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0, seen
    assert b"net.py" in out
    text = seen.decode()
    assert re.search({"analyze": r"\ranalyzing, \d+ s", "advise": r"\rcomputing changes \d+ of \d+, "}[verb], text), (
        text
    )
    assert text.endswith("\r")
    assert text.split("\r")[-2].strip() == ""
