"""Guards: conditions that only raise or warn where something is wrong, and are taken to pass.

``if not torch.isfinite(x).all(): raise …``, ``assert (x >= 0).all()``, ``if degenerate.any(): warnings.warn(…)``. What
they ask does not exist before the run; a training that is counted is one that runs through.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import torch

from costmodel.errors import NotebookError
from costmodel.tracing.reading.text import line_of, text_of
from costmodel.tracing.recording.conditions import only_says

_TORCH = Path(torch.__file__).parent
_BETWEEN = (
    str(Path(__file__).parents[2]),
    *(
        str(_TORCH / part)
        for part in ("utils", "_ops.py", "overrides.py", "_tensor.py", "_subclasses", "_dynamo", "_compile.py")
    ),
)
"""Frames between the line that asks and the recorder."""


class Guards:
    """What the guards of a step are taken to find, by their place."""

    def __init__(self) -> None:
        self._found: dict[str, bool] = {}
        self._last: str | None = None

    def answer(self, place: str) -> bool:
        """The condition of a guard: False at first."""
        self._last = place
        return self._found.setdefault(place, False)

    def turn(self) -> bool:
        """After an error: the guard that was asked last gets the other answer; False if it had both, or is none."""
        place, self._last = self._last, None
        if place is None or self._found[place]:
            return False
        self._found[place] = True
        return True


def guard_here() -> str | None:
    """The place of the guard whose condition is being asked for, None if it is none."""
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_BETWEEN):
        frame = frame.f_back  # type: ignore[assignment]  # None ends the loop
    if frame is None or frame.f_lineno not in _guarded_lines(frame.f_code.co_filename):
        return None
    return line_of(frame.f_code.co_filename, frame.f_lineno)


@cache
def _guarded_lines(file: str) -> frozenset[int]:
    """Lines on which the condition of a guard stands."""
    try:
        tree = ast.parse(text_of(file))
    except (OSError, NotebookError, SyntaxError, ValueError, RecursionError):
        return frozenset()
    return frozenset(
        line
        for node in ast.walk(tree)
        for test in _conditions(node)
        for line in range(test.lineno, (test.end_lineno or test.lineno) + 1)
    )


def _conditions(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.Assert):
        yield node.test
    if isinstance(node, ast.If) and not node.orelse and only_says(node) and not _keeps(node):
        yield node.test


def _keeps(node: ast.If) -> bool:
    """True if it notes something in a list, which may decide later."""
    return any(isinstance(inner, ast.Attribute) and inner.attr == "append" for inner in ast.walk(node))
