"""An entry that cannot be forked: while it is made ready it starts a thread, which a fork would not have."""

from __future__ import annotations

import threading


def warm() -> None:
    threading.Thread(target=threading.Event().wait, daemon=True).start()


def greets(_: bytes, __: tuple[str, ...]) -> bytes:
    return b"good day"
