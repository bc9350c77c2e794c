"""An entry that cannot be forked: while it is made ready it maps memory that its forks would share."""

from __future__ import annotations

import contextlib
import mmap

_SHARED: list[mmap.mmap] = []


def warm() -> None:
    with contextlib.suppress(OSError):  # behind a wall it is refused
        _SHARED.append(mmap.mmap(-1, 4096))


def greets(_: bytes, __: tuple[str, ...]) -> bytes:
    return b"good day"
