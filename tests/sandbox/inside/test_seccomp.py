"""What the filter says of each call, by running its program here for both architectures."""

from __future__ import annotations

import errno
import struct
from typing import NamedTuple

import pytest

from costmodel.errors import UnsupportedError
from costmodel.sandbox.inside import syscalls
from costmodel.sandbox.inside.seccomp import filter_program

ALLOW, REFUSE, PRETEND, ABSENT, KILL = 0x7FFF0000, 0x50000 | errno.EPERM, 0x50000, 0x50000 | errno.ENOSYS, 0x80000000
OWN = 77


class Machine(NamedTuple):
    name: str
    column: int
    audit: int


MACHINES = [Machine("x86_64", 0, 0xC000003E), Machine("aarch64", 1, 0xC00000B7)]


@pytest.fixture(params=MACHINES, ids=lambda m: m.name)
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Machine:
    found: Machine = request.param
    monkeypatch.setattr("platform.machine", lambda: found.name)
    return found


def verdict(number: int, audit: int, *arguments: int) -> int:
    """Classic BPF as the kernel runs it, the operations that the filter has."""
    code = list(struct.iter_unpack("<HBBI", filter_program(OWN)))
    words = [value & (2**64 - 1) for value in (*arguments, *[0] * (6 - len(arguments)))]
    data = struct.pack("<IIQ6Q", number, audit, 0, *words)
    accumulator = at = 0
    while True:
        operation, yes, no, operand = code[at]
        at += 1
        if operation == 0x06:
            return int(operand)
        if operation == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, operand)
            continue
        tests = {0x15: accumulator == operand, 0x35: accumulator >= operand, 0x45: bool(accumulator & operand)}
        at += yes if tests[operation] else no


def test_each_table_has_its_verdict_and_nothing_else_is_touched(machine: Machine) -> None:
    due: dict[int, int] = {}
    for table, said in (
        (syscalls.REFUSED, REFUSE),
        (syscalls.PRETENDED, PRETEND),
        (syscalls.ABSENT, ABSENT),
    ):
        due |= {number: said for pair in table.values() if (number := pair[machine.column]) is not None}
    judged = {
        pair[machine.column]
        for pair in (
            syscalls.CLONE, syscalls.KILL, syscalls.TGKILL, syscalls.PRLIMIT, syscalls.PRCTL, syscalls.IOCTL,
            syscalls.FCNTL, syscalls.SOCKETPAIR, syscalls.OPEN, syscalls.OPENAT, syscalls.MMAP,
        )
    }  # fmt: skip
    assert not judged & set(due)
    for number in set(range(600)) - judged:
        assert verdict(number, machine.audit) == due.get(number, ALLOW), number
    assert verdict(0x40000000, machine.audit) == REFUSE  # x32
    for other in (0, 0x40000003, *(m.audit for m in MACHINES if m != machine)):
        assert verdict(0, other) == KILL


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("CLONE", (0x3D0F00,), ALLOW),  # a thread, as libc makes it
        ("CLONE", (17,), REFUSE),
        ("KILL", (OWN, 9), ALLOW),
        ("KILL", (-1, 9), REFUSE),
        ("KILL", (-OWN, 9), REFUSE),
        ("KILL", (0, 9), REFUSE),
        ("TGKILL", (OWN, 78, 9), ALLOW),
        ("TGKILL", (78, 78, 9), REFUSE),
        ("PRLIMIT", (0,), ALLOW),
        ("PRLIMIT", (OWN,), ALLOW),
        ("PRLIMIT", (78,), REFUSE),
        ("PRCTL", (15,), ALLOW),  # a thread's name
        ("PRCTL", (1, 0), REFUSE),
        ("PRCTL", (4, 1), REFUSE),
        ("IOCTL", (1, 0x5401), ALLOW),
        ("IOCTL", (1, 0x5412), REFUSE),
        ("IOCTL", (1, 0x8901 | 1 << 32), REFUSE),
        ("IOCTL", (1, 0x5423), REFUSE),
        ("FCNTL", (3, 2), ALLOW),
        ("FCNTL", (3, 8, 1), REFUSE),
        ("FCNTL", (3, 10, 9), REFUSE),
        ("FCNTL", (3, 15), REFUSE),
        ("FCNTL", (3, 1024), REFUSE),
        ("SOCKETPAIR", (1, 1 | 0o2000000), ALLOW),  # asyncio's
        ("SOCKETPAIR", (1, 2), REFUSE),
        ("SOCKETPAIR", (1, 3), REFUSE),
        ("SOCKETPAIR", (1, 5), REFUSE),
        ("SOCKETPAIR", (30, 1), REFUSE),
        ("OPENAT", (-100, 0, 0o2000000), ALLOW),
        ("OPENAT", (-100, 0, 0o1001), ALLOW),
        ("OPENAT", (-100, 0, 0o1000), REFUSE),
        ("MMAP", (0, 4096, 3, 0x22), ALLOW),
        ("MMAP", (0, 4096, 1, 0x01, 3), ALLOW),
        ("MMAP", (0, 4096, 3, 0x21), REFUSE),
        ("MMAP", (0, 4096, 3, 0x23), REFUSE),
    ],
)
def test_calls_that_hang_on_an_argument(machine: Machine, name: str, arguments: tuple[int, ...], said: int) -> None:
    number = getattr(syscalls, name)[machine.column]
    assert verdict(number, machine.audit, *arguments) == said


def test_open_on_x86(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    assert verdict(2, 0xC000003E, 0, 0o1000) == REFUSE
    assert verdict(2, 0xC000003E, 0, 0o1002) == ALLOW


def test_another_architecture_has_no_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(UnsupportedError, match="riscv64"):
        filter_program(1)


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_is_whole_and_every_jump_lands_inside(machine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: machine)
    code = filter_program(1)
    length = len(code) // 8
    assert 0 < length < 4096
    for index in range(length):
        operation, yes, no = int.from_bytes(code[8 * index : 8 * index + 2], "little"), *code[8 * index + 2 :][:2]
        if operation & 7 == 5:
            assert index + 1 + max(yes, no) < length
    assert code[-8:] == b"\x06\x00\x00\x00\x00\x00\xff\x7f"
