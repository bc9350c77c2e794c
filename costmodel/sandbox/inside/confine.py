"""The measures by which a child confines itself: taken before any code of a stranger runs, and for ever.

Measures, by name: ``limits`` (resource limits), ``scratch`` (a small file system of its own for the temporary folder,
inside a user namespace), ``landlock``, ``powerless`` (no capabilities), ``seccomp``.
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

ALWAYS_READABLE = ("/dev/urandom", "/dev/random", "/proc/self", "/proc/cpuinfo", "/proc/meminfo")
_WRITABLE = ("/dev/null",)


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


def _limits(limits: Limits, _: Confinement) -> None:
    import resource  # not on Windows

    values = {
        "RLIMIT_CORE": 0,
        "RLIMIT_CPU": limits.cpu_seconds,
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
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mount(None, b"/", None, 0x44000, None)  # MS_REC | MS_PRIVATE: nothing goes back to the outer namespace
    size = f"size={limits.folder_bytes},mode=700,nr_inodes=4096".encode()
    _checked(libc.mount(b"tmpfs", wanted.scratch.encode(), b"tmpfs", _NOSUID_NODEV, size))
    os.chdir(wanted.scratch)


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
