"""The real ``timeloop-mapper`` against mappings that we call proven optimal: it must never find a better one.

Layer problems are drawn at random, on the machines of ``proven`` that have the binary's behaviour; each of the mapper's
algorithms searches each of them. What the mapper finds is also costed by us: its figures and ours must be the same. It
needs Timeloop's binaries (COSTMODEL_TIMELOOP_BIN or the PATH); without them it says so and compares nothing.
"""

from __future__ import annotations

import random
import tempfile
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

from tabulate import tabulate

from benchmarks.proven import MACHINES
from benchmarks.real_model import behaviour_of_binary
from costmodel import backends
from costmodel.backends.backend import Run, Search
from costmodel.backends.timeloop.layer_files import MAPPER_INPUTS, layer_documents
from costmodel.backends.timeloop.stats import Stats
from costmodel.backends.timeloop.syntax import SYNTAXES, yaml_text
from costmodel.backends.timeloop.tool_run import run_tool
from costmodel.backends.timeloop.tools import MAPPER, Installation, Tool, find_tool
from costmodel.errors import RunError, UsageError
from costmodel.hardware.machines import load_hardware
from costmodel.hardware.spec import HardwareSpec
from costmodel.ir.cost import LayerCost
from costmodel.ir.workload import Layer, Place
from costmodel.mapping.objective import OBJECTIVES, SAME

ALGORITHMS = ("random", "linear-pruned", "hybrid", "random-pruned")
METRICS = {"latency": ["delay", "energy"], "energy": ["energy", "delay"], "edp": ["edp"]}
PROBLEMS, SEED = 24, 18
VALID, INVALID, WITHOUT_GAIN = 1000, 5000, 500
"""When a search ends: valid mappings, invalid ones in a row, valid ones in a row that gain nothing."""

