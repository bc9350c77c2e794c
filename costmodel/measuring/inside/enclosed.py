"""Namespaces around an entry: no network, everything read-only but its own folder, and nothing that outlives it.

The entry may start processes and programs as it likes, unlike what ``sandbox/`` runs. The first process of its PID
namespace is ours: when it ends, the kernel ends all others (pid_namespaces(7)).
"""

from __future__ import annotations

import ctypes
import os
import socket
import struct
from collections.abc import Callable
from pathlib import Path

from costmodel.measuring.inside.job import Job
from costmodel.sandbox.confinement import Confinement
from costmodel.sandbox.inside.confine import confine
from costmodel.sandbox.inside.namespaces import die_with_parent, leave, mount_proc
from costmodel.sandbox.resource_limits import Limits

_NAMES = ("user", "mount", "pid", "net", "ipc", "uts", "cgroup")
_BIND, _BIND_ALL, _NOSUID_NODEV = 0x1000, 0x5000, 0b110
_MOUNT_SETATTR, _RECURSIVE, _AT_FDCWD = 442, 0x8000, -100
_READ_ONLY = 1
_SET_INTERFACE_FLAGS, _UP = 0x8914, 1
_NO_NEW_PRIVILEGES = 38
_SHARED = "/dev/shm"


def leave_and_enclose() -> None:
    """Leave every namespace; the next child is the first process of the new ones.

    Raises:
        OSError: the kernel does not allow it.
    """
    leave(_NAMES)
    die_with_parent()  # again: a change of credentials takes the wish back (prctl(2))


def serve_as_first(job: Job, become: Callable[[Job], None]) -> None:
    """Be the first process inside: put up what is around the entry, start it, reap, and end with it. Never returns."""
    status = 127
    try:
        die_with_parent()
        mount_proc()
        _loopback_up()
        _mounts(job)
        confine(Limits(), Confinement(must=("powerless",), may=(), readable=(), scratch=""))
        ctypes.CDLL(None).prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        child = os.fork()
        if child == 0:
            os.setsid()
            become(job)
        for descriptor in (job.output, job.errors):
            os.close(descriptor)
        while True:
            found, ended = os.wait()
            if found == child:
                code = os.waitstatus_to_exitcode(ended)
                status = 128 - code if code < 0 else code
                break
    except Exception as problem:  # whatever is wrong, nothing of the entry has run
        os.write(job.report, f"refused {type(problem).__name__}: {problem}\n".encode())
    finally:
        os._exit(status)


def _loopback_up() -> None:
    """Programs talk to themselves over it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        import fcntl

        fcntl.ioctl(channel, _SET_INTERFACE_FLAGS, struct.pack("16sh22x", b"lo", _UP))


def _mounts(job: Job) -> None:
    """Hide what is not to be seen, and make everything read-only but the entry's folder and its shared memory."""
    kept = {place: os.open(place, os.O_PATH) for place in (job.folder, *job.shown)}
    for place in job.hidden:
        if os.path.isdir(place):  # noqa: PTH112  # a string from our own caller
            _mount("tmpfs", place, "tmpfs", _NOSUID_NODEV, "size=1m,mode=755")
        elif os.path.exists(place):  # noqa: PTH110
            _mount(os.devnull, place, None, _BIND, None)
    for place, descriptor in kept.items():
        Path(place).mkdir(parents=True, exist_ok=True)
        _mount(f"/proc/self/fd/{descriptor}", place, None, _BIND_ALL, None)
    size = "" if job.shared_bytes is None else f",size={job.shared_bytes}"
    if Path(_SHARED).is_dir():
        _mount("tmpfs", _SHARED, "tmpfs", _NOSUID_NODEV, f"mode=1777{size}")
    _set_read_only("/", True, _RECURSIVE)
    for place in (job.folder, _SHARED):
        if Path(place).is_dir():
            _set_read_only(place, False, 0)
    for descriptor in kept.values():
        os.close(descriptor)


def _mount(source: str, target: str, kind: str | None, flags: int, options: str | None) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    words = [None if text is None else os.fsencode(text) for text in (source, target, kind, options)]
    _checked(libc.mount(words[0], words[1], words[2], ctypes.c_ulong(flags), words[3]), target)


def _set_read_only(place: str, wanted: bool, flags: int) -> None:
    """mount_setattr(2): struct mount_attr is what is set, what is cleared, propagation, user namespace."""
    attributes = struct.pack("QQQQ", _READ_ONLY if wanted else 0, 0 if wanted else _READ_ONLY, 0, 0)
    libc = ctypes.CDLL(None, use_errno=True)
    result = libc.syscall(
        ctypes.c_long(_MOUNT_SETATTR), ctypes.c_long(_AT_FDCWD), ctypes.c_char_p(os.fsencode(place)),
        ctypes.c_ulong(flags), ctypes.c_char_p(attributes), ctypes.c_ulong(len(attributes)),
    )  # fmt: skip
    _checked(result, place)


def _checked(result: int, place: str) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{os.strerror(code)}: {place}")
