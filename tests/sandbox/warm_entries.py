"""Entries for the warm process: what goes well, and what does not."""

from __future__ import annotations

import os
import signal
import time

LOADED: list[int] = []


def warm() -> None:
    LOADED.append(os.getpid())


def echo(data: bytes) -> bytes:
    return data * 2


def loaded_before_the_fork(_: bytes) -> bytes:
    return f"{[os.getppid()] == LOADED}".encode()


def spins(_: bytes) -> bytes:
    while True:
        pass


def sleeps(_: bytes) -> bytes:
    time.sleep(600)
    return b""


def hoards(_: bytes) -> bytes:
    return bytes(bytearray(2**31))


def raises(_: bytes) -> bytes:
    raise ValueError


def dies(_: bytes) -> bytes:
    os.kill(os.getpid(), signal.SIGSEGV)
    return b""


def talks(_: bytes) -> bytes:
    return bytes(3 * 2**20)


def ends_the_warm_process(_: bytes) -> bytes:
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(600)
    return b""
