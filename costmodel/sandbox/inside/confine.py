"""The measures by which a child confines itself: taken before any code of a stranger runs, and for ever.

Measures, by name: ``limits`` (resource limits), ``scratch`` (a root of its own that holds what may be read, and a small
file system for the temporary folder, inside a user namespace), ``landlock``, ``powerless`` (no capabilities) and
``seccomp``.
"""

from __future__ import annotations

import ctypes
import os
import sys

from costmodel.errors import UnsupportedError
from costmodel.sandbox.confinement import Confinement
from costmodel.sandbox.inside import landlock_rules as landlock
from costmodel.sandbox.inside.seccomp import filter_program
from costmodel.sandbox.resource_limits import Limits

_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER, _NOT_DUMPABLE = 38, 22, 2, 4
_DROP_FROM_BOUNDING_SET = 24
_CAPABILITY_VERSION = 0x20080522
_NOSUID_NODEV = 0b110
_BIND_WITH_ALL = 0x5000  # MS_BIND | MS_REC
_REMOUNT_READ_ONLY = 0x1021  # MS_BIND | MS_REMOUNT | MS_RDONLY

ALWAYS_READABLE = ("/dev/urandom", "/dev/random", "/proc/self", "/proc/cpuinfo", "/proc/meminfo")
_WRITABLE = ("/dev/null",)
_DEVICES = ("/dev/null", "/dev/urandom", "/dev/random")


def confine(limits: Limits, wanted: Confinement) -> tuple[str, ...]:
    """Take every measure; returns the names of those that hold.

    Raises:
        UnsupportedError, OSError: one that must hold does not.
    """
    held = []
    for name, measure in _MEASURES.items():
        if name not in wanted.must + wanted.may:
            continue
        try:
            measure(limits, wanted)
        except (UnsupportedError, OSError, ImportError, AttributeError) as problem:
            if name in wanted.must:
                raise UnsupportedError(f"{name}: {problem}") from None
        else:
            held.append(name)
    return tuple(held)


def kernel_cpu_seconds(cpu_seconds: int) -> int:
    """The kernel's own limit, a little behind the one that is watched from outside.

    It goes by clock ticks, by which a process on a busy machine can seem to run longer than it does.
    """
    return cpu_seconds + cpu_seconds // 8 + 1


def _limits(limits: Limits, _: Confinement) -> None:
    import resource  # not on Windows

    values = {
        "RLIMIT_CORE": 0,
        "RLIMIT_CPU": kernel_cpu_seconds(limits.cpu_seconds),
        "RLIMIT_AS": limits.address_space_bytes,
        "RLIMIT_FSIZE": limits.file_bytes,
        "RLIMIT_NOFILE": limits.open_files,
        "RLIMIT_NPROC": limits.processes,
        "RLIMIT_MEMLOCK": 0,
        "RLIMIT_MSGQUEUE": 0,
    }
    for name, value in values.items():
        which = getattr(resource, name, None)
        if which is None:
            continue
        hard = resource.getrlimit(which)[1]
        new = value if hard == resource.RLIM_INFINITY else min(value, hard)
        try:
            # the signal of the soft limit can be ignored, so the hard one follows a second later
            resource.setrlimit(which, (new, new + 1 if name == "RLIMIT_CPU" and new != hard else new))
        except ValueError:
            if sys.platform == "linux":
                raise OSError(f"{name} cannot be set to {new}") from None


def _scratch(limits: Limits, wanted: Confinement) -> None:
    """A root that holds what may be read and nothing else, and in it a small scratch folder: file systems in memory."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mount(None, b"/", None, 0x44000, None)  # MS_REC | MS_PRIVATE: nothing goes back to the outer namespace
    root = wanted.scratch  # it is empty, and outside nobody sees what is mounted there
    _mount(libc, "tmpfs", root, "tmpfs", _NOSUID_NODEV, "size=1m,mode=755,nr_inodes=4096")
    for place in (*wanted.readable, "/proc", *_DEVICES):
        if os.path.exists(place):  # noqa: PTH110  # no pathlib before the wall is up
            _show(libc, place, root + place)
    inner = root + wanted.scratch
    os.makedirs(inner, exist_ok=True)  # noqa: PTH103
    _mount(libc, "tmpfs", inner, "tmpfs", _NOSUID_NODEV, f"size={limits.folder_bytes},mode=700,nr_inodes=4096")
    _mount(libc, None, root, None, _REMOUNT_READ_ONLY | _NOSUID_NODEV, None)
    os.chroot(root)
    os.chdir(wanted.scratch)


def _show(libc: ctypes.CDLL, place: str, at: str) -> None:
    """Bind a folder or file into the new root, unless it lies in one that is there already."""
    if os.path.exists(at):  # noqa: PTH110
        return
    if os.path.isdir(place):  # noqa: PTH112
        os.makedirs(at)  # noqa: PTH103
    else:
        os.makedirs(os.path.dirname(at), exist_ok=True)  # noqa: PTH103, PTH120
        os.close(os.open(at, os.O_CREAT | os.O_WRONLY, 0o600))
    _mount(libc, place, at, None, _BIND_WITH_ALL, None)


def _mount(
    libc: ctypes.CDLL, source: str | None, target: str, kind: str | None, flags: int, options: str | None
) -> None:
    words = (None if text is None else os.fsencode(text) for text in (source, target, kind))
    source_, target_, kind_ = words
    _checked(libc.mount(source_, target_, kind_, ctypes.c_ulong(flags), None if options is None else options.encode()))


def _landlock(_: Limits, wanted: Confinement) -> None:
    landlock.restrict((*wanted.readable, *ALWAYS_READABLE), (wanted.scratch, *_WRITABLE))


def _powerless(_: Limits, __: Confinement) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in range(64):
        libc.prctl(_DROP_FROM_BOUNDING_SET, capability, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    _checked(libc.capset(header, (ctypes.c_uint32 * 6)()))


class _Program(ctypes.Structure):
    """``struct sock_fprog``."""

    _fields_ = (("len", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def _seccomp(_: Limits, __: Confinement) -> None:
    if sys.platform != "linux":
        raise UnsupportedError("seccomp: only Linux has it")
    code = filter_program(os.getpid())
    libc = ctypes.CDLL(None, use_errno=True)
    _checked(libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
    _checked(libc.prctl(_NOT_DUMPABLE, 0, 0, 0, 0))
    program = _Program(len(code) // 8, code)
    _checked(libc.prctl(_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0))


def _checked(result: int) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


_MEASURES = {
    "limits": _limits,
    "scratch": _scratch,
    "landlock": _landlock,
    "powerless": _powerless,
    "seccomp": _seccomp,
}
"""In the order in which they are possible: mounting needs the capabilities that are dropped later."""
