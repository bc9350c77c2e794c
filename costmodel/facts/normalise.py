"""Energy of one number of iterations as energy of another."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from costmodel.errors import UsageError
from costmodel.facts.quantity import measurement
from costmodel.ir.facts import PART_UNITS, Measurement, Reading

RULE_ITERATIONS = 200
"""The energy competition of 2021: 200 iterations of predicting the full CIFAR-10 test set."""


def normalise(joules: Decimal, iterations: int, to: int = RULE_ITERATIONS) -> Decimal:
    """Joules of ``iterations`` iterations, for ``to`` of them (to 28 digits).

    Raises:
        UsageError: no iterations.
    """
    if iterations <= 0 or to <= 0:
        raise UsageError(f"{iterations} iterations cannot be normalised to {to}: give at least 1")
    return joules * to / iterations


def normalised(reading: Reading, iterations: int) -> Reading:
    """A reading whose energies are those of the rules' 200 iterations, and that says so.

    Raises:
        UsageError: no iterations, or a reading that has its own number.
    """
    if any(m.metric == "iterations" for m in reading.measurements):
        raise UsageError(f"{reading.file} says itself how many iterations it is of; leave --iterations away")
    because = f"scaled from {iterations} to {RULE_ITERATIONS} iterations"
    scaled = tuple(_scaled(m, iterations, because) for m in reading.measurements)
    if scaled == reading.measurements:
        return reading
    return replace(reading, measurements=(*scaled, measurement("iterations", Decimal(RULE_ITERATIONS), because)))


def _scaled(given: Measurement, iterations: int, because: str) -> Measurement:
    if given.metric != "energy_joules" and given.metric not in PART_UNITS:
        return given
    half = None if given.uncertainty is None else normalise(given.uncertainty, iterations)
    value = normalise(given.value, iterations)
    return replace(given, value=value, uncertainty=half, because=f"{given.because}; {because}")
