"""Namespaces of one's own by the kernel's calls, as unshare(1) makes them; and a fork whose parent is the parent's.

Source: clone(2), unshare(2), user_namespaces(7), pid_namespaces(7).
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
from pathlib import Path

from costmodel.sandbox.inside.syscalls import CLONE

_FLAGS = {
    "mount": 0x00020000,
    "cgroup": 0x02000000,
    "uts": 0x04000000,
    "ipc": 0x08000000,
    "user": 0x10000000,
    "pid": 0x20000000,
    "net": 0x40000000,
}
_CLONE_PARENT = 0x00008000
_PRIVATE_FROM_HERE = 0x44000  # MS_REC | MS_PRIVATE
_NOSUID_NODEV_NOEXEC = 0b1110
_SET_PARENT_DEATH_SIGNAL, _SET_DUMPABLE = 1, 4
_COLUMN = {"x86_64": 0, "aarch64": 1}


def fork_beside() -> int:
    """Fork a sibling of this process, a child of its parent: (there) 0, or (here) its number.

    Python and libc take no notice of it, so all that it may do is to fork once more, properly, and to wait.

    Raises:
        OSError: the kernel does not allow it, or is none that we know.
    """
    number = CLONE[_COLUMN[platform.machine()]] if platform.machine() in _COLUMN else None
    if number is None:
        raise OSError(f"no number of clone is known for {platform.machine()}")
    # PyDLL keeps the interpreter's lock: the sibling has no thread that could give it back
    call = ctypes.PyDLL(None, use_errno=True).syscall
    none = ctypes.c_ulong(0)
    process = int(call(ctypes.c_long(number), ctypes.c_ulong(_CLONE_PARENT | signal.SIGCHLD), none, none, none, none))
    if process < 0:
        raise _error()
    return process


def leave(names: tuple[str, ...]) -> None:
    """Leave the namespaces of these names; with ``user`` among them, as a root that is nobody outside.

    The next child is the first process of the new PID namespace. This process may have one thread only.

    Raises:
        OSError: the kernel does not allow it.
    """
    user, group = os.geteuid(), os.getegid()
    flags = sum(_FLAGS[name] for name in names)
    _checked(_libc().unshare(ctypes.c_int(flags)))
    if "user" in names:
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1", encoding="ascii")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1", encoding="ascii")
    if "mount" in names:
        _checked(_libc().mount(b"none", b"/", None, ctypes.c_ulong(_PRIVATE_FROM_HERE), None))


def mount_proc() -> None:
    """A ``/proc`` of the own PID namespace.

    Raises:
        OSError: the kernel does not allow it.
    """
    _checked(_libc().mount(b"none", b"/proc", None, ctypes.c_ulong(_PRIVATE_FROM_HERE), None))
    _checked(_libc().mount(b"proc", b"/proc", b"proc", ctypes.c_ulong(_NOSUID_NODEV_NOEXEC), None))


def die_with_parent() -> None:
    """Be killed when the parent ends."""
    _checked(_libc().prctl(_SET_PARENT_DEATH_SIGNAL, ctypes.c_ulong(signal.SIGKILL), 0, 0, 0))


def open_to_others(is_open: bool) -> None:
    """Whether processes of the same user may look into this one; a child inherits it."""
    _checked(_libc().prctl(_SET_DUMPABLE, ctypes.c_ulong(is_open), 0, 0, 0))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> None:
    if result != 0:
        raise _error()


def _error() -> OSError:
    code = ctypes.get_errno()
    return OSError(code, os.strerror(code))
