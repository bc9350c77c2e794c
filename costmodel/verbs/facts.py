"""Facts: values measured elsewhere, read from tables and logs."""

from __future__ import annotations

from decimal import Decimal

from costmodel.facts.quantity import parse_quantity
from costmodel.facts.reader import read_facts, refuse_idle

__all__ = ["parse_target", "read_facts", "refuse_idle"]


def parse_target(text: str) -> Decimal:
    """An accuracy in percent.

    Raises:
        UsageError: it is none.
    """
    return parse_quantity("accuracy_percent", text).value
