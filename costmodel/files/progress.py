"""Progress on stderr, where somebody looks at it: one line, once the work has taken a second."""

from __future__ import annotations

import contextlib
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import TextIO

Told = Callable[[str, int, int], None]
"""Called with (what is done, pieces done, pieces in all)."""

_AFTER_SECONDS = 1.0
_EVERY_SECONDS = 0.2
_KERNEL = "ipykernel"
_IN_NOTEBOOK = 100
"""Characters of a line in a notebook."""


@contextlib.contextmanager
def shown(progress: Told | bool | None, what: str) -> Iterator[Told | None]:
    """Who is told how far the work is.

    Args:
        progress: a function of the caller's own; None shows a line on stderr, if that is a terminal or a notebook;
            False shows nothing.
        what: the work, before it tells more of itself.
    """
    if callable(progress):
        yield progress
        return
    stream = sys.stderr
    if progress is False or not (_is_terminal(stream) or _is_notebook(stream)):
        yield None
        return
    line = _Line(stream, what)
    line.start()
    try:
        yield line.tell
    finally:
        line.end()


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except (AttributeError, ValueError):  # closed, or not a stream
        return False


def _is_notebook(stream: TextIO | None) -> bool:
    """A notebook's kernel has put its own stream there."""
    return _KERNEL in sys.modules and type(stream).__module__.partition(".")[0] == _KERNEL


class _Line:
    """The line, and the thread that writes it: work that tells nothing for a while is seen to go on."""

    def __init__(self, stream: TextIO, what: str) -> None:
        self.stream, self.what = stream, what
        self.done, self.total = 0, 0
        self.begun = self.of_kind = time.monotonic()
        self.drawn = 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Nothing is seen for a second."""
        self.thread.start()

    def tell(self, what: str, done: int, total: int) -> None:
        """How far it is."""
        if what.partition(",")[0] != self.what.partition(",")[0]:  # behind it stands what is slow
            self.of_kind = time.monotonic()
        self.what, self.done, self.total = what, done, total

    def end(self) -> None:
        """Leave the line as it was."""
        self.over.set()
        self.thread.join()
        if self.drawn:
            self._write("")

    def _run(self) -> None:
        wait = _AFTER_SECONDS
        while not self.over.wait(wait):
            self._write(self._text())
            wait = _EVERY_SECONDS

    def _text(self) -> str:
        now = time.monotonic()
        parts = [f"{self.what} {self.done:,} of {self.total:,}" if self.total else self.what]
        parts.append(_time(now - self.begun))
        if 0 < self.done < self.total:
            left = (now - self.of_kind) * (self.total - self.done) / self.done
            parts.append(f"about {_time(left)} left" if left >= 1 else "nearly done")
        return ", ".join(parts)

    def _write(self, text: str) -> None:
        widest = shutil.get_terminal_size().columns - 1 if _is_terminal(self.stream) else _IN_NOTEBOOK
        shown_text = text[: max(1, widest)]
        with contextlib.suppress(OSError, ValueError):  # whoever looked is gone
            self.stream.write(f"\r{shown_text.ljust(self.drawn)}" + ("" if text else "\r"))
            self.stream.flush()
        self.drawn = len(shown_text)


def _time(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60}:{whole % 60:02} min"
