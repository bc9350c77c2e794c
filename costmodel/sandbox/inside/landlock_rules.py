"""Landlock through ctypes: files can be read in some folders, written in one, and nothing else exists.

Source: Documentation/userspace-api/landlock.rst; the three system calls have the same numbers everywhere.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys

from costmodel.errors import UnsupportedError

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_VERSION_QUESTION = 1
_PATH_BENEATH = 1

_READ = 1 << 2 | 1 << 3  # READ_FILE, READ_DIR
_FILE_RIGHTS = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15  # EXECUTE, WRITE, READ, TRUNCATE, IOCTL_DEV
_SPECIAL_FILES = 1 << 6 | 1 << 9 | 1 << 10 | 1 << 11  # MAKE_CHAR, _SOCK, _FIFO, _BLOCK
_FILE_SYSTEM = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
"""All rights that an ABI knows. Later ones know these and the sockets' names, which seccomp keeps."""
_TCP_SINCE, _TCP = 4, 0b11  # BIND, CONNECT
_SCOPE_SINCE, _SCOPE = 6, 0b11  # ABSTRACT_UNIX_SOCKET, SIGNAL


def abi() -> int:
    """The kernel's version of Landlock, 0 if it has none."""
    if sys.platform != "linux":
        return 0
    version: int = _libc().syscall(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION_QUESTION))
    return max(0, version)


def restrict(readable: tuple[str, ...], writable: tuple[str, ...]) -> int:
    """Restrict this process and all that it starts, for ever; returns the ABI.

    Raises:
        UnsupportedError: the kernel has no Landlock.
        OSError: it refuses.
    """
    version = abi()
    if not version:
        raise UnsupportedError("Landlock: this kernel has none (Linux 5.13 or newer, with landlock among its LSMs)")
    handled = _FILE_SYSTEM[min(version, max(_FILE_SYSTEM))]
    tcp = _TCP if version >= _TCP_SINCE else 0
    scope = _SCOPE if version >= _SCOPE_SINCE else 0
    fields = [handled] + ([tcp] if version >= _TCP_SINCE else []) + ([scope] if version >= _SCOPE_SINCE else [])
    attributes = struct.pack(f"<{len(fields)}Q", *fields)
    ruleset = _call(_CREATE, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    try:
        for path in readable:
            _allow(ruleset, path, _READ & handled)
        for path in writable:
            _allow(ruleset, path, handled & ~_SPECIAL_FILES)
        if _libc().prctl(38, 1, 0, 0, 0):  # PR_SET_NO_NEW_PRIVS
            raise OSError(ctypes.get_errno(), "no_new_privs")
        _call(_RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)
    return version


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, getattr(os, "O_PATH", 0) | os.O_CLOEXEC)
    except OSError:
        return  # what is not there needs no right
    try:
        if not os.path.isdir(path):  # noqa: PTH112  # no pathlib before the wall is up
            rights &= _FILE_RIGHTS
        rule = struct.pack("<Qi", rights, place)
        _call(_ADD, ctypes.c_int(ruleset), ctypes.c_uint32(_PATH_BENEATH), rule, ctypes.c_uint32(0))
    finally:
        os.close(place)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _call(number: int, *arguments: object) -> int:
    result: int = _libc().syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result
