"""Notices about a submission: why it could not be graded as it is, or what needs a second look."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from costmodel.sandbox.child_result import LimitReached


class NoticeKind(str, Enum):
    """The kind of a notice. The first group ends the tracing, the second spoils a source, the third is a remark."""

    TIMEOUT = "timeout"
    CPU = "cpu"
    MEMORY = "memory"
    DISK = "disk"
    OUTPUT = "output"
    KILLED = "killed"
    CRASHED = "crashed"
    EXITED = "exited"
    FORGED = "forged"
    SUBJECT = "subject"
    RECIPE = "recipe"
    TRACE = "trace"
    NO_MODEL = "no model"
    SEVERAL_MODELS = "several models"
    WALL = "wall"

    EMPTY = "empty"
    UNREADABLE = "unreadable"
    ARCHIVE = "archive"
    LINK = "link"
    NOTEBOOK = "notebook"
    NAME = "name"
    DUPLICATE = "duplicate"
    SAME = "same files"
    STRANGER = "stranger"
    MISSING = "missing"
    LATE = "late"

    INPUT = "own input"
    EVADED = "out of sight"
    HIDDEN = "hidden parameters"
    TOO_LARGE = "too large"
    ASYMMETRIC = "training differs from inference"
    UNTRAINED = "no gradient"
    UNMATCHED = "backward without forward"
    CONFIRMED = "replay agrees"
    CONTRADICTED = "replay contradicts"
    UNCONFIRMED = "replay left out"


OF_LIMIT = {
    LimitReached.WALL_TIME: NoticeKind.TIMEOUT,
    LimitReached.CPU_TIME: NoticeKind.CPU,
    LimitReached.MEMORY: NoticeKind.MEMORY,
    LimitReached.FOLDER: NoticeKind.DISK,
    LimitReached.OUTPUT: NoticeKind.OUTPUT,
}
"""The kind of notice for each limit of the sandbox."""

OF_OTHERS = frozenset({NoticeKind.SAME})
"""Kinds of notices that name other students: for the grader alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One remark about a submission.

    Attributes:
        message: one printable line without anything that changes from run to run.
        missing_modules: names of modules that the submission imports and this machine does not have.
        others: names of the submissions that it speaks of.
    """

    kind: NoticeKind
    message: str
    missing_modules: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
