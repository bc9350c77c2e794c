"""A stage under its budget: real programs that end well, badly, late or never, and what is left of them."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from costmodel.ir.run import Ending, StageRun
from costmodel.measuring.budget import Budget
from costmodel.measuring.enclosure import Enclosure, enclosure_called
from costmodel.measuring.entry import Stage
from costmodel.measuring.place import Place
from costmodel.measuring.running import run_stage
from costmodel.measuring.snapshot import Snapshots
from tests.measuring.conftest import Runs

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are watched through /proc")

MIB = 2**20


def value(ran: StageRun, quantity: str) -> float:
    (found,) = [r.value for r in ran.meters if r.quantity == quantity]
    assert found is not None
    return found


def test_a_program_that_ends_is_metered_and_says_how(runs: Runs, tmp_path: Path) -> None:
    program = "import time; b = b'x' * (40 << 20); time.sleep(.2); print('done'); open('x.bin', 'wb').write(b)"
    ran = runs(program, time=5)
    assert (ran.ending, ran.status, ran.limit, ran.left) == (Ending.FINISHED, 0, "", 0)
    assert 0.2 <= ran.wall_seconds == value(ran, "wall_seconds") < 1
    assert 40 * MIB <= value(ran, "host_memory_bytes") < 80 * MIB
    assert value(ran, "write_bytes") >= 40 * MIB
    assert (tmp_path / "logs" / "program.out.txt").read_text() == "done\n"
    assert ran.printed_bytes == 5


def test_how_a_program_failed_is_told(runs: Runs) -> None:
    ran = runs("raise SystemExit(7)", time=5)
    assert (ran.ending, ran.because) == (Ending.FAILED, "exit code 7")
    ran = runs("import os; os.kill(os.getpid(), 11)", time=5)
    assert (ran.ending, ran.because) == (Ending.FAILED, "signal SIGSEGV")


def test_a_program_is_killed_at_its_time_and_not_before(runs: Runs) -> None:
    ran = runs("import time; time.sleep(60)", time=0.5)
    assert (ran.ending, ran.limit, ran.asked_seconds) == (Ending.BROKE, "time", None)
    assert 0.5 <= ran.wall_seconds <= 0.7


def test_where_another_stage_follows_the_time_is_its_end_and_no_fault(runs: Runs) -> None:
    ran = runs("import time; time.sleep(60)", time=0.3, goes_on=True)
    assert (ran.ending, ran.limit) == (Ending.ENDED, "time")


def test_a_program_that_is_asked_to_end_has_its_grace(runs: Runs) -> None:
    polite = "import signal, sys, time; signal.signal(15, lambda *_: (time.sleep(.1), print('bye'), sys.exit(0)))\n"
    ran = runs(polite + "time.sleep(60)", time=0.4, grace=1)
    assert (ran.ending, ran.limit, ran.status) == (Ending.BROKE, "time", 0)
    assert ran.asked_seconds is not None
    assert 0.4 <= ran.asked_seconds <= 0.6
    assert 0.5 <= ran.wall_seconds < 1.2


def test_a_program_that_ignores_the_question_is_killed_after_its_grace(runs: Runs, mark: str) -> None:
    deaf = "import signal, sys, time, os; [signal.signal(n, signal.SIG_IGN) for n in (1, 2, 3, 15)]\n"
    ran = runs(f"{deaf}os.fork(); word = {mark!r}\nwhile True: time.sleep(1)", time=0.3, grace=0.3)
    assert (ran.ending, ran.left) == (Ending.BROKE, 2)
    assert 0.6 <= ran.wall_seconds <= 0.8


@pytest.mark.parametrize("time_limit", [5, 0.4], ids=["its first one ends", "it is killed"])
def test_daemons_do_not_outlive_it(runs: Runs, mark: str, time_limit: float) -> None:
    daemon = f"""
import os, sys, time
sleeper = [sys.executable, "-S", "-c", "import time; time.sleep(60)", {mark!r}]
for cleared in ({{}}, dict(os.environ)):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.closerange(0, 64)
            os.execve(sleeper[0], sleeper, cleared)
        os._exit(0)
    os.wait()
time.sleep({0.15 if time_limit == 5 else 60})
"""
    ran = runs(daemon, time=time_limit)
    assert ran.ending is (Ending.FINISHED if time_limit == 5 else Ending.BROKE)
    # behind namespaces the first process's end was theirs
    assert ran.left in ((0, 2) if time_limit == 5 else (3,))


def test_a_program_that_kills_around_itself_is_survived(runs: Runs, mark: str) -> None:
    killer = f"""
import os, sys, subprocess, time
subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(60)", {mark!r}])
time.sleep(.1)
parent = os.getppid()
if parent > 1:
    os.killpg(os.getpgid(parent), 9)
