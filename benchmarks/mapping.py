"""Mapping layers onto the lab's accelerator: the proven optimum and the course's search, CPU seconds on one core.

The course's own mapper (Timeloop's random search in Docker) takes 4 to 56 CPU seconds for a small layer and many
minutes for a large one (measured when its runs were recorded; the figures are not re-measured here).
"""

from __future__ import annotations

import statistics
import time

from tabulate import tabulate

import costmodel
from costmodel.backends.analytical import solve
from costmodel.backends.machine import machine_of
from costmodel.estimation import workload_of
from costmodel.hardware.spec import load_hardware
from costmodel.ir.workload import Workload
from costmodel.mapping.machine import Machine

OPTIMUM_MEDIAN, OPTIMUM_WORST, COURSE_MEDIAN, COURSE_WORST = 0.010, 1.0, 1.0, 10.0
INFERENCE, TRAINING = 2.0, 10.0


def seconds(workload: Workload, machine: Machine, search: str) -> list[float]:
    """CPU seconds of each layer problem."""
    taken = []
    for layer in workload.layers:
        start = time.process_time()
        solve(layer, machine, search)
        taken.append(time.process_time() - start)
    return taken


def main() -> bool:
    """Print the table and say whether the bars hold."""
    machine = machine_of(load_hardware("simple_weight_stationary"))
    resnet = "examples/zoo/resnet.py:ResNet18"
    lenet = workload_of("examples/zoo/lenet.py:LeNet5", {}, phase="inference", use_cache=False)
    inference = workload_of(resnet, {}, phase="inference", use_cache=False)
    training = workload_of(resnet, {}, phase="training", use_cache=False)
    seconds(lenet, machine, "optimum")
    optimum = seconds(lenet, machine, "optimum") + seconds(inference, machine, "optimum")
    course = seconds(lenet, machine, "course") + seconds(inference, machine, "course")
    step = seconds(training, machine, "optimum")
    rows = [
        ("optimum, a layer of LeNet or ResNet-18: median", statistics.median(optimum), OPTIMUM_MEDIAN),
        ("optimum, worst", max(optimum), OPTIMUM_WORST),
        ("course search: median", statistics.median(course), COURSE_MEDIAN),
        ("course search, worst", max(course), COURSE_WORST),
        ("ResNet-18 inference, optimum of all layers", sum(optimum[len(lenet.layers) :]), INFERENCE),
        ("ResNet-18 training step, optimum of all layers", sum(step), TRAINING),
    ]
    print(f"costmodel {costmodel.__version__}")
    print(tabulate(rows, ("what", "CPU seconds", "bar"), floatfmt=".4g"))
    return all(taken <= bar for _, taken, bar in rows)