SYNTAX = SYNTAXES["v0.3"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one search of the mapper came to: its cost over ours, and what is wrong with it."""

    ratio: float | None
    fault: str = ""


def drawn(rng: random.Random) -> Layer:
    """A layer problem with enough divisors for a search to have something to do."""
    depthwise = rng.random() < 0.25
    bounds = {"C": rng.choice((3, 8, 12, 16, 32, 48))}
    bounds |= {} if depthwise else {"M": rng.choice((4, 6, 16, 24, 32, 64))}
    bounds |= {"R": rng.choice((1, 3, 3, 5)), "S": rng.choice((1, 3, 3, 5)), "N": rng.choice((1, 1, 1, 2))}
    bounds |= {"P": rng.choice((1, 4, 7, 12, 14)), "Q": rng.choice((1, 4, 6, 7, 14))}
    stride = rng.choice((1, 1, 2))
    instance = bounds | {"Wstride": stride, "Hstride": stride, "Wdilation": 1, "Hdilation": 1}
    place = Place(part="forward", layer="drawn", times=1)
    form = "depthwise" if depthwise else "convolution"
    return Layer(places=(place,), instance=instance, depthwise=depthwise, word_bits=16, lowered_as=form)


def searched(
    tool: Tool, spec: HardwareSpec, layer: Layer, settings: dict[str, object], folder: Path
) -> tuple[Stats, LayerCost]:
    """The mapper's best, by its own figures and by ours.

    Raises:
        RunError: it found nothing.
    """
    documents = layer_documents(layer, spec, SYNTAX)
    common = {"live-status": False, "num-threads": 1, "search-size": VALID, "max-permutations-per-if-visit": 8}
    limits = {"timeout": INVALID, "victory-condition": WITHOUT_GAIN}
    documents["mapper.yaml"] = yaml_text({"mapper": {**common, **limits, **settings}})
    result = run_tool(tool, documents, MAPPER_INPUTS, folder, 300.0)
    levels = [
        {
            "target": level.target,
            "keep": list(level.keep),
            "loops": [
                {"dim": o.dim, "bound": o.bound} | ({"spatial": o.spatial} if o.spatial else {}) for o in level.loops
            ],
        }
        for level in result.mapping
    ]
    return result.stats, backends.solver().evaluate(layer, spec, levels)


def compared(theirs: Stats, costed: LayerCost, ours: LayerCost, objective: str) -> Found:
    """The mapper's best beside ours."""
    if not costed.valid:
        return Found(ratio=None, fault=f"we call its mapping impossible: {costed.because}")
    rows = {(row.level, row.dataspace): row for row in costed.accesses}
    same = costed.cycles == theirs.cycles and abs(costed.energy_pj - theirs.energy_pj) <= theirs.rounding_pj + 1e-6
    for row in theirs.accesses:
        mine = rows.get((row.level, row.dataspace), replace(row, reads=0, fills=0, updates=0))
        same &= (mine.reads, mine.fills, mine.updates) == (row.reads, row.fills, row.updates)
    if not same:
        figures = f"{theirs.energy_pj:,.2f} and {costed.energy_pj:,.2f} pJ, {theirs.cycles} and {costed.cycles} cycles"
        return Found(ratio=None, fault=f"its figures and ours of its mapping: {figures}")
    if not ours.valid:
        return Found(ratio=None, fault=f"IT FOUND A MAPPING where we say that there is none: {ours.because}")
    rank = OBJECTIVES[objective].rank
    best, other = rank((ours.cycles, ours.energy_pj)), rank((costed.cycles, costed.energy_pj))
    better = (other[0] < best[0] * (1 - SAME)) or (other[0] <= best[0] and other[1] < best[1] * (1 - SAME))
    fault = f"IT FOUND A BETTER ONE ({objective}): {other}, ours {best}, {costed.mapping}" if better else ""
    which = 1 if objective == "latency" and other[0] == best[0] else 0
    return Found(ratio=other[which] / best[which], fault=fault if ours.optimal else "")


def main() -> bool:
    """Print one row per machine and algorithm; False if the mapper beat a proof, or the figures differ."""
    try:
        tool = find_tool(MAPPER, Installation())
    except UsageError as error:
        print(f"NOTHING WAS COMPARED with the real Timeloop: {error}")
        return True
    rng = random.Random(SEED)
    table: dict[tuple[str, str], list[Found]] = defaultdict(list)
    faults, unproven = [], 0
    with tempfile.TemporaryDirectory() as folder:
        behaviour = behaviour_of_binary(Run(options={"work": folder}))
        specs = [spec for spec in map(load_hardware, MACHINES) if spec.timeloop == behaviour]
        print(f"{MAPPER}, {tool.version}, behaviour {behaviour}: on {', '.join(spec.name for spec in specs)}")
        for number in range(PROBLEMS if specs else 0):
            layer, objective = drawn(rng), list(METRICS)[number % len(METRICS)]
            spec = specs[number // len(METRICS) % len(specs)]
            ours = backends.solver().solve(layer, spec, Search(objective=objective))
            unproven += ours.valid and not ours.optimal
            for algorithm in ALGORITHMS:
                settings: dict[str, object] = {"algorithm": algorithm, "optimization-metrics": METRICS[objective]}
                work = Path(folder) / f"{number}-{algorithm}"
                try:
                    found = compared(*searched(tool, spec, layer, settings, work), ours, objective)
                except RunError as error:
                    # beyond 2^128 mappings it does not begin
                    nothing = any(words in str(error) for words in ("no valid mapping was found", "overflow detected"))
                    found = Found(ratio=None, fault="" if nothing else str(error))
                table[spec.name, algorithm].append(found)
                if found.fault:
                    faults.append(f"{spec.name}, {algorithm}, {dict(layer.instance)}: {found.fault}")
    rows = []
    for (name, algorithm), all_found in table.items():
        ratios = [found.ratio for found in all_found if found.ratio is not None]
        equal = sum(ratio <= 1 + SAME for ratio in ratios)
        beaten = sum("BETTER" in found.fault for found in all_found)
        rows.append((name, algorithm, len(all_found), len(ratios), equal, max(ratios, default=0.0), beaten))
    heads = ("machine", "algorithm", "problems", "found one", "as good", "worst, its over ours", "better than proven")
    print(tabulate(rows, heads, floatfmt=".4g"))
    print(f"{unproven} of our own mappings were not proven")
    print(*faults, sep="\n")
    return bool(rows) and not faults
