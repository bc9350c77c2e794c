"""What the grader has to tell about a submission that could not be graded as it stands, or needs a second look."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(str, Enum):
    """What happened. The first group ends the tracing, the second spoils a source, the third is a remark."""

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


OF_OTHERS = frozenset({Kind.SAME})
"""What names other students: for the grader alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing to say about a submission.

    The message is one printable line without anything that changes from run to run.
    """

    kind: Kind
    message: str
