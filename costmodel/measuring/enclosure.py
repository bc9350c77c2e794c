"""The form of an enclosure, and the promises that it can keep; each is tried for real before it is relied on."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from costmodel.errors import UnknownNameError
from costmodel.files.varieties import modules_in
from costmodel.measuring import enclosures

PROMISES = {
    "network": "no connection to the outside",
    "data": "the data are not changed",
    "writing": "nothing is written outside its folder",
    "hidden": "the solution, the results and the other entries are not seen",
    "signals": "no signal to a process outside",
    "survivors": "nothing that it started outlives it",
}
"""By name. Whatever the enclosure, the entry is watched from outside, and ended at its limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What an enclosure has to know: the entry's own folder, what it sees even so, and what it does not see."""

    folder: Path
    shown: tuple[Path, ...] = ()
    hidden: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """A way to close an entry in.

    Attributes:
        order: its place among them: 10 is the strongest there is.
        promises: names of :data:`PROMISES` that it keeps wherever it works.
        programs: what has to be installed.
        by_keeper: the keeper puts it up itself.
        depth: how many processes of it stand between the keeper and the command.
        words: before the command's own.
    """

    name: str
    order: int
    description: str
    promises: tuple[str, ...]
    advice: str
    programs: tuple[str, ...] = ()
    system: str = ""
    by_keeper: bool = False
    depth: int = 0
    words: Callable[[Surroundings], tuple[str, ...]] = lambda _: ()

    def missing(self) -> str:
        """Why it cannot even be tried here, "" if it can."""
        for program in self.programs:
            if shutil.which(program) is None:
                return f"{program} is not installed"
        if self.system and sys.platform != self.system:
            return f"only {self.system.capitalize()} has it"
        return ""


def all_enclosures() -> tuple[Enclosure, ...]:
    """Every one, strongest first."""
    return tuple(sorted((module.ENCLOSURE for module in modules_in(enclosures)), key=lambda one: one.order))


def enclosure_called(name: str) -> Enclosure:
    """The enclosure of a name.

    Raises:
        UnknownNameError: no such enclosure.
    """
    known = {one.name: one for one in all_enclosures()}
    if name not in known:
        raise UnknownNameError("enclosure", name, known)
    return known[name]
