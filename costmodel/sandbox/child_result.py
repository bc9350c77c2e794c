"""The end of a child: how it came, and what was left behind."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

_SIGNALLED = 128
"""A shell, and bubblewrap, report 128 + n for a program that signal n ended."""


class LimitReached(str, Enum):
    """A limit that a child ran into (:class:`costmodel.sandbox.resource_limits.Limits`)."""

    WALL_TIME = "wall time"
    CPU_TIME = "CPU time"
    MEMORY = "memory"
    FOLDER = "folder"
    OUTPUT = "output"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildResult:
    """The end of a child.

    Attributes:
        answer: what its entry returned, or what anything else in the child wrote to its channel: not to be believed
            before it is checked.
        output: the end of what it printed; the beginning, if it was stopped.
        status: exit code, negative for a signal.
        limit: the limit that it ran into, None for none.
        stopped: the supervisor ended it. A child that reaches the kernel's own CPU limit is not stopped, it is killed.
        cpu_seconds: of the whole tree.
        held: measures of the confinement that were taken; empty if it did not come so far.
        refused: why the child could not confine itself and ran nothing, "" if it could.
        shown: where it saw each of the paths that it was shown.
        scratch: where it saw its scratch folder.
    """

    answer: bytes
    output: bytes
    status: int
    limit: LimitReached | None
    stopped: bool
    cpu_seconds: float
    held: tuple[str, ...]
    refused: str
    shown: tuple[str, ...]
    scratch: str

    @property
    def signal(self) -> int:
        """Number of the signal that ended it, 0 for none."""
        return signal_of(self.status)


def signal_of(status: int) -> int:
    """Number of the signal that a status means, 0 for an exit of its own."""
    return -status if status < 0 else max(0, status - _SIGNALLED)
