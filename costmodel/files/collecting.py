"""Python's garbage collector in a process of our own: it does not go through what torch is made of again and again.

An import of torch makes some hundred thousand objects, all of which stay. Left alone, the collector visits them while
they are made, whenever a trace has made some more, and once at the end of the process: half a second in all.
"""

from __future__ import annotations

import gc
import sys

_SELDOM = (100_000, 50, 100)
_as_usual: list[tuple[int, int, int]] = []


def starting() -> None:
    """Collect seldom from now on: what is imported stays. For a process that is a command line and nothing else."""
    if "torch" not in sys.modules:
        _as_usual.append(gc.get_threshold())
        gc.set_threshold(*_SELDOM)


def started() -> None:
    """All is imported: it is set apart, and collecting goes on as usual. Without :func:`starting`, nothing."""
    if _as_usual:
        gc.freeze()
        gc.set_threshold(*_as_usual[0])


def ending() -> None:
    """The process ends: there is nothing to collect any more. Without :func:`starting`, nothing."""
    if _as_usual:
        gc.freeze()
