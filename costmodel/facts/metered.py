"""Readings of energy meters: joules by part of the machine, their sum, and whether that is all that there was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext

from costmodel.facts.power import ONE_MOMENT, Segment, integrate, rounded
from costmodel.facts.quantity import EXACT, measurement
from costmodel.facts.source import Source
from costmodel.ir.facts import Gap, Measurement, Reading

MACHINE = "machine"
"""The part that stands for all of them: what a whole board or computer drew."""

_COUNTED = ("cpu", "gpu")
"""Parts that energy_joules is the sum of; memory is shown beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metered:
    """What a log says.

    Attributes:
        joules: by ``cpu``, ``gpu``, ``dram``, or ``machine`` alone.
        how: by part, how it was made from what stood there.
        short: the end of the log, or a sample of it, is missing: everything is a lower bound.
        uncertainty: half-widths by part, where the log gives them.
        samples, seconds, gaps: as in a reading.
        notes: what a person has to know.
    """

    joules: Mapping[str, Decimal]
    how: Mapping[str, str]
    short: bool = False
    uncertainty: Mapping[str, Decimal] = field(default_factory=dict)
    samples: int | None = None
    seconds: Decimal | None = None
    gaps: tuple[Gap, ...] = ()
    notes: tuple[str, ...] = ()


def reading_of(source: Source, format: str, metered: Metered, submission: str | None = None) -> Reading:
    """The sum, a lower bound where CPU or GPU was not measured, and each part beside it.

    Raises:
        FormatError: nothing was measured.
    """
    if not metered.joules:
        raise source.error("no energy and no power of CPU, GPU or the whole machine in it")
    return Reading(
        file=source.name,
        format=format,
        submission=submission,
        measurements=(*_total(metered), *(_part(metered, part) for part in metered.joules if part != MACHINE)),
        samples=metered.samples,
        duration_seconds=metered.seconds,
        gaps=metered.gaps,
        notes=metered.notes,
    )


def _total(metered: Metered) -> tuple[Measurement, ...]:
    if MACHINE in metered.joules:
        how = f"the whole machine: {metered.how[MACHINE]}"
        half = metered.uncertainty.get(MACHINE)
        value = metered.joules[MACHINE]
        return (measurement("energy_joules", value, how, uncertainty=half, at_least=metered.short),)
    counted = [part for part in _COUNTED if part in metered.joules]
    if not counted:
        return ()
    missing = [part.upper() for part in _COUNTED if part not in counted]
    how = " + ".join(part.upper() for part in counted)
    how += f"; {missing[0]} was not measured: a lower bound" if missing else ""
    how += "; the log is cut, or lacks samples: a lower bound" if metered.short else ""
    halves = [metered.uncertainty[part] for part in counted if part in metered.uncertainty]
    with localcontext(EXACT):
        total = sum((metered.joules[part] for part in counted), Decimal(0))
        half = sum(halves, Decimal(0)) if halves else None
    short = bool(missing) or metered.short
    return (measurement("energy_joules", total, how, uncertainty=half, at_least=short),)


def _part(metered: Metered, part: str) -> Measurement:
    half = metered.uncertainty.get(part)
    return measurement(
        f"{part}_energy_joules", metered.joules[part], metered.how[part], uncertainty=half, at_least=metered.short
    )


def integrated(
    source: Source,
    samples: Mapping[str, Mapping[str, Sequence[tuple[Decimal, Decimal]]]],
    *,
    short: bool = False,
    notes: tuple[str, ...] = (),
) -> Metered:
    """Joules of sampled watts, by the trapezoid rule on each device.

    Args:
        source: the log.
        samples: by part and device, (seconds, watts) in the order of time.
        short: whether something is missing already.
        notes: of the reading.

    Raises:
        FormatError: no two samples at different times.
    """
    joules: dict[str, Decimal] = {}
    how: dict[str, str] = {}
    count, longest, gaps = 0, Decimal(0), []
    for part, devices in samples.items():
        known: dict[str, Segment] = {name: found for name, found in devices.items() if found}
        if not known:
            continue
        each = {name: integrate([segment]) for name, segment in known.items()}
        if not any(one.seconds for one in each.values()):
            raise source.error(ONE_MOMENT)
        with localcontext(EXACT):
            joules[part] = rounded(sum((one.joules for one in each.values()), Decimal(0)))
        per_device = "" if len(each) == 1 else f", {len(each)} devices"
        how[part] = f"trapezoid rule over {sum(one.samples for one in each.values())} samples{per_device}"
        count = max(count, *(one.samples for one in each.values()))
        longest = max(longest, *(one.seconds for one in each.values()))
        gaps += [gap for one in each.values() for gap in one.gaps]
    return Metered(
        joules=joules, how=how, short=short or bool(gaps), samples=count, seconds=longest, gaps=tuple(gaps), notes=notes
    )


def averaged(
    source: Source, intervals: Mapping[str, Sequence[tuple[Decimal, Decimal]]], *, short: bool, notes: tuple[str, ...]
) -> Metered:
    """Joules of mean watts, each over an interval of its own: (seconds, watts) by part.

    Raises:
        FormatError: no interval.
    """
    joules: dict[str, Decimal] = {}
    how: dict[str, str] = {}
    seconds = Decimal(0)
    for part, found in intervals.items():
        if found:
            with localcontext(EXACT):
                joules[part] = rounded(sum((length * watts for length, watts in found), Decimal(0)))
            seconds = max(seconds, sum((length for length, _ in found), Decimal(0)))
            how[part] = f"mean watts times the length of each of {len(found)} intervals"
    if joules and not seconds:
        raise source.error(ONE_MOMENT)
    count = max((len(found) for found in intervals.values()), default=0)
    return Metered(joules=joules, how=how, short=short, samples=count, seconds=rounded(seconds), notes=notes)
