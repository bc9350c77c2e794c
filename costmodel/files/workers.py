"""Worker processes: an executor that is given, or one that is made and closed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from costmodel.errors import UsageError


def _cores() -> int:
    """Those that this process may use, where the system says it."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        return os.cpu_count() or 1


@contextmanager
def workers(jobs: int, executor: Executor | None = None) -> Iterator[Executor | None]:
    """The executor given, else one with that many processes (0: one per core), else None: do the work here.

    Raises:
        UsageError: a number of jobs below 0.
    """
    if jobs < 0:
        raise UsageError(f"jobs is {jobs}; give the number of worker processes, or 0 for one per core")
    count = jobs or _cores()
    if executor is not None or count == 1:
        yield executor
        return
    # forking a process that has threads (torch's, numpy's) can hang it
    pool = ProcessPoolExecutor(count, mp_context=get_context("spawn"))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
