"""Score functions that a sum of terms cannot say; a rulebook names them (``ranking.score``)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

Score = Callable[[Mapping[str, Decimal]], Decimal]


def squared_accuracy_per_minute(values: Mapping[str, Decimal]) -> Decimal:
    """accuracy² / minutes of inference (time-weighted evaluation, Budgeted Model Inference, ICCV 2023 RCV)."""
    return values["accuracy_percent"] ** 2 / (values["inference_seconds"] / 60)


SCORES: dict[str, Score] = {"squared_accuracy_per_minute": squared_accuracy_per_minute}
"""Known by name; each takes the values of the ranking's terms."""