time.sleep(60)
"""
    ran = runs(killer, time=0.6)
    assert ran.ending in (Ending.FAILED, Ending.BROKE)  # of none: its keeper; behind namespaces there is nobody to kill
    assert ran.wall_seconds < 0.9


def test_a_flood_of_output_keeps_its_head_and_tail(runs: Runs, tmp_path: Path) -> None:
    flood = (
        "import os\nprint('the head', flush=True)\n"
        "for _ in range(4000): os.write(1, b'x' * 8191 + b'\\n')\nprint('the tail')"
    )
    ran = runs(flood, time=5, printed_bytes=1 << 16)
    assert ran.ending is Ending.FINISHED
    text = (tmp_path / "logs" / "program.out.txt").read_text()
    assert text.startswith("the head\nxxx")
    assert text.endswith("x\nthe tail\n")
    assert len(text) < (1 << 16) + 60
    left_out = ran.printed_bytes - (1 << 16)
    assert f"\n… {left_out:,} bytes left out …\n" in text
    assert ran.printed_bytes == 9 + 4000 * 8192 + 9


def test_a_quota_on_disk_is_kept(runs: Runs, tmp_path: Path) -> None:
    one = "f = open('big', 'wb')\nwhile True: f.write(bytes(1 << 20)); f.flush()"
    many = "import itertools\nfor i in itertools.count(): open(f'{i}', 'wb').write(bytes(1 << 18))"
    for program in (one, many):
        ran = runs(program, time=5, disk=8 * MIB)
        assert (ran.ending, ran.limit) == (Ending.BROKE, "disk"), ran.because
        assert (tmp_path / "work" / "big").stat().st_size <= 8 * MIB + 4096


def test_memory_is_kept_within_its_limit(runs: Runs, mark: str) -> None:
    slowly = "import time\nheld = []\nwhile True: held.append(b'x' * (8 << 20)); time.sleep(.1)"
    ran = runs(slowly, time=5, host_memory=96 * MIB)
    assert (ran.ending, ran.limit) == (Ending.BROKE, "host_memory")
    assert value(ran, "host_memory_bytes") < 160 * MIB
    together = "import os, time\nfor _ in range(3): os.fork()\nheld = b'x' * (20 << 20)\ntime.sleep(60)"
    ran = runs(together, time=5, host_memory=96 * MIB)  # eight, each of them below it
    assert (ran.ending, ran.limit) == (Ending.BROKE, "host_memory")


def test_a_spike_of_memory_that_no_look_meets_is_told_by_the_kernel(runs: Runs) -> None:
    spike = "held = b'x' * (120 << 20)\ndel held"
    ran = runs(spike, time=5, host_memory=96 * MIB)
    assert (ran.ending, ran.limit) == (Ending.BROKE, "host_memory")
    assert value(ran, "host_memory_bytes") > 96 * MIB


def test_more_processes_than_allowed_end_it(runs: Runs, mark: str) -> None:
    ran = runs("import os, time\nfor _ in range(4): os.fork()\ntime.sleep(60)", time=5, processes=8)
    assert (ran.ending, ran.limit) == (Ending.BROKE, "processes")


def test_cores_that_it_takes_are_taken_back(runs: Runs, tmp_path: Path) -> None:
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("one core")
    taker = (
        "import os, time; n = len(os.sched_getaffinity(0)); os.sched_setaffinity(0, range(os.cpu_count()))\n"
        "end = time.time() + 4\n"  # the watch looks ten times a second, and later when busy
        "while len(os.sched_getaffinity(0)) > 1 and time.time() < end: time.sleep(.05)\n"
        "print(n, len(os.sched_getaffinity(0)))"
    )
    ran = runs(taker, time=8, cpus=1)
    assert (tmp_path / "logs" / "program.out.txt").read_text() == "1 1\n"
    assert "took more cores" in ran.because


def test_cpu_time_counts_children_that_are_gone(runs: Runs) -> None:
    burn = "import os, time\nif os.fork() == 0:\n    while time.process_time() < .3: pass\n    os._exit(0)\nos.wait()"
    ran = runs(burn, time=5)
    assert 0.28 <= value(ran, "cpu_seconds") < 0.6
    assert value(ran, "cpu_seconds") <= ran.wall_seconds * 2


BY_A_PROGRAM = Enclosure(
    name="env", order=80, description="a program that starts another, as bubblewrap is", promises=(), advice="",
    depth=1, words=lambda _: ("env", "SOMETHING=1"),
)  # fmt: skip


@pytest.mark.parametrize("enclosure", [enclosure_called("none"), BY_A_PROGRAM], ids=lambda one: one.name)
@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("no-such-program", "No such file or directory"),
        ("./no-such-program", "No such file or directory"),
        ("./nobody-may", "Permission denied"),
        ("./fine", ""),
    ],
)
def test_a_program_that_is_not_there_was_not_started(
    tmp_path: Path, enclosure: Enclosure, program: str, why: str
) -> None:
    for name, mode in (("nobody-may", 0o644), ("fine", 0o755)):
        (tmp_path / name).write_text("#!/bin/sh\nexit 0\n")
        (tmp_path / name).chmod(mode)
    place = Place(folder=tmp_path, logs=tmp_path / "logs")
    began = time.monotonic()
    snapshots = Snapshots(tmp_path, tmp_path / "kept")
    ran = run_stage(Stage(name="x", words=(program,)), place, Budget(time=5), enclosure, (), snapshots)
    ended = (Ending.NOT_STARTED, f"{program}: {why}") if why else (Ending.FINISHED, "")
    assert (ran.ending, ran.because) == ended
    assert time.monotonic() - began < 2


def test_torchs_allocator_is_told_the_limit_on_gpu_memory_when_cuda_begins(runs: Runs, tmp_path: Path) -> None:
    """On two cards of 12 and 4 GB that are pretended: half of one, and all of the other."""
    program = """
import site, types
site.main()  # the other programs here start without it
import torch
c = torch.cuda
c.device_count = lambda: 2
c.get_device_properties = lambda d: types.SimpleNamespace(total_memory=(12e9, 4e9)[d])
c.set_per_process_memory_fraction = lambda fraction, device: print(device, fraction)
ours = [call for call, _ in c._queued_calls if call.__module__ == "sitecustomize"]
print(len(ours), c.is_initialized())
for call in ours:
    call()
"""
    ran = runs(program, time=60, gpu_memory=6 * 10**9)
    assert ran.ending is Ending.FINISHED, (tmp_path / "logs" / "program.err.txt").read_text()
    assert (tmp_path / "logs" / "program.out.txt").read_text() == "1 False\n0 0.5\n1 1.0\n"
