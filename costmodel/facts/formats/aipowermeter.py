"""AIPowerMeter's ``power_metrics.json``: one JSON object a line, watts of CPU and GPU at a moment.

The energy competition of 2021 sums ``intel_power`` (RAPL packages) and ``nvidia_draw_absolute``. Since March 2026 the
meter writes ``nvidia_power`` instead (GreenAI-Uppa/AIPowerMeter, fc099d1).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from typing import Any

from costmodel.facts.power import ONE_MOMENT, Integral, integrate, rounded, seconds
from costmodel.facts.quantity import EXACT, measurement
from costmodel.facts.source import Options, Source, excerpt
from costmodel.ir.facts import Measurement, Reading

NAME = "aipowermeter"
TITLE = "an AIPowerMeter log"
PRECEDENCE = 10
OPTIONS: tuple[str, ...] = ()

_MARK = "END OF RECORDING SEGMENT"
_GPU_KEYS = ("nvidia_draw_absolute", "nvidia_power", "per_gpu_power_draw", "per_gpu_nvidia_power")
_METERS = {
    "cpu_energy_joules": ("cpu", ("intel_power",)),
    "gpu_energy_joules": ("gpu", _GPU_KEYS),
    "dram_energy_joules": ("cpu", ("total_dram_power",)),
}
_COUNTED = ("cpu_energy_joules", "gpu_energy_joules")
"""What the competition sums; RAPL's DRAM domain is shown beside it."""


@dataclass(slots=True)
class _Log:
    """Samples per meter and segment, as they come."""

    segments: dict[str, list[list[tuple[Decimal, Decimal]]]] = field(default_factory=lambda: {m: [[]] for m in _METERS})
    moments: list[list[tuple[Decimal, Decimal]]] = field(default_factory=lambda: [[]])
    keys: dict[str, str] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_METERS, 0))
    notes: list[str] = field(default_factory=list)


def recognises(source: Source) -> bool:
    """Whether the first line is a sample of this meter."""
    first, _, _ = source.text.lstrip().partition("\n")
    return first.startswith("{") and '"date"' in first and '"metrics"' in first


def read(source: Source, options: Options) -> tuple[Reading, ...]:  # noqa: ARG001  # every reader takes options
    """Joules of CPU, GPU and their sum, with samples, duration and gaps.

    Raises:
        FormatError: a line that is not a sample (the last one may be cut: it is left out, with a note).
    """
    log = _Log()
    for line, data in _objects(source, log):
        _add(source, log, line, data)
    whole = integrate(log.moments)
    if whole.samples == 0:
        raise source.error("no sample in it")
    if whole.seconds == 0:
        raise source.error(ONE_MOMENT)
    parts = {m: integrate(segments) for m, segments in log.segments.items() if any(segments)}
    return (
        Reading(
            file=source.name,
            format=NAME,
            measurements=_measurements(log, parts, whole),
            samples=whole.samples,
            duration_seconds=whole.seconds,
            gaps=whole.gaps,
            notes=tuple(log.notes),
        ),
    )


def _objects(source: Source, log: _Log) -> Iterator[tuple[int, Any]]:
    lines = [(n, text) for n, text in enumerate(source.text.splitlines(), 1) if text.strip()]
    for n, text in lines:
        if _MARK in text and not text.lstrip().startswith("{"):
            yield n, _MARK
            continue
        try:
            yield n, json.loads(text, parse_float=Decimal, parse_constant=lambda _: None)
        except (ValueError, RecursionError):
            if n != lines[-1][0] or n == lines[0][0]:
                raise source.error(f"not a sample: {excerpt(text)}", n) from None
            log.notes.append(f"line {n} is cut in the middle: it was left out")


def _add(source: Source, log: _Log, line: int, data: Any) -> None:
    metrics = data.get("metrics") if isinstance(data, dict) else None
    if data == _MARK or metrics == _MARK:
        for segments in (log.moments, *log.segments.values()):
            segments.append([])
        return
    time = seconds(str(data.get("date"))) if isinstance(data, dict) else None
    if time is None or not isinstance(metrics, dict):
        raise source.error('a sample is {"date": "2023-07-27 17:21:57.1", "metrics": {"cpu": …, "gpu": …}}', line)
    # the meter's own integral (power_measure/experiment.py, time_to_sec) takes doubles since 1970, a grid of 0.24 us;
    # exact times would give joules that differ by some 1e-8 from the organizers' own figure
    time = Decimal(float(time))
    log.moments[-1].append((time, Decimal(0)))
    for meter, (device, keys) in _METERS.items():
        found = metrics.get(device)
        key = next((key for key in keys if key in found), None) if isinstance(found, dict) else None
        watts = _watts(found[key]) if isinstance(found, dict) and key else None
        if key is not None:
            log.keys.setdefault(meter, key)
        if watts is None:
            log.missing[meter] += 1
        else:
            log.segments[meter][-1].append((time, watts))


def _watts(value: Any) -> Decimal | None:
    """Watts; the sum over devices; None for what the meter writes when it could not read (-1, null)."""
    if isinstance(value, Mapping):
        parts = [_watts(part) for part in value.values()]
        known = [part for part in parts if part is not None]
        return sum(known, Decimal(0)) if known and len(known) == len(parts) else None
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)) or not 0 <= value < 10**6:
        return None
    return Decimal(value)


def _measurements(log: _Log, parts: dict[str, Integral], whole: Integral) -> tuple[Measurement, ...]:
    result = []
    cut = bool(log.notes)
    for meter, part in parts.items():
        because = f"{log.keys[meter]}, trapezoid rule over {part.samples} samples"
        if log.missing[meter]:
            because += f", {log.missing[meter]} samples without a value"
        short = cut or bool(part.gaps) or part.seconds < whole.seconds
        result.append(measurement(meter, rounded(part.joules), because, at_least=short))
    counted = [m for m in result if m.metric in _COUNTED]
    if not counted:
        log.notes.append("no power of CPU or GPU in it: nothing was integrated")
        return tuple(result)
    absent = [meter.split("_")[0].upper() for meter in _COUNTED if meter not in parts]
    because = "CPU + GPU; the idle power is not subtracted"
    if absent:
        because = f"{' and '.join(absent)} was not measured: a lower bound"
    if cut:
        because += "; the log is cut: a lower bound"
    if whole.gaps:
        because += f"; {len(whole.gaps)} gaps are not integrated"
    short = bool(absent) or any(m.at_least for m in counted)
    with localcontext(EXACT):
        total = sum((part.joules for meter, part in parts.items() if meter in _COUNTED), Decimal(0))
    return (measurement("energy_joules", rounded(total), because, at_least=short), *result)
