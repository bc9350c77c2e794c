"""The exact search on every packaged accelerator: layers proven, and CPU seconds of each on one core.

Beside it what the search without a proof found on the same layers: how often it was worse, and by how much at most.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

from tabulate import tabulate

from costmodel.backends.analytical.one_layer import machine_of
from costmodel.hardware.machines import load_hardware
from costmodel.mapping.machine import Machine
from costmodel.mapping.mapping import Mapping
from costmodel.mapping.objective import LATENCY
from costmodel.mapping.problem import Problem
from costmodel.mapping.search.front import Front
from costmodel.mapping.search.local.climb import local_front
from costmodel.mapping.search.optimum import FAST, optimum
from costmodel.verbs.estimate import workload_of

MACHINES = ("simple_weight_stationary", "eyeriss_like", "simba_like", "simple_output_stationary")
NETWORKS = {
    "ResNet-18": ("examples/zoo/resnet.py:ResNet18", {}),
    "MobileNetV2": ("examples/zoo/mobilenet.py:MobileNetV2", {"input": "3x224x224"}),
    "ViT-S": ("benchmarks/_networks/vit_small.py:ViTSmall", {"input": "3x224x224"}),
}
MEDIAN, WORST = 0.2, 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """One layer problem: CPU seconds, whether it is proven, and the quick search's energy (or cycles) over its own."""

    problem: Problem
    seconds: float
    proven: bool
    excess: float


def searched(problem: Problem, machine: Machine) -> Searched:
    """Search one layer, and then without a proof."""
    start = time.process_time()
    found = optimum(problem, machine)
    taken = time.process_time() - start
    front: Front[Mapping] = Front(LATENCY)
    local_front(problem, machine, front, FAST)
    excess = 0.0
    if len(front) and found.evaluation.valid:
        (cycles, energy), _ = front.points[0]
        own = found.evaluation
        excess = cycles / own.cycles - 1 if cycles != own.cycles else energy / own.energy_pj - 1
    return Searched(problem=problem, seconds=taken, proven=found.proven, excess=excess)


def main() -> bool:
    """Print the table, and the layers that are not proven."""
    rows, open_layers, held = [], [], True
    for network, (subject, settings) in NETWORKS.items():
        workload = workload_of(subject, settings, phase="inference", use_cache=False)
        problems = {
            Problem.from_instance(dict(layer.instance), depthwise=layer.depthwise): None for layer in workload.layers
        }
        for name in MACHINES:
            machine = machine_of(load_hardware(name))
            found = [searched(problem, machine) for problem in problems]
            seconds = [one.seconds for one in found]
            worse = [one.excess for one in found if one.excess > 1e-9]
            rows.append(
                (
                    network,
                    name,
                    f"{sum(one.proven for one in found)} of {len(found)}",
                    statistics.median(seconds),
                    max(seconds),
                    f"{len(worse)} of {len(found)}, by up to {max(worse, default=0):.1%}",
                )
            )
            held &= all(one.proven for one in found) and statistics.median(seconds) <= MEDIAN and max(seconds) <= WORST
            open_layers += [
                f"{network} on {name}: {one.problem} ({one.seconds:.1f} s)" for one in found if not one.proven
            ]
    heads = (
        "network",
        "machine",
        "layers proven",
        f"median s (bar {MEDIAN})",
        f"worst s (bar {WORST})",
        "climbing worse",
    )
    print(tabulate(rows, heads, floatfmt=".3g"))
    print(*(f"not proven: {one}" for one in open_layers), sep="\n")
    return held
