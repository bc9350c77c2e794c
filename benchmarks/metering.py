"""What metering costs: CPU time of the one that watches, as a share of a busy training's CPU time.

A program of numpy multiplies matrices in one thread for some seconds under every meter, a limit of each kind and the
best enclosure, once without a checkpoint and once with one each half second: to copy it costs what it costs. Counted is
this process; what it takes to start and to end a training of no length is shown, and taken off: trainings last minutes.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from tabulate import tabulate

from costmodel.ir.run import Ending, StageRun
from costmodel.measuring.budget import Budget
from costmodel.measuring.enclosure import Enclosure
from costmodel.measuring.entry import Stage
from costmodel.measuring.meter import all_meters
from costmodel.measuring.place import Place
from costmodel.measuring.running import run_stage
from costmodel.measuring.snapshot import Snapshots
from costmodel.measuring.trying import best_enclosure

SECONDS = 10
BAR = 0.01
TRAINING = """
import time, numpy as np
a, saved = np.random.rand(300, 300), time.monotonic()
end = saved + {seconds}
while time.monotonic() < end:
    a = a @ a; a /= a.sum()
    if {saves} and time.monotonic() > saved + 0.5:
        np.save("model.npy", a); saved = time.monotonic()
"""


def metered(enclosure: Enclosure, saves: bool, seconds: float) -> tuple[float, float, StageRun]:
    """CPU seconds of the one that watches, wall seconds, and the training's record."""
    limits = Budget(time=60.0, host_memory=10**10, cpus=1, processes=100, disk=10**9)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name) / "work"
        work.mkdir()
        place = Place(folder=work, logs=Path(name) / "logs")
        snapshots = Snapshots(work, Path(name) / "kept")
        words = ("python", "-c", TRAINING.format(seconds=seconds, saves=saves))
        before, begun = time.process_time(), time.perf_counter()
        ran = run_stage(Stage(name="training", words=words), place, limits, enclosure, all_meters(), snapshots)
        used = time.process_time() - before, time.perf_counter() - begun
    assert ran.ending is Ending.FINISHED, ran.because
    return (*used, ran)


def main() -> bool:
    """Print the shares; true if the bar is met without checkpoints."""
    enclosure = best_enclosure().enclosure
    metered(enclosure, False, 0.1)  # everything is imported
    start, wall, ran = metered(enclosure, False, 0.1)
    rows: list[tuple[object, ...]] = [("its start and end", None, start, None, None, wall - ran.wall_seconds, None)]
    shares = []
    for saves, name in ((False, "without checkpoints"), (True, "a checkpoint of 0.7 MB each half second")):
        ours, wall, ran = metered(enclosure, saves, SECONDS)
        theirs = next(r.value for r in ran.meters if r.quantity == "cpu_seconds") or 0.0
        shares.append((ours - start) / theirs)
        bar = None if saves else BAR
        rows.append((name, theirs, ours, shares[-1], bar, wall - ran.wall_seconds, len(ran.samples)))
    headers = (f"metering behind {enclosure.name}", "CPU s", "ours, s", "share", "bar", "wall beside, s", "samples")
    print(tabulate(rows, headers, floatfmt=".4f"))
    return shares[0] <= BAR
