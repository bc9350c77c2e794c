"""What a keeper is told, and the lines by which it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

JOB = "costmodel.keeper-job/1"
STARTED, ENDED, PEAK, REFUSED = "started", "ended", "peak", "refused"
"""Words that begin a line of the keeper's: ``started PID SECONDS``, ``ended STATUS SECONDS``, ``peak BYTES``,
``refused WHY``; seconds are of the monotonic clock, a peak is the largest resident memory of one process
that has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A command to start.

    Attributes:
        program: the first word of the command itself, without what encloses it; "" is the first word.
        folder: its working directory, the one that it may write to.
        output, errors: descriptors for what it prints.
        report: descriptor for the keeper's lines.
        cores: that it may run on; empty is all.
        file_bytes: of each file that it writes (RLIMIT_FSIZE); None is no limit.
        shared_bytes: of /dev/shm, where that is its own.
        groups: files of control groups that it joins by writing to them.
        enclosed: the keeper puts namespaces around it.
        hidden: folders and files that it does not see, if enclosed.
        shown: folders that it sees even so.
    """

    words: tuple[str, ...]
    environment: Mapping[str, str]
    folder: str
    output: int
    errors: int
    report: int
    program: str = ""
    cores: tuple[int, ...] = ()
    file_bytes: int | None = None
    shared_bytes: int | None = None
    groups: tuple[str, ...] = ()
    enclosed: bool = False
    hidden: tuple[str, ...] = ()
    shown: tuple[str, ...] = field(default_factory=tuple)
