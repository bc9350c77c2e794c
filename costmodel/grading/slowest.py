"""The submissions that take longest to trace, for whoever watches: the only thing in grading that looks at a clock."""

from __future__ import annotations

import time
from collections.abc import Callable

from costmodel.files.quoting import safe_text
from costmodel.grading.job import Job, TracedSubmission

_SLOW_SECONDS = 5.0
_NAMED = 3


def timed(trace: Callable[[Job], TracedSubmission], job: Job) -> tuple[TracedSubmission, float]:
    """A job done, and the seconds that it took; neither figures nor files depend on them."""
    begun = time.monotonic()
    return trace(job), time.monotonic() - begun


class Slowest:
    """What takes long, by name."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}

    def add(self, name: str, seconds: float) -> None:
        """One that is done."""
        if seconds >= _SLOW_SECONDS:
            self._seconds[name] = seconds

    def after(self, what: str) -> str:
        """``what``, and the slowest if there are any: ``tracing, slowest: anna 12 s``."""
        slowest = sorted(self._seconds.items(), key=lambda item: -item[1])[:_NAMED]
        named = ", ".join(f"{safe_text(name)} {seconds:.0f} s" for name, seconds in slowest)
        return f"{what}, slowest: {named}" if named else what
