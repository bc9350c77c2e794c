"""Many entries, one after the other: in which order, which of them are done already, and alone on their GPU."""

from __future__ import annotations

import contextlib
import os
import random
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from costmodel.errors import CostModelError
from costmodel.ir.run import Run, RunLimit
from costmodel.measuring.entry import Entry, digests

RECORD = "run.json"


def in_order(names: Sequence[str], seed: int | None) -> list[str]:
    """The names as given, or drawn at random by a seed: the same seed gives the same order."""
    result = list(names)
    if seed is not None:
        random.Random(seed).shuffle(result)
    return result


def done_before(
    out: Path, entry: Entry, limits: tuple[RunLimit, ...], seed: int, solution: bool, installed: tuple[str, ...] = ()
) -> Run | None:
    """The complete record of a run of the same files, commands, packages, seed and limits, if there is one."""
    try:
        run = Run.load(out / RECORD)
    except CostModelError:
        return None
    same = (
        run.digests == digests(entry.folder)
        and [stage.command for stage in run.stages] == [stage.words for stage in entry.stages][: len(run.stages)]
        and [(one.name, one.value) for one in run.limits] == [(one.name, one.value) for one in limits]
        and run.seed == seed
        and run.installed == installed
        and (run.score is not None) == solution
    )
    return run if same else None


@contextmanager
def alone_on(names: Sequence[str]) -> Iterator[None]:
    """Hold a lock for each of these devices; waits for whoever has one. The system lets go of it if we are killed."""
    import fcntl  # not on Windows

    folder = Path(tempfile.gettempdir())
    with contextlib.ExitStack() as held:
        for name in sorted(names):  # in one order: nobody waits in a circle
            descriptor = os.open(folder / f"costmodel-{name}.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
            held.callback(os.close, descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
