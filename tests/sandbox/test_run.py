"""Any function runs behind a wall, without a submission and without a trace; its end is told in neutral words."""

from __future__ import annotations

import re
import signal
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from costmodel.sandbox.child_result import ChildResult, LimitReached
from costmodel.sandbox.inside.trials import Targets, attempt, tried
from costmodel.sandbox.probe import best_wall, probe
from costmodel.sandbox.resource_limits import Limits
from costmodel.sandbox.run import Entry, run_child
from costmodel.sandbox.wall import Launch, launch_in_place, python
from costmodel.sandbox.walls import limits as plain
from tests.sandbox import entries

TESTS = Path(__file__).parents[2]  # the folder in which Python looks for them
LIMITS = Limits(wall_seconds=20.0)
IN_PLACE = [status.wall for status in probe() if status.works and status.wall != "bubblewrap"]
"""Walls behind which a child finds the tests' own functions: bubblewrap shows it another tree of files."""


def run(entry: Entry, wall: str = "limits", limits: Limits = LIMITS, request: bytes = b"") -> ChildResult:
    return run_child(entry, request, wall=wall, limits=limits, shown=(TESTS, Path(__file__).parent))


@pytest.mark.parametrize("wall", IN_PLACE)
def test_a_function_gets_its_request_and_what_it_is_shown(wall: str) -> None:
    result = run(entries.echo, wall, request=b"\x00\n\xff")
    assert (result.status, result.signal, result.limit, result.refused) == (0, 0, None, "")
    answer, names = result.answer.rsplit(b"\n", 1)
    assert answer == b"\xff\n\x00"
    assert b"entries.py" in names
    assert result.output == b"said aloud\n"
    assert "limits" in result.held
    assert result.shown == (str(TESTS), str(Path(__file__).parent))
    assert not Path(result.scratch).exists()
    assert not list(Path(tempfile.gettempdir()).glob(Path(result.scratch).name))


def test_the_child_loads_nothing_that_knows_a_submission_or_a_trace() -> None:
    rooms = run(entries.imported).answer.decode().split()
    assert not {"grading", "tracing", "ops", "passes", "rules", "verbs"} & set(rooms), rooms


@pytest.mark.parametrize(
    ("entry", "limits", "limit"),
    [
        (entries.sleep, Limits(wall_seconds=1.0), LimitReached.WALL_TIME),
        (entries.spin, Limits(wall_seconds=20.0, cpu_seconds=1), LimitReached.CPU_TIME),
        (entries.hoard, Limits(wall_seconds=20.0, memory_bytes=256 << 20), LimitReached.MEMORY),
        (entries.fill, Limits(wall_seconds=20.0, folder_bytes=8 << 20), LimitReached.FOLDER),
        (entries.chatter, Limits(wall_seconds=20.0, output_bytes=1 << 20), LimitReached.OUTPUT),
    ],
    ids=lambda value: value.value if isinstance(value, LimitReached) else "",
)
def test_each_limit_has_its_value(entry: Entry, limits: Limits, limit: LimitReached) -> None:
    result = run(entry, limits=limits)
    assert result.limit is limit
    assert result.answer == b""
    assert result.stopped or limit is LimitReached.CPU_TIME  # the kernel may be the first to see that


def test_how_it_ended_by_itself() -> None:
    failed = run(entries.fail)
    assert (failed.status, failed.stopped, failed.answer) == (1, False, b"")
    assert b"RuntimeError: no answer" in failed.output
    assert run(entries.leave).status == 7
    assert run(entries.crash).signal == signal.SIGSEGV


def test_a_child_that_cannot_confine_itself_runs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def launch(_: Sequence[Path], scratch: Path, __: Limits) -> Launch:
        # a folder that is not there: the measure fails whether or not this user may mount
        return launch_in_place((), scratch / "gone", python(), must=("scratch",))

    monkeypatch.setattr(plain, "WALL", replace(plain.WALL, launch=launch))
    result = run_child(entries.echo, b"", wall="limits", limits=LIMITS)
    assert result.refused.startswith("scratch: ")
    assert (result.answer, result.held, result.status) == (b"", (), 1)


def test_behind_the_best_wall_the_child_says_what_it_holds() -> None:
    wall = best_wall()
    targets = Targets(file="/nowhere", folder="/nowhere", process=0, port=0)
    result = run_child(attempt, tried(targets), wall=wall.wall, limits=LIMITS, shown=(Path(__file__),))
    assert result.answer.startswith(b"[")
    assert {"limits", "seccomp"} <= set(result.held) or not wall.is_whole


def test_no_word_in_the_room_is_about_what_it_runs() -> None:
    room = Path(run_child.__code__.co_filename).parent
    words = re.compile(r"\b(submissions?|students?|grad(e[sd]?|ing|ers?)|trac(e[sd]?|ing|ers?))\b", re.IGNORECASE)
    found = {file.name: words.findall(file.read_text(encoding="utf-8")) for file in room.rglob("*.py")}
    assert {name: said for name, said in found.items() if said} == {}
