"""One submission as the contract's rules see it: its files, its programs, and what is known beside them."""

from __future__ import annotations

import ast
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from costmodel.contracts.reading.meanings import Names
from costmodel.contracts.reading.programs import Part, Programs
from costmodel.contracts.reading.submission_folder import Folder


@dataclass(frozen=True, slots=True)
class Extension:
    """A later deadline, granted to one submission: a local time of the deadline's zone, and why."""

    until: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class HandedIn:
    """What a rule may look at.

    Attributes:
        folder: the files, as they are.
        programs: the Python among them, parsed.
        submitted: when it was handed in, best with its time zone; None if nobody says.
        solutions: how many solutions the team has handed in; None if nobody says.
        originals: the organizers' own copy of locked files.
        asked_for: paths in the folder of weights that the organizers want: they are no sign of anything.
        extension: a later deadline for this submission; None for none.
        marked_late: a platform says that it came late, by the platform's own deadline.
        parts: each program, or cell of a notebook, with the meanings of its names.
    """

    folder: Folder
    programs: Programs
    submitted: datetime | None = None
    solutions: int | None = None
    originals: Folder | None = None
    asked_for: Collection[str] = ()
    extension: Extension | None = None
    marked_late: bool = False
    parts: tuple[tuple[Part, Names], ...] = field(init=False)

    def __post_init__(self) -> None:
        # a cell that is not valid Python may still hand lines to the shell
        parts = tuple((part, Names(part.tree or ast.Module([], []))) for part in self.programs.parts)
        object.__setattr__(self, "parts", parts)
