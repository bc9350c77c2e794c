"""tegrastats of a Jetson board: one line a moment, rails as ``VDD_IN 4949mW/4701mW`` (now, and the mean until now).

``VDD_IN`` (on older boards ``POM_5V_IN`` or ``5V_IN``, without the unit) is what the module as a whole draws; the other
rails lie behind it. Since JetPack 5 a line begins with its time, ``01-26-2024 12:00:00``.
"""

from __future__ import annotations

import re
from decimal import Decimal

from costmodel.facts.metered import MACHINE, integrated, reading_of
from costmodel.facts.power import seconds
from costmodel.facts.rows import whole_lines
from costmodel.facts.source import Options, Source
from costmodel.ir.facts import Reading

NAME = "tegrastats"
TITLE = "a tegrastats log"
PRECEDENCE = 25
OPTIONS: tuple[str, ...] = ()

_SIGN = re.compile(r"RAM \d+/\d+MB .*\b(?:GR3D_FREQ|CPU \[|cpu@)")
_WHOLE = re.compile(r"\b(?:VDD_IN|POM_5V_IN|5V_IN) (\d+)(?:mW)?/\d+(?:mW)?(?!\S)")
_TIME = re.compile(r"(\d{2})-(\d{2})-(\d{4}) (\d{2}:\d{2}:\d{2}) ")


def recognises(source: Source) -> bool:
    """Whether the first line is one of its."""
    return _SIGN.search(source.head[0]) is not None


def read(source: Source, options: Options) -> tuple[Reading, ...]:  # noqa: ARG001  # every reader takes options
    """Joules of the whole module by the trapezoid rule.

    Raises:
        FormatError: no rail of the whole module, or no time; a line that is none of its.
    """
    samples: list[tuple[Decimal, Decimal]] = []
    lines, cut = whole_lines(source)
    for n, line in ((n, line) for n, line in lines if line.strip()):
        time, whole = _TIME.match(line), _WHOLE.search(line)
        if _SIGN.search(line[:4000]) is None:
            raise source.error("is not a line of tegrastats", n)
        if whole is None:
            raise source.error("has no rail VDD_IN: what the whole module drew is not known; give it as a fact", n)
        if time is None:
            raise source.error("says not when it was written: log it with tegrastats of JetPack 5 or later", n)
        at = seconds(f"{time[3]}-{time[1]}-{time[2]} {time[4]}")
        if at is None:
            raise source.error("its date is none: MM-DD-YYYY HH:MM:SS is expected", n)
        samples.append((at, Decimal(whole[1]) / 1000))
    notes = ("the last line has no end: it was left out",) if cut else ()
    metered = integrated(source, {MACHINE: {"": samples}}, short=cut, notes=notes)
    return (reading_of(source, NAME, metered),)
