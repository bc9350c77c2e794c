"""Watch: a subject's figures again at every save, from a process that has imported torch already.

Each look is a fork of this process: the user's files are imported anew, as if the program had been started, and what
they leave behind ends with the fork.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from costmodel.errors import CostModelError, FormatError, UsageError
from costmodel.files.saves import sources_in
from costmodel.ir.codec import dumps, loads
from costmodel.ir.verdict import Verdict
from costmodel.reports.headroom import headroom, room_in_words
from costmodel.verbs.explore import Asked, figures_of

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from costmodel.ir.settings import Settings

_EVERY_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How far a figure is from a limit, or from more points.

    Attributes:
        name: of the limit, or of the table.
        left: in ``unit``; negative is by how much a limit is exceeded.
        said: the same in words.
    """

    name: str
    left: int | float
    unit: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What one look has seen.

    Attributes:
        figures: of the subject, with points and metric under a rulebook.
        outcome: by the rulebook, "" without one.
        error: why there are no figures, "" if there are.
        rooms: to each limit of the rulebook, and to more points of each of its tables, where they are known.
    """

    SCHEMA: ClassVar[str] = "costmodel.glance/1"

    figures: Mapping[str, int | float] = field(default_factory=dict)
    outcome: str = ""
    error: str = ""
    rooms: tuple[Room, ...] = ()


def watch(
    subject: str,
    *,
    rules: str | None = None,
    hardware: str | None = None,
    facts: Mapping[str, str] | None = None,
    stopped: Callable[[], bool] = lambda: False,
    **settings: Unpack[Settings],
) -> Iterator[Glance]:
    """A look now, and one after every save of a source beside the subject, until it is stopped.

    Args:
        subject: ``FILE.py:NAME``, ``FILE.py`` or a recipe.
        rules: judge by this rulebook, with energy and cycles on its machine.
        hardware: energy and cycles of an inference on this machine.
        facts: with ``rules``: values measured elsewhere.
        stopped: asked again and again; True ends the watch.
        settings: see :class:`costmodel.Settings`.

    Raises:
        UsageError, UnknownNameError, RulebookError: what is asked for; no file to watch; a system that cannot fork.
    """
    file = Path(subject.partition(":")[0])
    if not file.exists():
        raise UsageError(f"{file}: no such file to watch")
    if not hasattr(os, "fork"):
        raise UsageError("watch forks a process for each look, and this system cannot: run check after a save")
    asked = Asked(model=subject, settings=settings, rules=rules, hardware=hardware, facts=facts or {}, cache=True)
    asked.checked()
    folder = file if file.is_dir() else file.parent
    _warm(asked)
    known = sources_in(folder)
    yield _glance(asked)
    while not stopped():
        now = sources_in(folder)
        if now != known:
            known = now
            yield _glance(asked)
        else:
            time.sleep(_EVERY_SECONDS)


def _warm(asked: Asked) -> None:
    """Do once, with a network of ours, what every look does: what is loaded at its first use is in every fork then."""
    from costmodel.tracing import first_network

    settings = {"input": "3x8x8", "batch": 2, "samples": 2, "epochs": 1}
    with contextlib.suppress(CostModelError):
        figures_of(replace(asked, model=str(first_network.__file__), cache=False), settings)


def _glance(asked: Asked) -> Glance:
    """One look, in a fork."""
    receiver, sender = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(receiver)
        _look(asked, sender)
    os.close(sender)
    with os.fdopen(receiver, "rb") as channel:
        text = channel.read()
    os.waitpid(child, 0)
    try:
        return loads(Glance, text.decode(), Glance.SCHEMA)
    except (FormatError, UnicodeDecodeError):
        return Glance(error="the look ended without an answer")


def _rooms(verdict: Verdict) -> Iterator[Room]:
    for finding in verdict.findings:
        room = headroom(finding)
        if room is not None:
            yield Room(name=finding.rule, left=room.amount, unit=finding.unit, said=room_in_words(finding))
    for row in () if verdict.points is None else verdict.points.tables:
        if row.better is not None:
            said = f"{row.better.away:,} {row.unit} to {row.better.points} points".replace("  ", " ")
            yield Room(name=f"{row.table}, more points", left=row.better.away, unit=row.unit, said=said)


def _look(asked: Asked, sender: int) -> None:
    """The fork's side; never returns."""
    try:
        try:
            figures, verdict = figures_of(asked, asked.settings)
            outcome = "" if verdict is None else verdict.outcome.value
            glance = Glance(figures=figures, outcome=outcome, rooms=() if verdict is None else tuple(_rooms(verdict)))
        except CostModelError as error:
            glance = Glance(error=str(error))
        with os.fdopen(sender, "wb") as channel:
            channel.write(dumps(glance, Glance.SCHEMA).encode())
    finally:
        os._exit(0)
