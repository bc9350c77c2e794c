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
_QUANTITY = re.compile(r"(?P<value>[+-]?[0-9.,]+(?:[eE][+-]?[0-9]{1,2})?)\s*(?P<unit>[^\W\d_]*%?)")
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]*)?")
_ONE_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]{3}")
_BYTE_ORDER_MARK = "\ufeff"
_PLUS_MINUS = re.compile(r"±|\+/-|\+-")
_LONGEST = 40

_JOULES = {"J": "1", "Kj": "1e3", "kJ": "1e3", "KJ": "1e3", "MJ": "1e6", "mJ": "1e-3", "Wh": "3.6e3", "kWh": "3.6e6",
           "Ws": "1", "joule": "1", "joules": "1", "Joule": "1", "Joules": "1", "uJ": "1e-6", "µJ": "1e-6",
           "μJ": "1e-6", "mWh": "3.6", "MWh": "3.6e9"}  # fmt: skip
_BYTES = {"B": 1, "bytes": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "byte": 1}
_BINARY = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_SECONDS = {"s": "1", "ms": "1e-3", "min": "60", "h": "3600", "us": "1e-6", "µs": "1e-6", "μs": "1e-6", "ns": "1e-9",
            "sec": "1", "secs": "1", "second": "1", "seconds": "1", "mins": "60", "minute": "60", "minutes": "60",
            "hr": "3600", "hrs": "3600", "hour": "3600", "hours": "3600", "d": "86400", "day": "86400",
            "days": "86400"}  # fmt: skip
_COUNTS = {"k": "1e3", "M": "1e6", "G": "1e9", "B": "1e9", "T": "1e12", "P": "1e15"}

_SCALES: dict[str, dict[str, Decimal]] = {
    "%": {"%": Decimal(1), "percent": Decimal(1)},
    "J": {unit: Decimal(scale) for unit, scale in _JOULES.items()},
    "mJ": {u: Decimal(s) for u, s in (("mJ", "1"), ("J", "1e3"), ("uJ", "1e-3"), ("µJ", "1e-3"), ("μJ", "1e-3"),
                                      ("nJ", "1e-6"), ("pJ", "1e-9"))},
    "s": {unit: Decimal(scale) for unit, scale in _SECONDS.items()},
    "bytes": {unit: Decimal(scale) for unit, scale in {**_BYTES, **_BINARY}.items()},
    "cycles": {"cycles": Decimal(1), "kcycles": Decimal(1000), "Mcycles": Decimal(10**6)},
    **{unit: {unit: Decimal(1), **{u: Decimal(s) for u, s in _COUNTS.items()}}
       for unit in ("parameters", "operations")},
    "iterations": {"iterations": Decimal(1)},
}  # fmt: skip
"""Units that each metric's unit can be written in. ``Kj`` is how the energy competition's page writes kJ."""

_COUNTED = ("cycles", "parameters", "operations", "iterations", "bytes")
"""Units of which there is nothing between one and two: 1,234 is no decimal there."""


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
    return quantity_in(UNITS[metric], text, metric)


def quantity_in(unit: str, text: str, name: str) -> Quantity:
    """The same of anything that is in ``unit``, also one that no table of ours has; ``name`` is what messages call it.

    A mark of byte order before it and a comma behind it are left away; ``1,234`` is 1234 where it cannot be a decimal.

    Raises:
        UsageError: no number, a unit that does not fit, or a value that nothing in this unit can have.
    """
    before, behind = plus_minus(text.strip().removeprefix(_BYTE_ORDER_MARK).rstrip().removesuffix(","))
    value, given = _number_and_unit(before, unit)
    half, half_given = (None, "") if behind is None else _number_and_unit(behind, unit)
    if value is None or (behind is not None and half is None):
        comma = "; write decimals with a point" if "," in text else ""
        comma += " and thousands without a comma" if re.search(r",[0-9]{3}(?![0-9])", text) else ""
        raise UsageError(f"{name}: {excerpt(text)} is not a number in {unit or 'plain units'}{comma}")
    # one unit is enough: 150 ± 5 kJ
    scale = _scale(name, unit, given or half_given)
    half_scale = _scale(name, unit, half_given or given)
    with localcontext(EXACT):
        value *= scale
        half = None if half is None else half * half_scale
    _check(name, unit, text, value, half)
    return Quantity(value, half, bool(given or half_given))


def _number_and_unit(text: str, unit: str) -> tuple[Decimal | None, str]:
    match = _QUANTITY.fullmatch(text)
    if match is None:
        return None, ""
    digits, given = match["value"], match["unit"]
    # 1,234 J is 1234 to one and 1.234 to another; a count is not, unless it is one of millions
    whole = unit in _COUNTED and _scales(unit).get(given or unit) == 1
    if _THOUSANDS.fullmatch(digits) and (whole or not _ONE_COMMA.fullmatch(digits)):
        digits = digits.replace(",", "")
    return number(digits), given


def _scales(unit: str) -> dict[str, Decimal]:
    return _SCALES.get(unit, {unit: Decimal(1)})


def _scale(name: str, unit: str, given: str) -> Decimal:
    scales = _scales(unit)
    if given and given not in scales:
        raise UsageError(f"{name}: {excerpt(given)} is not one of its units; known: {', '.join(scales) or 'none'}")
    return scales[given or unit]


def _check(name: str, unit: str, text: str, value: Decimal, half: Decimal | None) -> None:
    if value < 0 or (half is not None and half < 0):
        raise UsageError(f"{name}: {excerpt(text)} is negative")
    if unit == "%" and value > 100:
        raise UsageError(f"{name}: {excerpt(text)} is more than 100 %")


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
