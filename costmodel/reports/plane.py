"""The plane of a picture that stands alone: axes with their names and round numbers, and where a point lies."""

from __future__ import annotations

from collections.abc import Sequence

from costmodel.reports.html.element import Html
from costmodel.reports.plot import Axis
from costmodel.reports.sheet import SOFT, rule, sheet, text

LEFT, RIGHT, HEIGHT = 78.0, 736.0, 300.0
_TOP, _BELOW = 6.0, 48.0


def across(axis: Axis, value: float) -> float:
    """Where a number of the axis across is, from the left."""
    return LEFT + axis.share(value) * (RIGHT - LEFT) / 100


def down(axis: Axis, value: float) -> float:
    """Where a number of the axis upwards is, from above."""
    return _TOP + (100 - axis.share(value)) * HEIGHT / 100


def plane(title: str, x: Axis, y: Axis, inside: Sequence[Html], names: Sequence[str] = ()) -> Html:
    """The picture with what is drawn inside, in the numbers of :func:`across` and :func:`down`."""
    floor = _TOP + HEIGHT
    grid = [rule(LEFT, down(y, tick), RIGHT, down(y, tick)) for tick in y.ticks]
    grid += [text(LEFT - 8, down(y, tick) + 4, said, anchor="end", fill=SOFT) for tick, said in y.labels()]
    grid += [text(across(x, tick), floor + 18, said, anchor="middle", fill=SOFT) for tick, said in x.labels()]
    frame = [rule(LEFT, _TOP, LEFT, floor, SOFT), rule(LEFT, floor, RIGHT, floor, SOFT)]
    said = [
        text((LEFT + RIGHT) / 2, floor + 38, x.name, anchor="middle", fill=SOFT),
        text(22, _TOP + HEIGHT / 2, y.name, anchor="middle", fill=SOFT, turned=True),
    ]
    return sheet(title, floor + _BELOW, *grid, *inside, *frame, *said, names=names)
