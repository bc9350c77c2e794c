"""A piece of work: whatever it costs to check an answer, there are figures or a notice that says why not."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from costmodel.grading import job as jobs
from costmodel.grading.job import Job, trace
from costmodel.grading.notice import NoticeKind
from costmodel.sandbox.child_result import LimitReached
from costmodel.sandbox.probe import best_wall
from costmodel.sandbox.resource_limits import Limits
from costmodel.sandbox.warm import WarmResult

NET = """from torch import nn


class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Flatten(), nn.Linear(3072, 10))
"""


@pytest.fixture
def job(tmp_path: Path) -> Job:
    (tmp_path / "model.py").write_text(NET, encoding="utf-8")
    return Job(
        path=tmp_path,
        reference=None,
        settings={"input": "3x32x32", "batch": 2, "samples": 10, "epochs": 1},
        defaults={},
        random=True,
        phase="inference",
        wall=best_wall().wall,
        limits=Limits(),
    )


def test_figures_are_computed_in_a_child(job: Job) -> None:
    traced = trace(job)
    assert traced.notice is None
    assert traced.workload is not None
    assert traced.workload.macs == 30_720
    assert traced.analysis is not None
    assert traced.analysis.totals.parameters == 30_730
    assert traced.remarks == ()


@pytest.mark.parametrize(
    ("result", "kind", "said"),
    [
        (WarmResult(limit=LimitReached.CPU_TIME), NoticeKind.TOO_LARGE, "more than 90 seconds of CPU"),
        (WarmResult(limit=LimitReached.WALL_TIME), NoticeKind.TOO_LARGE, "more than 120 seconds"),
        (WarmResult(limit=LimitReached.MEMORY), NoticeKind.TOO_LARGE, "more than 2048 MiB of memory"),
        (WarmResult(limit=LimitReached.OUTPUT), NoticeKind.TOO_LARGE, "more than 32 MiB of figures"),
        (WarmResult(failed="ValueError"), NoticeKind.CRASHED, "could not be checked: ValueError"),
    ],
)
def test_a_limit_is_a_notice(
    job: Job, result: WarmResult, kind: NoticeKind, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended(*_: Any) -> WarmResult:
        return result

    monkeypatch.setattr(jobs, "run_warm", ended)
    traced = trace(job)
    assert (traced.analysis, traced.workload) == (None, None)
    assert traced.notice is not None
    assert traced.notice.kind is kind
    assert said in traced.notice.message


def test_the_graders_own_process_needs_no_torch() -> None:
    import subprocess

    program = "import sys, costmodel.grading.classroom, costmodel.verbs.grade; print('torch' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said == "False\n"
