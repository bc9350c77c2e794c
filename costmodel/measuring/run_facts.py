"""The facts of an entry's runs, as ``check`` and ``rank`` take them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from costmodel.facts.quantity import measurement
from costmodel.ir.facts import Facts, Measurement, Reading
from costmodel.ir.run import Ending, MeterReading, Run, StageRun

FORMAT = "costmodel-run"


def facts_of(runs: Sequence[Run], *, time_metric: str = "training_seconds", iterations: int | None = None) -> Facts:
    """One reading: each metric once for each run, in their order.

    Args:
        runs: of one entry.
        time_metric: what the wall time of the first stage is to the rules.
        iterations: how many the entry was told to make.
    """
    found = [one for run in runs for one in _of(run, time_metric)]
    if iterations is not None:
        found.append(measurement("iterations", Decimal(iterations), "what the entry was told; nobody counted them"))
    notes = dict.fromkeys(f"run {run.number}: {note}" for run in runs for note in run.notes)
    name = runs[0].submission
    reading = Reading(file=f"{name}.run", format=FORMAT, submission=name, measurements=tuple(found), notes=tuple(notes))
    return Facts(readings=(reading,))


def _of(run: Run, time_metric: str) -> Iterator[Measurement]:
    if run.stages and run.stages[0].ending is not Ending.NOT_STARTED:
        yield _seconds(run, run.stages[0], time_metric)
        yield from _metered(run.stages[0])
    score = run.score
    if score is not None and score.total:
        percent = Decimal(100 * score.right) / Decimal(score.total)
        how = (
            f"{score.right:,} of {score.total:,} right in {score.file}; 95 % binomial interval "
            f"{score.low_percent:.2f} to {score.high_percent:.2f}"
        )
        yield measurement("accuracy_percent", percent, how)
        yield measurement("error_rate_percent", 100 - percent, how)


def _seconds(run: Run, stage: StageRun, metric: str) -> Measurement:
    """What was ended at its limit, as the rules want it, ran for the limit; the rest is how long it took us."""
    limit = next((one.value for one in run.limits if one.name == "time"), None)
    if stage.ending is Ending.ENDED and limit is not None:
        how = f"ended by us at its limit, {stage.wall_seconds - limit:.3f} s late"
        return measurement(metric, Decimal(repr(limit)), how)
    return measurement(metric, Decimal(f"{stage.wall_seconds:.6f}"), f"wall time of {stage.stage}")


def _metered(stage: StageRun) -> Iterator[Measurement]:
    meters = {reading.quantity: reading for reading in stage.meters if reading.value is not None}
    for name in ("host_memory_bytes", "gpu_memory_bytes"):
        if name in meters:
            yield _interval(name, meters[name])
    parts = {
        name: meters[name]
        for name in ("cpu_energy_joules", "gpu_energy_joules", "dram_energy_joules")
        if name in meters
    }
    counted = [name for name in ("cpu_energy_joules", "gpu_energy_joules") if name in parts]
    # of a machine without a GPU and without a meter of its processor nothing is known
    if counted and any(parts[name].value for name in counted):
        how = f"{' + '.join(name.partition('_')[0].upper() for name in counted)}; idle is not subtracted"
        short = len(counted) == 1
        how += "; the other was not measured: a lower bound" if short else ""
        yield measurement("energy_joules", sum((_exact(parts[n]) for n in counted), Decimal(0)), how, at_least=short)
    for name, reading in parts.items():
        yield measurement(name, _exact(reading), f"by {reading.meter}")


def _interval(metric: str, reading: MeterReading) -> Measurement:
    """The middle of the interval and half its width."""
    if reading.low is None or reading.high is None:
        return measurement(metric, _exact(reading), f"by {reading.meter}")
    low, high = Decimal(int(reading.low)), Decimal(int(reading.high))
    return measurement(
        metric, (low + high) / 2, f"by {reading.meter}: from {low:,} to {high:,}", uncertainty=(high - low) / 2
    )


def _exact(reading: MeterReading) -> Decimal:
    assert reading.value is not None  # asked for by its callers
    return Decimal(f"{reading.value:.6f}").normalize()
