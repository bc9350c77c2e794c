"""TimeloopSettings of Timeloop's runs, from the words of a :class:`~costmodel.backends.backend.Run`."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from costmodel.backends.backend import Run, refuse_options
from costmodel.backends.timeloop.options import OPTIONS
from costmodel.backends.timeloop.syntax import SYNTAXES, Syntax, syntax_named
from costmodel.backends.timeloop.tools import Installation
from costmodel.errors import UsageError
from costmodel.files.cache import cache_folder


@dataclass(frozen=True)
class TimeloopSettings:
    """How to run Timeloop.

    Attributes:
        place: where the binaries are.
        work: folder that holds one folder per layer; None is one in the user's cache folder.
        time_limit: seconds for a layer.
        jobs: layers at a time (the mapper itself runs as many threads as the spec says).
        syntax: of the input files.
    """

    place: Installation = field(default_factory=Installation)
    work: Path | None = None
    time_limit: float = 3600.0
    jobs: int = 1
    syntax: Syntax = SYNTAXES["v0.3"]

    @property
    def folder(self) -> Path:
        """Where the layers' folders are."""
        return self.work if self.work is not None else cache_folder() / "timeloop"


def settings_of(run: Run) -> TimeloopSettings:
    """TimeloopSettings from words; what is not given is the option's default.

    Raises:
        UsageError: an unknown word or syntax, or a limit or number of jobs that is not positive.
    """
    refuse_options(run.options, OPTIONS)
    words = {option.name: option.default for option in OPTIONS} | dict(run.options)
    time_limit, work = float(words["time_limit"]), words["work"]
    jobs = run.jobs or os.cpu_count() or 1
    if not time_limit > 0 or jobs < 1:
        raise UsageError(f"time limit {time_limit:g} s, {jobs} jobs: both must be above 0")
    return TimeloopSettings(
        place=Installation(words["timeloop_bin"], words["docker"]),
        work=None if work is None else Path(work).resolve(),
        time_limit=time_limit,
        jobs=jobs,
        syntax=syntax_named(str(words["syntax"])),
    )


def runnable(settings: TimeloopSettings) -> TimeloopSettings:
    """The settings, if Timeloop's binaries read their syntax.

    Raises:
        UsageError: it is that of the Python front end.
    """
    if settings.syntax.nodes:
        raise UsageError(f"--syntax {settings.syntax.name} is for timeloopfe; Timeloop's binaries read v0.3 and v0.4")
    return settings
