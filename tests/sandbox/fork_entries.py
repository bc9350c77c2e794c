"""Functions that the tests of the fork server run in a child: what it can see of itself, and of nobody else."""

from __future__ import annotations

import json
import os
import resource
import signal
import stat
import sys
import time
from pathlib import Path


def standing(_: bytes, __: tuple[str, ...]) -> bytes:
    """All that a process inherits or is held by, as JSON: it has to be the same whoever has started it."""
    status = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines())
    names = ("Umask", "Groups", "Threads", "SigBlk", "SigIgn", "SigCgt", "NoNewPrivs", "Seccomp", "Seccomp_filters")
    found = {
        "status": {name: status[name] for name in (*names, *(name for name in status if name.startswith("Cap")))},
        "limits": {
            name: resource.getrlimit(getattr(resource, name)) for name in dir(resource) if name[:7] == "RLIMIT_"
        },
        "environment": dict(os.environ),
        "folder": str(Path.cwd()),
        "words": [sys.argv, sys.path, sys.flags.hash_randomization],
        "user": [os.getuid(), os.getgid(), os.getpriority(os.PRIO_PROCESS, 0), sorted(os.sched_getaffinity(0))],
        "first": os.getpid() == 1,
        "signals": {int(number): str(signal.getsignal(number)) for number in signal.Signals},
        "descriptors": descriptors(),
    }
    return json.dumps(found, sort_keys=True).encode()


def descriptors() -> list[str]:
    """The kind of every open descriptor, in their order."""
    kinds = []
    for number in range(256):
        try:
            mode = os.fstat(number).st_mode
        except OSError:
            continue
        kinds.append("pipe" if stat.S_ISFIFO(mode) else "device" if stat.S_ISCHR(mode) else oct(mode))
    return kinds


def namespaces(_: bytes, __: tuple[str, ...]) -> bytes:
    """The namespaces that the child is in."""
    return json.dumps({p.name: str(p.readlink()) for p in Path("/proc/self/ns").iterdir()}).encode()


def computes(_: bytes, __: tuple[str, ...]) -> bytes:
    """Runs for a second and a half of CPU."""
    while time.process_time() < 1.5:
        pass
    return b"done"


def sleeps(_: bytes, __: tuple[str, ...]) -> bytes:
    time.sleep(120)
    return b""


def dozes(_: bytes, __: tuple[str, ...]) -> bytes:
    """Sleeps, but for the moments in which it has itself looked at."""
    while True:
        time.sleep(0.021)
        sys.stdout.write(".")
        sys.stdout.flush()
        awake = time.perf_counter() + 0.001
        while time.perf_counter() < awake:
            pass


def whoami(_: bytes, __: tuple[str, ...]) -> bytes:
    return b"%d" % os.getppid()
