"""Mapping layers onto the lab's accelerator: the proven optimum and the course's search, CPU seconds on one core.

The course's own mapper (Timeloop's random search in Docker) takes 4 to 56 CPU seconds for a small layer and many
minutes for a large one (measured when its runs were recorded; the figures are not re-measured here).
"""

from __future__ import annotations

import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

from tabulate import tabulate

import costmodel
from costmodel.backends.analytical import estimate
from costmodel.backends.analytical.one_layer import machine_of, solve
from costmodel.backends.backend import Run, Search
from costmodel.hardware.machines import load_hardware
from costmodel.hardware.spec import HardwareSpec
from costmodel.ir.workload import Workload
from costmodel.mapping.machine import Machine
from costmodel.verbs.estimate import workload_of

OPTIMUM_MEDIAN, OPTIMUM_WORST, COURSE_MEDIAN, COURSE_WORST = 0.010, 1.0, 1.0, 10.0
INFERENCE, TRAINING = 2.0, 10.0
SPEED_UP = 1.6


def seconds(workload: Workload, machine: Machine, search: str) -> list[float]:
    """CPU seconds of each layer problem."""
    taken = []
    for layer in workload.layers:
        start = time.process_time()
        solve(layer, machine, Search(search=search))
        taken.append(time.process_time() - start)
    return taken


def speed_up(workload: Workload, hardware: HardwareSpec) -> float:
    """How many times faster two warm workers are than one, in wall-clock seconds, for the course's search."""
    taken = []
    for jobs in (1, 2):
        with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
            # a worker's first layer pays for its imports
            small = replace(workload, layers=workload.layers[:1] * jobs)
            estimate(small, hardware, Search(), Run(executor=pool))
            start = time.perf_counter()
            estimate(workload, hardware, Search(search="course"), Run(executor=pool))
            taken.append(time.perf_counter() - start)
    return taken[0] / taken[1]


def main() -> bool:
    """Print the table and say whether the bars hold."""
    machine = machine_of(load_hardware("simple_weight_stationary"))
    resnet = "examples/zoo/resnet.py:ResNet18"
    mobilenet = workload_of(
        "examples/zoo/mobilenet.py:MobileNetV2", {"input": "3x224x224"}, phase="inference", use_cache=False
    )
    lenet = workload_of("examples/zoo/lenet.py:LeNet5", {}, phase="inference", use_cache=False)
    inference = workload_of(resnet, {}, phase="inference", use_cache=False)
    training = workload_of(resnet, {}, phase="training", use_cache=False)
    seconds(lenet, machine, "optimum")
    optimum = seconds(lenet, machine, "optimum") + seconds(inference, machine, "optimum")
    course = seconds(lenet, machine, "course") + seconds(inference, machine, "course")
    step = seconds(training, machine, "optimum")
    depthwise = seconds(
        replace(mobilenet, layers=tuple(o for o in mobilenet.layers if o.depthwise)), machine, "optimum"
    )
    rows = [
        ("optimum, a layer of LeNet or ResNet-18: median", statistics.median(optimum), OPTIMUM_MEDIAN),
        ("optimum, worst", max(optimum), OPTIMUM_WORST),
        ("optimum, a depthwise layer of MobileNetV2, worst", max(depthwise), OPTIMUM_WORST),
        ("course search: median", statistics.median(course), COURSE_MEDIAN),
        ("course search, worst", max(course), COURSE_WORST),
        ("ResNet-18 inference, optimum of all layers", sum(optimum[len(lenet.layers) :]), INFERENCE),
        ("ResNet-18 training step, optimum of all layers", sum(step), TRAINING),
    ]
    print(f"costmodel {costmodel.__version__}")
    print(tabulate(rows, ("what", "CPU seconds", "bar"), floatfmt=".4g"))
    ratio = speed_up(inference, load_hardware("simple_weight_stationary"))
    print(f"course search of ResNet-18 with two workers: {ratio:.2f} times as fast as with one, bar {SPEED_UP}")
    return ratio >= SPEED_UP and all(taken <= bar for _, taken, bar in rows)
