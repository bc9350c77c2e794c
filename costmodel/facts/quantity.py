"""Numbers as people write them, with unit and uncertainty, as exact decimals in a metric's unit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext

from costmodel.errors import UnknownNameError, UsageError
from costmodel.facts.source import excerpt
from costmodel.ir.facts import METRIC_UNITS, PART_UNITS, Kind, Measurement

EXACT = Context(prec=120)
"""Enough digits for every product and sum of numbers that :func:`number` admits."""

UNITS = {**METRIC_UNITS, **PART_UNITS}
"""Every metric that a measurement may name."""

_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?"
_QUANTITY = re.compile(rf"(?P<value>{_NUMBER})\s*(?P<unit>[^\W\d_]*%?)")
_PLUS_MINUS = re.compile(r"±|\+/-|\+-")
_LONGEST = 40

_JOULES = {"J": "1", "Kj": "1e3", "kJ": "1e3", "KJ": "1e3", "MJ": "1e6", "mJ": "1e-3", "Wh": "3.6e3", "kWh": "3.6e6"}
_BYTES = {"B": 1, "bytes": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9}
_BINARY = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_COUNTS = {"k": "1e3", "M": "1e6", "G": "1e9", "B": "1e9", "T": "1e12", "P": "1e15"}

_SCALES: dict[str, dict[str, Decimal]] = {
    "%": {"%": Decimal(1)},
    "J": {unit: Decimal(scale) for unit, scale in _JOULES.items()},
    "mJ": {u: Decimal(s) for u, s in (("mJ", "1"), ("J", "1e3"), ("uJ", "1e-3"), ("µJ", "1e-3"), ("μJ", "1e-3"),
                                      ("nJ", "1e-6"), ("pJ", "1e-9"))},
    "s": {u: Decimal(s) for u, s in (("s", 1), ("ms", "1e-3"), ("min", 60), ("h", 3600))},
    "bytes": {unit: Decimal(scale) for unit, scale in {**_BYTES, **_BINARY}.items()},
    "cycles": {"cycles": Decimal(1), "kcycles": Decimal(1000), "Mcycles": Decimal(10**6)},
    **{unit: {unit: Decimal(1), **{u: Decimal(s) for u, s in _COUNTS.items()}}
       for unit in ("parameters", "operations")},
    "iterations": {"iterations": Decimal(1)},
}  # fmt: skip
"""Units that each metric's unit can be written in. ``Kj`` is how the energy competition's page writes kJ."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in its metric's unit; ``unit_given`` tells ``150 kJ`` from a bare ``150``."""

    value: Decimal
    uncertainty: Decimal | None
    unit_given: bool


def number(text: str) -> Decimal | None:
    """A plain decimal number of at most 40 characters; None if it is something else."""
    stripped = text.strip()
    if len(stripped) > _LONGEST or not re.fullmatch(_NUMBER, stripped):
        return None
    return Decimal(stripped)


def plus_minus(text: str) -> tuple[str, str | None]:
    """The value's text, and that of its uncertainty behind ``±``, ``+-`` or ``+/-``; None if there is none.

    >>> plus_minus("150 ± 5 kJ")
    ('150', '5 kJ')
    """
    value, *half = _PLUS_MINUS.split(text, maxsplit=1)
    return value.strip(), half[0].strip() if half else None


def parse_quantity(metric: str, text: str) -> Quantity:
    """``150``, ``150 kJ``, ``150 ± 5 kJ`` or ``50%`` in the unit of ``metric``.

    Raises:
        UnknownNameError: no such metric.
        UsageError: no number, a unit that does not fit, or a value that the metric cannot have.
    """
    if metric not in UNITS:
        raise UnknownNameError("metric", metric, UNITS)
    unit = UNITS[metric]
    before, behind = plus_minus(text)
    value, given = _number_and_unit(before)
    half, half_given = (None, "") if behind is None else _number_and_unit(behind)
    if value is None or (behind is not None and half is None):
        comma = "; write decimals with a point" if "," in text else ""
        raise UsageError(f"{metric}: {excerpt(text)} is not a number in {unit}{comma}")
    # one unit is enough: 150 ± 5 kJ
    scale = _scale(metric, unit, given or half_given)
    half_scale = _scale(metric, unit, half_given or given)
    with localcontext(EXACT):
        value *= scale
        half = None if half is None else half * half_scale
    _check(metric, text, value, half)
    return Quantity(value, half, bool(given or half_given))


def _number_and_unit(text: str) -> tuple[Decimal | None, str]:
    match = _QUANTITY.fullmatch(text)
    return (None, "") if match is None else (number(match["value"]), match["unit"])


def _scale(metric: str, unit: str, given: str) -> Decimal:
    scales = _SCALES[unit]
    if given and given not in scales:
        raise UsageError(f"{metric}: {excerpt(given)} is not one of its units; known: {', '.join(scales)}")
    return scales[given or unit]


def _check(metric: str, text: str, value: Decimal, half: Decimal | None) -> None:
    if value < 0 or (half is not None and half < 0):
        raise UsageError(f"{metric}: {excerpt(text)} is negative")
    if UNITS[metric] == "%" and value > 100:
        raise UsageError(f"{metric}: {excerpt(text)} is more than 100 %")


def measurement(
    metric: str,
    value: Decimal,
    because: str,
    *,
    uncertainty: Decimal | None = None,
    kind: Kind = Kind.MEASURED,
    at_least: bool = False,
) -> Measurement:
    """A measurement in the unit of its metric."""
    return Measurement(
        metric=metric,
        value=value,
        unit=UNITS[metric],
        uncertainty=uncertainty,
        kind=kind,
        because=because,
        at_least=at_least,
    )


def might_be_fraction(metric: str, quantity: Quantity) -> bool:
    """Whether a bare percentage could just as well be a fraction: 0.5 is 0.5 % to one and 50 % to another."""
    return UNITS[metric] == "%" and not quantity.unit_given and 0 < quantity.value <= 1
