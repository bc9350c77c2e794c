"""Least squares by Levenberg and Marquardt with numerical derivatives: what a fit of some sixty constants needs.

K. Levenberg, "A method for the solution of certain non-linear problems in least squares", 1944;
D. Marquardt, "An algorithm for least-squares estimation of nonlinear parameters", 1963.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
_STEP = 1e-3
_LEAST_GAIN = 3e-4
_TRIES = 12


@dataclass(frozen=True)
class Block:
    """Some of the residuals, and which numbers of the vector they hang on."""

    residuals: Callable[[Vector], Vector]
    depends: NDArray[np.bool_]


def least_squares(blocks: Sequence[Block], start: Vector, rounds: int) -> Vector:
    """The point where the sum of squares is least, or where ``rounds`` of derivatives have led."""
    point: Vector = start.copy()
    damping = 1e-2

    def residuals(at: Vector) -> Vector:
        return np.concatenate([block.residuals(at) for block in blocks])

    found = residuals(point)
    active = [block.depends.copy() for block in blocks]
    for turn in range(rounds):
        slope = _derivatives(blocks, point, active)
        normal, gradient = slope.T @ slope, slope.T @ found
        before = float(found @ found)
        for _ in range(_TRIES):
            step: Vector = np.linalg.solve(normal + damping * np.diag(np.diag(normal) + 1e-9), -gradient)
            tried = residuals(point + step)
            if float(tried @ tried) < before:
                point, found, damping = point + step, tried, damping / 3
                break
            damping *= 4
        else:
            break
        after = float(found @ found)
        print(f"round {turn + 1}: {before:.3f} → {after:.3f}", file=sys.stderr)
        if before - after < _LEAST_GAIN * before:
            break
    return point


def _derivatives(blocks: Sequence[Block], point: Vector, active: Sequence[NDArray[np.bool_]]) -> NDArray[np.float64]:
    """Slopes; what a block turns out not to move with is not asked for again (``active`` is what is asked for)."""
    rows = []
    for block, asked in zip(blocks, active, strict=True):
        found = block.residuals(point)
        slope = np.zeros((len(found), len(point)))
        for index in np.nonzero(asked)[0]:
            moved = point.copy()
            moved[index] += _STEP
            slope[:, index] = (block.residuals(moved) - found) / _STEP
            asked[index] = slope[:, index].any()
        rows.append(slope)
    return np.concatenate(rows)
