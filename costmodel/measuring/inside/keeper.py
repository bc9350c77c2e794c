"""The keeper of an entry: its parent, and the new parent of whatever in it loses its own.

The kernel gives orphans to the nearest ancestor that is a child subreaper (prctl(2), PR_SET_CHILD_SUBREAPER), so that
a daemon of an entry's is still below its keeper, where the one that watches looks for it. The keeper reaps, reports
how the command ended, and ends what is left when nobody watches any longer, so that nothing outlives a watcher that
was killed.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Mapping

from costmodel.ir.codec import loads
from costmodel.measuring.inside.enclosed import leave_and_enclose, serve_as_first
from costmodel.measuring.inside.job import ENDED, JOB, PEAK, REFUSED, STARTED, Job
from costmodel.sandbox.inside.namespaces import die_with_parent
from costmodel.sandbox.process_tree import descendants

_SET_CHILD_SUBREAPER = 36
_CANNOT_START = 127
_KIBIBYTE = 1024
_PATIENCE_SECONDS = 5.0


def main() -> None:
    """Start the job on standard input, reap until standard input ends, and then end whatever is left."""
    job = loads(Job, sys.stdin.readline(), JOB)
    ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, ctypes.c_ulong(1), 0, 0, 0)
    ended, wakes = os.pipe()
    for descriptor in (ended, wakes):
        os.set_blocking(descriptor, False)
    signal.set_wakeup_fd(wakes)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    begun = time.monotonic()
    child = os.fork()
    if child == 0:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _start(job)
    _say(job, f"{STARTED} {child} {begun}")
    for descriptor in (job.output, job.errors):
        os.close(descriptor)
    while True:
        ready, _, _ = select.select([0, ended], [], [])
        if ended in ready:
            os.read(ended, 4096)
            _reap(child, job)
        if 0 in ready and not os.read(0, 4096):
            break  # nobody watches any longer: it is done, or was killed itself
    _end_all(child, job)


def _say(job: Job, line: str) -> None:
    with contextlib.suppress(OSError):  # nobody listens
        os.write(job.report, f"{line}\n".encode())


def _reap(child: int, job: Job) -> bool:
    """Reap every child that has ended, adopted ones too, and report the end of one; False if there is none left."""
    while True:
        try:
            found, status, used = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if found == 0:
            return True
        # what encloses the command may end before it has reaped what is inside, which then is reaped here
        _say(job, f"{PEAK} {used.ru_maxrss * _KIBIBYTE}")
        if found == child:
            _say(job, f"{ENDED} {os.waitstatus_to_exitcode(status)} {time.monotonic()}")


def _end_all(child: int, job: Job) -> None:
    """Kill what is below, and what is adopted meanwhile, until there is nothing."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while _reap(child, job) and time.monotonic() < deadline:
        for process in descendants(os.getpid())[1:]:
            with contextlib.suppress(OSError):
                os.kill(process, signal.SIGKILL)
        time.sleep(0.005)


def _start(job: Job) -> None:
    """The child's side; never returns."""
    try:
        die_with_parent()
        os.setsid()
        for group in job.groups:
            _join(group)
        if not job.enclosed:
            _become(job)
        leave_and_enclose()
        inner = os.fork()
        if inner == 0:
            serve_as_first(job, _become)
        for descriptor in (job.output, job.errors):
            os.close(descriptor)
        _, status, _ = os.wait4(inner, 0)
        code = os.waitstatus_to_exitcode(status)
        os._exit(128 - code if code < 0 else code)
    except OSError as problem:
        _say(job, f"{REFUSED} {problem.strerror or problem}")
    finally:
        os._exit(_CANNOT_START)


def _join(group: str) -> None:
    descriptor = os.open(group, os.O_WRONLY)
    os.write(descriptor, b"0")
    os.close(descriptor)


def _become(job: Job) -> None:
    """Turn into the command.

    Raises:
        OSError: there is no such program.
    """
    if job.cores:
        os.sched_setaffinity(0, job.cores)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if job.file_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (job.file_bytes, job.file_bytes))
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for ours, theirs in ((nothing, 0), (job.output, 1), (job.errors, 2)):
        os.dup2(ours, theirs)
    os.chdir(job.folder)
    program = job.program or job.words[0]
    try:
        _look_for(program, job.environment)
        os.execvpe(job.words[0], list(job.words), dict(job.environment))
    except OSError as problem:
        _say(job, f"{REFUSED} {program}: {problem.strerror or problem}")
        os._exit(_CANNOT_START)


def _look_for(program: str, environment: Mapping[str, str]) -> None:
    """Say here that a program is not there: what encloses it would be what is started, and fail in its own words.

    Raises:
        OSError: there is none, or nobody may run it.
    """
    folders = [""] if os.sep in program else os.get_exec_path(environment)
    found = [place for folder in folders if os.path.isfile(place := os.path.join(folder, program))]  # noqa: PTH113, PTH118
    if not any(os.access(place, os.X_OK) for place in found):
        code = errno.EACCES if found else errno.ENOENT
        raise OSError(code, os.strerror(code))
