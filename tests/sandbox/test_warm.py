"""A job on a stranger's data costs no more than its limits, and the next one does not notice."""

from __future__ import annotations

import pytest

from costmodel.sandbox.child_result import LimitReached
from costmodel.sandbox.resource_limits import Limits
from costmodel.sandbox.warm import WarmResult, run_warm

LIMITS = Limits(wall_seconds=30.0, cpu_seconds=10, memory_bytes=512 * 2**20, answer_bytes=2 * 2**20)


def run(entry: str, data: bytes = b"", limits: Limits = LIMITS) -> WarmResult:
    return run_warm(f"tests.sandbox.warm_entries:{entry}", data, limits)


@pytest.mark.parametrize("data", [b"", b"x\n", bytes(range(256)) * 1000])
def test_an_answer_comes_back_as_it_is(data: bytes) -> None:
    assert run("echo", data) == WarmResult(answer=data * 2)


def test_what_is_slow_to_load_is_loaded_before_the_fork() -> None:
    assert run("loaded_before_the_fork").answer == b"True"


@pytest.mark.parametrize(
    ("entry", "limits", "reached"),
    [
        ("spins", Limits(wall_seconds=30.0, cpu_seconds=1), LimitReached.CPU_TIME),
        ("sleeps", Limits(wall_seconds=0.3), LimitReached.WALL_TIME),
        ("hoards", LIMITS, LimitReached.MEMORY),
        ("talks", LIMITS, LimitReached.OUTPUT),
    ],
)
def test_each_limit_is_named_and_costs_the_next_job_nothing(entry: str, limits: Limits, reached: LimitReached) -> None:
    assert run(entry, limits=limits) == WarmResult(limit=reached)
    assert run("echo", b"1").answer == b"11"


def test_whatever_else_goes_wrong_is_said() -> None:
    assert run("raises").failed == "ValueError"
    assert "status -11" in run("dies").failed
    assert "ended from outside" in run("ends_the_warm_process").failed
    assert run("echo", b"1").answer == b"11"
