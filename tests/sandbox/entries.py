"""Functions that the tests run in a child: none of them has anything to do with costmodel."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path


def echo(request: bytes, shown: tuple[str, ...]) -> bytes:
    """The request backwards, and the names in the folder that it is shown."""
    sys.stdout.write("said aloud\n")
    names = sorted(path.name for path in Path(shown[1]).iterdir())
    return request[::-1] + b"\n" + ",".join(names).encode()


def imported(_: bytes, __: tuple[str, ...]) -> bytes:
    """Rooms of costmodel that a child has loaded of itself."""
    rooms = {name.split(".")[1] for name in sys.modules if name.startswith("costmodel.")}
    return " ".join(sorted(rooms)).encode()


def fail(_: bytes, __: tuple[str, ...]) -> bytes:
    raise RuntimeError("no answer")


def leave(_: bytes, __: tuple[str, ...]) -> bytes:
    os._exit(7)


def crash(_: bytes, __: tuple[str, ...]) -> bytes:
    os.kill(os.getpid(), signal.SIGSEGV)
    return b""


def sleep(_: bytes, __: tuple[str, ...]) -> bytes:
    time.sleep(60)
    return b""


def spin(_: bytes, __: tuple[str, ...]) -> bytes:
    while True:
        pass


def hoard(_: bytes, __: tuple[str, ...]) -> bytes:
    data = b"x" * (512 << 20)
    time.sleep(60)
    return data


def fill(_: bytes, __: tuple[str, ...]) -> bytes:
    for number in range(100):
        Path(os.environ["TMPDIR"], str(number)).write_bytes(b"x" * (1 << 20))
        time.sleep(0.01)
    time.sleep(60)
    return b""


def chatter(_: bytes, __: tuple[str, ...]) -> bytes:
    while True:
        sys.stdout.write("x" * 1000)
