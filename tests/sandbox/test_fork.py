"""A forked child stands where one that is started afresh stands, and its server outlives nobody."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from costmodel.sandbox import fork
from costmodel.sandbox.child_result import ChildResult, LimitReached
from costmodel.sandbox.probe import probe
from costmodel.sandbox.resource_limits import Limits
from costmodel.sandbox.run import Entry, run_child
from costmodel.sandbox.slept import Slept
from tests.sandbox import fork_entries as entries
from tests.sandbox import sharing_entries, threaded_entries

pytestmark = pytest.mark.skipif(not fork.can_fork(), reason="NOT TESTED HERE: nothing is forked on this system")
ROOT = Path(__file__).parents[2]
FORKED = [status.wall for status in probe() if status.works and status.wall != "bubblewrap"]
LIMITS = Limits(wall_seconds=20.0)


def run(entry: Entry, wall: str = FORKED[0], limits: Limits = LIMITS) -> ChildResult:
    return run_child(entry, b"", wall=wall, limits=limits, shown=(ROOT, Path(__file__).parent))


def server() -> int:
    running = fork._client(os.getpid())._server
    assert running is not None
    return running.process.pid


@pytest.mark.parametrize("wall", FORKED)
def test_a_fork_stands_where_a_process_of_its_own_stands(wall: str, monkeypatch: pytest.MonkeyPatch) -> None:
    forked = run(entries.standing, wall)
    monkeypatch.setattr(fork, "can_fork", lambda: False)
    afresh = run(entries.standing, wall)
    assert (forked.held, forked.status) == (afresh.held, 0)
    one, other = (json.loads(r.answer.replace(r.scratch.encode(), b"SCRATCH")) for r in (forked, afresh))
    assert one.pop("descriptors") == ["device", "pipe", "pipe", "pipe"], "nothing is inherited"
    other.pop("descriptors")
    assert one == other


def test_it_leaves_every_namespace() -> None:
    if "namespaces" not in FORKED:
        pytest.skip("NOT TESTED HERE: no unprivileged user namespaces")
    theirs = json.loads(run(entries.namespaces, "namespaces").answer)
    ours = {place.name: str(place.readlink()) for place in Path("/proc/self/ns").iterdir()}
    assert {name for name in ours if name.partition("_")[0] != "time" and ours[name] == theirs[name]} == set()


def test_the_server_is_this_process_s_own_and_is_started_again() -> None:
    run(entries.whoami)
    first = server()
    run(entries.whoami)
    assert server() == first
    os.kill(first, signal.SIGKILL)
    assert run(entries.whoami).status == 0
    second = server()
    assert second != first
    child = os.fork()
    if child == 0:
        os._exit(0 if run(entries.whoami).status == 0 and server() != second else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert server() == second


@pytest.mark.parametrize("module", [threaded_entries, sharing_entries], ids=lambda module: module.__name__)
def test_what_cannot_be_forked_is_started_afresh(module: ModuleType) -> None:
    assert run(module.greets).answer == b"good day"
    assert fork._client(os.getpid())._server is None


def test_only_sleep_counts_as_time() -> None:
    """A processor's time is limited by itself, so that a busy machine ends nobody."""
    assert run(entries.computes, limits=Limits(wall_seconds=0.5)).answer == b"done"
    assert run(entries.sleeps, limits=Limits(wall_seconds=0.5)).limit is LimitReached.WALL_TIME
    assert run(entries.dozes, limits=Limits(wall_seconds=0.5, cpu_seconds=1)).limit is LimitReached.WALL_TIME


SPIN, REST = "while True: pass", "import time; time.sleep(60)"


def started(code: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-S", "-c", f"import os; os.sched_setaffinity(0, {{0}}); {code}"])


@pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="NOT TESTED HERE: the kernel does not say it")
def test_who_waits_for_a_busy_processor_does_not_sleep() -> None:
    hogs = [started(SPIN) for _ in range(4)]
    spinning, resting = started(f"os.nice(19)\n{SPIN}"), started(REST)
    try:
        time.sleep(0.5)
        clocks, begun = (Slept(spinning.pid), Slept(resting.pid)), time.monotonic()
        while (passed := time.monotonic() - begun) < 2.0:
            time.sleep(0.02)
            slept = [clock.seconds() for clock in clocks]
        assert slept[0] < 0.1 * passed
        assert slept[1] > 0.9 * passed
    finally:
        for process in (*hogs, spinning, resting):
            process.kill()
            process.wait()


GRADER = f"""
from pathlib import Path
from costmodel.sandbox.resource_limits import Limits
from costmodel.sandbox.run import run_child
from tests.sandbox.fork_entries import sleeps
run_child(sleeps, b"", wall={FORKED[0]!r}, limits=Limits(), shown=(Path({str(ROOT)!r}),))
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
def test_nothing_is_left_of_a_process_that_was_ended(number: signal.Signals) -> None:
    grader = subprocess.Popen(
        [sys.executable, "-c", GRADER],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.DEVNULL,
        # a suite that was started in the background of a shell hands on that Ctrl-C is ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    eventually(lambda: len(forks_for(grader.pid)) == 3)  # server, keeper and child
    grader.send_signal(number)
    grader.wait(20)
    eventually(lambda: not forks_for(grader.pid))


def forks_for(asking: int) -> list[int]:
    """Processes of the fork server that a process has started, by the words of their command."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            words = (place / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if len(words) > 8 and words[6] == str(asking).encode():
            found.append(int(place.name))
    return found


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)
