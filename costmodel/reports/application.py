"""One change as an edit: the argument that makes it, or the layers that are another after it."""

from __future__ import annotations

from collections.abc import Sequence

from costmodel.errors import UsageError
from costmodel.ir.tips import Standing, Tip
from costmodel.reports.suggested import UNKNOWN, reach, said
from costmodel.reports.table import Cell, Table

SEQUENCE = "s"
"""Stands before the number of a step of the sequence."""


def chosen(number: str, single: Sequence[Tip], sequence: Sequence[Tip]) -> tuple[Tip, ...]:
    """The change with a number; of a step of the sequence (``s2``) also those before it.

    Raises:
        UsageError: there is none.
    """
    is_step = number.startswith(SEQUENCE)
    found, digits = (sequence, number[len(SEQUENCE) :]) if is_step else (single, number)
    if not (digits.isascii() and digits.isdecimal()) or not 1 <= int(digits) <= len(found):
        steps = f", s1 to s{len(sequence)}" if sequence else ""
        known = f"there are 1 to {len(single)}{steps}" if single or sequence else "nothing helps"
        raise UsageError(f"--apply {number}: no such change; {known}")
    return tuple(found[: int(digits)]) if is_step else (found[int(digits) - 1],)


def application(tips: Sequence[Tip], now: Standing) -> list[Table]:
    """Each change as what a person writes, then the figures before and after."""
    result = [_edit(tip) for tip in tips]
    after, last = tips[-1].after, tips[-1]
    rows: list[list[Cell]] = []
    if now.points or after.points:
        rows.append(["points", now.points, after.points])
    rows += [["metric", now.metric, after.metric]] if now.metric is not None else []
    rows += [[name, now.figures.get(name), after.figures[name]] for name in after.figures]
    rows.append(["parameters", tips[0].parameters_before, last.parameters])
    rows.append(["receptive field", reach(tips[0].receptive_before), reach(last.receptive)])
    result.append(Table("What comes out", ("figure", "before", "after"), rows, (UNKNOWN,)))
    return result


def _edit(tip: Tip) -> Table:
    if tip.edit:
        whose = "in the recipe" if tip.retrains else "argument of the constructor"
        return Table(f"{tip.kind}: {tip.what}", (whose,), [[tip.edit]])
    rows: list[list[Cell]] = []
    for layer in tip.layers:
        before, after = layer.gives
        gives = before if before == after else f"{before or 'nothing'} → {after or 'nothing'}"
        rows.append([layer.layer or "(model)", layer.where, layer.was, layer.becomes, gives])
    return Table(said(tip), ("layer", "called in", "is", "becomes", "gives"), rows)
