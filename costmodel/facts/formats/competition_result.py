"""The energy competition's ``result.json``: ``{"accuracy": 0.965, "power_draw": 150000.0}``.

Written by the template of GreenAI-Uppa/AIPowerMeter (examples/acml_competition): accuracy is a fraction, power_draw is
an energy in joules.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from costmodel.facts.quantity import measurement
from costmodel.facts.source import Options, Source
from costmodel.ir.facts import Reading

NAME = "competition-result"
TITLE = "the energy competition's result.json"
PRECEDENCE = 20
OPTIONS: tuple[str, ...] = ()

_ITERATIONS = "the template measures 40 iterations of the test set, the rules ask for 200; --iterations N scales"


def recognises(source: Source) -> bool:
    """Whether it is an object with the two keys."""
    data = _parsed(source)
    return isinstance(data, dict) and "power_draw" in data


def read(source: Source, options: Options) -> tuple[Reading, ...]:  # noqa: ARG001  # every reader takes options
    """Accuracy in percent and energy in joules.

    Raises:
        FormatError: not JSON, a missing key, a value that is not a fraction or not an energy.
    """
    data = _parsed(source)
    if not isinstance(data, dict):
        raise source.error('expected {"accuracy": 0.965, "power_draw": 150000.0}')
    accuracy = _number(source, data, "accuracy")
    joules = _number(source, data, "power_draw")
    if accuracy > 1:
        raise source.error(f"accuracy: {accuracy} is more than 1; the template writes a fraction")
    return (
        Reading(
            file=source.name,
            format=NAME,
            measurements=(
                measurement("accuracy_percent", accuracy.scaleb(2), "accuracy as a fraction × 100"),
                measurement("energy_joules", joules, "power_draw, which is an energy in joules"),
            ),
            notes=(_ITERATIONS,),
        ),
    )


def _parsed(source: Source) -> Any:
    try:
        return json.loads(source.text, parse_float=Decimal)
    except (ValueError, RecursionError):
        return None


def _number(source: Source, data: dict[str, Any], key: str) -> Decimal:
    value = data.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)) or not 0 <= value < 10**15:
        raise source.error(f"{key}: expected a number, at least 0")
    return Decimal(value)
