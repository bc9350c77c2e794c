"""``costmodel watch SUBJECT``."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import typer

from costmodel.cli import options as o
from costmodel.files.quoting import safe_text

if TYPE_CHECKING:
    from costmodel.verbs.watch import Room

_SHOWN = {
    "points": "points", "metric": "metric", "cycles": "cycles", "energy_mj": "mJ",
    "peak_activation_bytes": "bytes at the peak", "parameters": "parameters", "operations": "operations",
}  # fmt: skip
"""Figures in their order, and how each is named in a line."""


@o.recipe_options
def watch(
    subject: o.Subject,
    settings: dict[str, Any],
    rules: o.Rules = None,
    hardware: o.Hardware = None,
    fact: o.Fact = None,
) -> int:
    """Say a subject's figures at every save, with what has changed; Ctrl-C ends it."""
    from costmodel.verbs.watch import watch as verb

    facts = o.words(fact or [], "--fact")
    before: Mapping[str, int | float] = {}
    rooms: Mapping[str, int | float] = {}
    with contextlib.suppress(KeyboardInterrupt):
        for glance in verb(subject, rules=rules, hardware=hardware, facts=facts, **settings):
            at = datetime.now().strftime("%H:%M:%S")  # the clock on the wall
            if glance.error:
                said = f"{at}  {safe_text(' '.join(glance.error.split()), 400)}"
            else:
                said = "  ".join((at, *filter(None, (glance.outcome,)), *_said(glance.figures, before)))
                said += "".join(f"\n{_INDENT}{line}" for line in _left(glance.rooms, rooms))
                before, rooms = glance.figures, {room.name: room.left for room in glance.rooms}
            sys.stdout.write(f"{said}\n")
            sys.stdout.flush()
    return 0


_INDENT = " " * 10


def _left(rooms: Sequence[Room], before: Mapping[str, int | float]) -> Iterator[str]:
    """``peak activation: 934,464 bytes left, 93.4% of the limit (+1,024)``."""
    for room in rooms:
        yield f"{safe_text(room.name)}: {safe_text(room.said)}{_delta(room.left, before.get(room.name, room.left))}"


def _delta(value: int | float, before: int | float) -> str:
    """`` (+1,024)``; "" where nothing has changed."""
    change = value - before
    if not change:
        return ""
    return f" ({change:+,.6g})" if isinstance(change, float) else f" ({change:+,})"


def _said(figures: Mapping[str, int | float], before: Mapping[str, int | float]) -> list[str]:
    """``22,366 cycles (-1,200)``."""
    found = []
    for name, unit in _SHOWN.items():
        value = figures.get(name)
        if value is None:
            continue
        number = f"{value:,.6g}" if isinstance(value, float) else f"{value:,}"
        found.append(f"{number} {unit}{_delta(value, before.get(name, value))}")
    return found


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command(epilog=o.examples("costmodel watch net.py:Net --rules mit-lab2-2022"))(watch)
