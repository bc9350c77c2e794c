"""Numbers with a prefix, as people say them: ``2.1 G``, ``24.6 kB``; the exact ones stand in every other view."""

from __future__ import annotations

from decimal import Decimal

from costmodel.reports.table import Bytes, Cell, Percent

_PREFIXES = ("", "k", "M", "G", "T", "P", "E", "Z", "Y")
_STEP = 1000  # decimal prefixes, of bytes too: kB is 1,000 bytes, as kilo says
_DIGITS = 3


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


def prefixed(value: int | float | Decimal) -> str:
    """The number, a space, and the prefix.

    >>> prefixed(1500), prefixed(2), prefixed(10**30)
    ('1.5 k', '2 ', '1e+06 Y')
    """
    size, prefix = float(f"{float(value):.{_DIGITS}g}"), 0
    while abs(size) >= _STEP and prefix < len(_PREFIXES) - 1:
        size /= _STEP
        prefix += 1
    return f"{size:.{_DIGITS}g} {_PREFIXES[prefix]}"
