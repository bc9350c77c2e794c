"""Numbers with a prefix, as people say them: ``2.1 G``, ``24.6 kB``; the exact ones stand in every other view."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from costmodel.reports.table import Bytes, Cell, Percent

_PREFIXES = ("", "k", "M", "G", "T", "P", "E", "Z", "Y")
_STEP = 1000  # decimal prefixes, of bytes too: kB is 1,000 bytes, as kilo says
_DIGITS = 3
_MOST_DIGITS = 12


def human(value: Cell) -> str | None:
    """A number with three digits and a prefix, None for what stays as it is (a text, a share).

    >>> human(2_103_456_789), human(Bytes(24_576)), human(999), human(999_960), human(Bytes(12))
    ('2.1 G', '24.6 kB', '999', '1 M', '12 B')
    >>> human(0.0268069), human("text"), human(Percent(3))
    ('0.0268', None, None)
    """
    if value is None or isinstance(value, (str, Percent)):
        return None
    return f"{prefixed(value)}B" if isinstance(value, Bytes) else prefixed(value).rstrip()


def prefixed(value: int | float | Decimal, digits: int = _DIGITS) -> str:
    """The number, a space, and the prefix.

    >>> prefixed(1500), prefixed(2), prefixed(10**30), prefixed(22_354, 5)
    ('1.5 k', '2 ', '1e+06 Y', '22.354 k')
    """
    size, prefix = float(f"{float(value):.{digits}g}"), 0
    while abs(size) >= _STEP and prefix < len(_PREFIXES) - 1:
        size /= _STEP
        prefix += 1
    return f"{size:.{digits}g} {_PREFIXES[prefix]}"


def round_numbers(values: Sequence[float]) -> list[str]:
    """What stands along an axis: each with as few digits as say all of them exactly, so that no two look the same.

    >>> round_numbers([0, 50_000_000]), round_numbers([22_355.0, 22_357.5, 22_360.0])
    (['0 ', '50 M'], ['22.355 k', '22.3575 k', '22.36 k'])
    """
    digits = _DIGITS
    while digits < _MOST_DIGITS and any(float(f"{value:.{digits}g}") != value for value in values):
        digits += 1
    return [prefixed(value, digits) for value in values]
