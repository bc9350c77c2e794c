"""A seccomp filter as BPF bytes, for x86_64 and aarch64: no new process, no other process, no network, no kernel doors.

Numbers of the calls: Linux, arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h. The shape of
a program: Documentation/userspace-api/seccomp_filter.rst.
"""

from __future__ import annotations

import errno
import platform
import struct

from costmodel.errors import CostModelError

_DENIED = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "kcmp": (312, 272),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "execve": (59, 221),
    "execveat": (322, 281),
    "fork": (57, None),
    "vfork": (58, None),
    "setsid": (112, 157),
    "setpgid": (109, 154),
    "socket": (41, 198),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "unshare": (272, 97),
    "setns": (308, 268),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "reboot": (169, 142),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262),
    "lookup_dcookie": (212, 18),
    "syslog": (103, 116),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "iopl": (172, None),
    "ioperm": (173, None),
    "modify_ldt": (154, None),
    "vmsplice": (278, 75),
    "personality": (135, 92),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
}
"""Refused with EPERM: (x86_64, aarch64)."""

_ABSENT = {"clone3": (435, 435), "memfd_create": (319, 279)}
"""Refused with ENOSYS, at which libc falls back: clone3 hides its flags behind a pointer that no filter can follow, and
the memory of a memfd is in nobody's resident set."""

_CLONE, _KILL, _TGKILL, _PRLIMIT, _IOCTL = (56, 220), (62, 129), (234, 131), (302, 261), (16, 29)

_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_X32 = 0x40000000
_CLONE_THREAD = 0x00010000
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C

_LOAD, _JUMP_EQUAL, _JUMP_GREATER, _JUMP_BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO, _KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
_REFUSE = _ERRNO | errno.EPERM
_NUMBER, _ARCHITECTURE = 0, 4
"""Offsets in struct seccomp_data."""


class UnsupportedError(CostModelError):
    """A measure that the machine does not offer."""


def _argument(index: int) -> int:
    """Offset of the low half of a call's argument; both architectures are little-endian."""
    return 16 + 8 * index


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
    for numbers, verdict in ((_DENIED, _REFUSE), (_ABSENT, _ERRNO | errno.ENOSYS)):
        for pair in numbers.values():
            number = pair[column]
            if number is not None:
                code += [(_JUMP_EQUAL, 0, 1, number), (_RETURN, 0, 0, verdict)]
    code += _judged(_CLONE[column], 0, [(_JUMP_BITS, 0, 1, _CLONE_THREAD)])
    code += _judged(_KILL[column], 0, [(_JUMP_EQUAL, 0, 1, own_process)])
    code += _judged(_TGKILL[column], 0, [(_JUMP_EQUAL, 0, 1, own_process)])
    code += _judged(_PRLIMIT[column], 0, [(_JUMP_EQUAL, 1, 0, 0), (_JUMP_EQUAL, 0, 1, own_process)])
    code += _judged(_IOCTL[column], 1, [(_JUMP_EQUAL, 2, 0, _TIOCSTI), (_JUMP_EQUAL, 1, 0, _TIOCLINUX)])
    code.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in code)


def _judged(number: int, argument: int, tests: list[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    """A call judged by one argument: the tests fall through to "allow" or jump over it to "refuse"."""
    body = [(_LOAD, 0, 0, _argument(argument)), *tests, (_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]
    return [(_JUMP_EQUAL, 0, len(body), number), *body]
