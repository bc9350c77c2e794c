"""Claims in a file's name: the lab's ``submission-0p4582-0p0616-131072-0227-224005.csv`` states three figures.

Which names claim what is said by a rulebook's contract (its ``names``), and handed in here; no pattern is written in
this file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Protocol

from costmodel.ir.facts import METRIC_UNITS, Kind, Measurement, Reading

FORMAT = "lab-file-name"
"""The format that such readings name."""

_COPY = re.compile(r" ?\([0-9]+\)(?=\.[^.]*$)")
"""What a browser puts before the suffix of a second download."""

_SPELT = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_LARGE = {Decimal(10**3): "thousand", Decimal(10**6): "million", Decimal(10**9): "billion"}
_WRITTEN = ("month", "day", "hour", "minute", "second")
"""Groups of a pattern that say when the file was written."""


class Claim(Protocol):
    """A group's metric: its text, with ``p`` for the point, times ``scale``; ``decimals`` None is an exact value."""

    @property
    def metric(self) -> str:
        """Its name."""

    @property
    def scale(self) -> Decimal:
        """The factor from the text to the metric's unit."""

    @property
    def decimals(self) -> int | None:
        """How many decimals the text was rounded to."""


class ClaimingName(Protocol):
    """A pattern for whole file names, and the claim of each of its named groups."""

    @property
    def pattern(self) -> str:
        """A regular expression."""

    @property
    def claims(self) -> Mapping[str, Claim]:
        """By the pattern's groups."""


def claimed(name: str, asked: ClaimingName) -> tuple[Measurement, ...]:
    """The claims of a file's name, with the half-width of their rounding; empty if the pattern does not match."""
    match = re.fullmatch(asked.pattern, name)
    if match is None:
        return ()
    found = (_measurement(match[group], claim) for group, claim in asked.claims.items())
    return tuple(measurement for measurement in found if measurement is not None)


def readings_of_name(name: str, known: Iterable[ClaimingName]) -> tuple[Reading, ...]:
    """The claims by the first pattern that matches, as a reading; a browser's ``(1)`` for a copy does not matter."""
    original = _COPY.sub("", name)
    for asked in known:
        measurements = claimed(original, asked)
        if measurements:
            notes = _notes(original, asked)
            return (Reading(file=name, format=FORMAT, measurements=measurements, notes=notes),)
    return ()


def _measurement(text: str | None, claim: Claim) -> Measurement | None:
    try:
        value = Decimal((text or "").replace("p", "."))
    except InvalidOperation:
        return None
    unit = METRIC_UNITS.get(claim.metric, "")
    because = "in the file name"
    if claim.scale in _LARGE:
        because = f"{_LARGE[claim.scale]} {unit} {because}"
    half = None
    if claim.decimals is not None:
        half = Decimal(5).scaleb(-claim.decimals - 1) * claim.scale
        because += f", rounded to {_SPELT[claim.decimals] if claim.decimals < len(_SPELT) else claim.decimals} decimals"
    return Measurement(
        metric=claim.metric,
        value=value * claim.scale,
        unit=unit,
        uncertainty=half,
        kind=Kind.CLAIMED,
        because=because,
    )


def _notes(name: str, asked: ClaimingName) -> tuple[str, ...]:
    match = re.fullmatch(asked.pattern, name)
    if match is None or not set(_WRITTEN) <= set(match.groupdict()):
        return ()
    month, day, hour, minute, second = (match[group] for group in _WRITTEN)
    return (f"written {month}-{day} {hour}:{minute}:{second}, by the student's clock, without year and time zone",)
