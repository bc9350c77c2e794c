"""Numbers that somebody can cite, and the units that some of them are in."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from costmodel.files.documents import Strict


class SourcedQuantity(Strict):
    """A number that somebody can cite; ``source`` is a key of the spec's sources."""

    value: Decimal = Field(ge=0)
    unit: str
    source: str


HERTZ = {"Hz": Decimal(1), "kHz": Decimal(10) ** 3, "MHz": Decimal(10) ** 6, "GHz": Decimal(10) ** 9}
WATTS = {"W": Decimal(1), "mW": Decimal(10) ** -3, "uW": Decimal(10) ** -6, "nW": Decimal(10) ** -9}
"""Units of a clock and of a leakage power, in hertz and in watts."""


def check_unit(quantity: SourcedQuantity | None, units: dict[str, Decimal], what: str) -> None:
    """Refuse a quantity in another unit.

    Raises:
        ValueError: its unit is none of these.
    """
    if quantity is not None and quantity.unit not in units:
        raise ValueError(f"{what}: unit {quantity.unit!r} is none of {', '.join(units)}")
