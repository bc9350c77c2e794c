"""Changes: what a run of the grading has made of another since the last one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from costmodel.ir.noun import Noun

SCHEMA = "costmodel.changes/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One value of one submission that is another now.

    Attributes:
        name: whose.
        what: ``outcome``, ``total``, ``points:TABLE``, ``rank``, ``bonus``, a metric, ``model``, or ``submission``.
        before, after: as they are shown; "" is unknown, or not there.
        because: the file or the decision that has changed; "" if none is known.
    """

    name: str
    what: str
    before: str
    after: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Changes(Noun):
    """Every change, by submission.

    Attributes:
        title: of the rulebook.
        changes: in the order of the submissions.
        inputs: what of the grader's own files and versions has changed.
    """

    SCHEMA: ClassVar[str] = SCHEMA
    ROWS: ClassVar[str] = "changes"

    title: str
    changes: tuple[Change, ...]
    inputs: tuple[str, ...] = ()

    def summary(self) -> str:
        """The noun in a few words."""
        return f"{len(self.changes)} changes under {self.title}"
