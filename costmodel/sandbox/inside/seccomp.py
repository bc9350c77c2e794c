"""A seccomp filter as BPF bytes, for x86_64 and aarch64: no new process, no other process, no network, no kernel doors.

The shape of a program: Documentation/userspace-api/seccomp_filter.rst; constants of the calls: include/uapi.
"""

from __future__ import annotations

import errno
import platform
import struct
from typing import TypeAlias

from costmodel.errors import UnsupportedError
from costmodel.sandbox.inside import syscalls as calls

_Instruction: TypeAlias = "tuple[int, int, int, int]"
"""Operation, jump if true, jump if false, operand: a ``struct sock_filter``."""

_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_X32 = 0x40000000

_CLONE_THREAD = 0x00010000
_SET_PARENT_DEATH_SIGNAL, _SET_DUMPABLE = 1, 4
_TIOCSTI, _TIOCLINUX, _TIOCSETD, _FIOSETOWN, _SIOCSPGRP = 0x5412, 0x541C, 0x5423, 0x8901, 0x8902
_F_SETOWN, _F_SETSIG, _F_SETOWN_EX, _F_SETLEASE, _F_NOTIFY = 8, 10, 15, 1024, 1026
_AF_UNIX, _NOT_STREAM = 1, 0x0E
_WRITABLE, _O_TRUNC = 0x3, 0x200
_MAP_SHARED, _MAP_ANONYMOUS = 0x01, 0x20

_LOAD, _JUMP_EQUAL, _JUMP_GREATER, _JUMP_BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO, _KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
_REFUSE = _ERRNO | errno.EPERM
_NUMBER, _ARCHITECTURE = 0, 4
"""Offsets in struct seccomp_data."""


def filter_program(own_process: int) -> bytes:
    """The filter, an array of ``struct sock_filter``.

    Args:
        own_process: the process to which signals and limits stay allowed, in its own PID namespace.

    Raises:
        UnsupportedError: neither x86_64 nor aarch64.
    """
    machine = platform.machine()
    if machine not in _ARCHITECTURES:
        raise UnsupportedError(f"seccomp: no table of calls for {machine}; there is one for x86_64 and aarch64")
    column, architecture = _ARCHITECTURES[machine]
    code = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_JUMP_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_LOAD, 0, 0, _NUMBER),
        (_JUMP_GREATER, 0, 1, _X32),
        (_RETURN, 0, 0, _REFUSE),
    ]
    for number, tests in _judged(own_process, column):
        body = [*tests, (_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]
        code += [(_JUMP_EQUAL, 0, len(body), number), *body]
    verdicts = ((calls.REFUSED, _REFUSE), (calls.PRETENDED, _ERRNO), (calls.ABSENT, _ERRNO | errno.ENOSYS))
    for numbers, verdict in verdicts:
        known = [pair[column] for pair in numbers.values()]
        code += [step for n in known if n is not None for step in ((_JUMP_EQUAL, 0, 1, n), (_RETURN, 0, 0, verdict))]
    code.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in code)


def _judged(own_process: int, column: int) -> list[tuple[int, list[_Instruction]]]:
    """Calls that hang on an argument: number, and tests that fall through to "allow" or jump over it to "refuse"."""
    no_stream = [*_load(0), (_JUMP_EQUAL, 0, 3, _AF_UNIX), *_load(1), (_JUMP_BITS, 1, 0, _NOT_STREAM)]
    # an old Landlock does not ask for a right to write before it empties a file
    empties = [(_JUMP_BITS, 1, 0, _WRITABLE), (_JUMP_BITS, 1, 0, _O_TRUNC)]
    # like a memfd: once unmapped, such memory stays, and is in nobody's resident set
    shared = [*_load(3), (_JUMP_BITS, 0, 1, _MAP_SHARED), (_JUMP_BITS, 1, 0, _MAP_ANONYMOUS)]
    found = {
        calls.MMAP: shared,
        calls.OPENAT: [*_load(2), *empties],
        calls.OPEN: [*_load(1), *empties],
        calls.CLONE: [*_load(0), (_JUMP_BITS, 0, 1, _CLONE_THREAD)],
        calls.KILL: [*_load(0), (_JUMP_EQUAL, 0, 1, own_process)],
        calls.TGKILL: [*_load(0), (_JUMP_EQUAL, 0, 1, own_process)],
        calls.PRLIMIT: [*_load(0), (_JUMP_EQUAL, 1, 0, 0), (_JUMP_EQUAL, 0, 1, own_process)],
        calls.PRCTL: _none_of(0, _SET_PARENT_DEATH_SIGNAL, _SET_DUMPABLE),
        calls.IOCTL: _none_of(1, _TIOCSTI, _TIOCLINUX, _TIOCSETD, _FIOSETOWN, _SIOCSPGRP),
        # the owner of a file gets its signals, whoever that is
        calls.FCNTL: _none_of(1, _F_SETOWN, _F_SETSIG, _F_SETOWN_EX, _F_SETLEASE, _F_NOTIFY),
        # datagrams go to any socket; other families load the kernel's modules
        calls.SOCKETPAIR: no_stream,
    }
    return [(number, tests) for pair, tests in found.items() if (number := pair[column]) is not None]


def _load(argument: int) -> list[_Instruction]:
    """The low half of a call's argument; both architectures are little-endian."""
    return [(_LOAD, 0, 0, 16 + 8 * argument)]


def _none_of(argument: int, *values: int) -> list[_Instruction]:
    last = len(values)
    return [*_load(argument), *((_JUMP_EQUAL, last - i, 0, value) for i, value in enumerate(values))]
