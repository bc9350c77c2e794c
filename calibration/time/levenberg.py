"""Least squares by Levenberg and Marquardt with numerical derivatives: what a fit of some sixty constants needs.

K. Levenberg, "A method for the solution of certain non-linear problems in least squares", 1944;
D. Marquardt, "An algorithm for least-squares estimation of nonlinear parameters", 1963.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
_STEP = 1e-3
_LEAST_GAIN = 1e-4
_TRIES = 12


def least_squares(residuals: Callable[[Vector], Vector], start: Vector, rounds: int) -> Vector:
    """The point where the sum of squares is least, or where ``rounds`` of derivatives have led."""
    point: Vector = start.copy()
    damping = 1e-2
    found = residuals(point)
    for turn in range(rounds):
        slope = _derivatives(residuals, point, found)
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


def _derivatives(residuals: Callable[[Vector], Vector], point: Vector, found: Vector) -> NDArray[np.float64]:
    slope: NDArray[np.float64] = np.empty((len(found), len(point)))
    for index in range(len(point)):
        moved = point.copy()
        moved[index] += _STEP
        slope[:, index] = (residuals(moved) - found) / _STEP
    return slope
