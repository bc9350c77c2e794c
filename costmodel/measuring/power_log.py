"""Power over a run as AIPowerMeter writes it, for the tools of the energy competition and for ``costmodel facts read``.

``power_metrics.json`` has one JSON object a line: a date, and watts of the processors (``intel_power``), of the memory
(``total_dram_power``) and of the GPU, under its names before and after 2026 (``nvidia_draw_absolute``,
``nvidia_power``). Each is the mean since the line before. Stages are segments. It has dates, which the
record of a run has not.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from costmodel.ir.run import Sample, StageRun

NAME = "power_metrics.json"
_MARK = "END OF RECORDING SEGMENT"
_EVERY_SECONDS = 1.0
_KEYS = {
    "cpu_energy_joules": ("cpu", ("intel_power",)),
    "dram_energy_joules": ("cpu", ("total_dram_power",)),
    "gpu_energy_joules": ("gpu", ("nvidia_draw_absolute", "nvidia_power")),
}


def power_log(stages: Sequence[tuple[StageRun, datetime]]) -> str:
    """The lines of a run; "" where nothing measured power.

    Args:
        stages: each with the moment at which it began.
    """
    segments = ["".join(_lines(stage.samples, begun)) for stage, begun in stages]
    return f"{_MARK}\n".join(filter(None, segments))


def _lines(samples: Sequence[Sample], begun: datetime) -> Iterator[str]:
    seen = [s for s in samples if any(name in s.values for name in _KEYS)]
    before = seen[0] if seen else None
    is_first = True
    for sample in seen[1:]:
        assert before is not None  # there is a sample
        apart = sample.seconds - before.seconds
        if apart <= 0 or (apart < _EVERY_SECONDS and sample is not seen[-1]):
            continue
        watts = {
            name: (sample.values[name] - before.values[name]) / apart
            for name in _KEYS
            if name in sample.values and name in before.values
        }
        for moment in (before, sample) if is_first else (sample,):
            yield _line(begun + timedelta(seconds=moment.seconds), watts)
        before, is_first = sample, False


def _line(at: datetime, watts: dict[str, float]) -> str:
    metrics: dict[str, dict[str, float]] = {}
    for name, value in watts.items():
        device, keys = _KEYS[name]
        metrics.setdefault(device, {}).update(dict.fromkeys(keys, round(value, 6)))
    return json.dumps({"date": at.isoformat(sep=" ", timespec="milliseconds"), "metrics": metrics}) + "\n"
