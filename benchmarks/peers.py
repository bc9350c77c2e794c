"""AccelForge's best mappings beside ours, on the same layer problems and a machine that both can describe.

AccelForge is started in a Python of its own (COSTMODEL_ACCELFORGE_PYTHON), for it brings many packages of its own;
without it this says so and compares nothing. Its counting is Timeloop's but for one rule: where Timeloop's
behaviour D charges a write for the zeros that a tile of outputs begins with, it charges the read by which that tile
leaves. A write costs what a read costs here, so the totals must be the same, and on D a difference is one of the
mapspace or of a rule. Behaviour E charges neither, and is printed to show what that is worth.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tabulate import tabulate

from costmodel.backends.analytical.one_layer import machine_of
from costmodel.hardware.spec import HardwareSpec
from costmodel.mapping.objective import ENERGY, LATENCY, SAME, Objective
from costmodel.mapping.problem import DATASPACES, Problem
from costmodel.mapping.search.optimum import optimum

PYTHON = "COSTMODEL_ACCELFORGE_PYTHON"
CHILD = Path(__file__).parent / "_peers" / "on_accelforge.py"
PATIENCE = 420.0
"""Seconds after which AccelForge is stopped; what it has not answered by then is named."""

UNITS, REGISTER_WORDS, BUFFER_WORDS, WORD_BITS = 16, 16, 512, 8
MAC_PJ, REGISTER_PJ, BUFFER_PJ, DRAM_PJ = 1.0, 0.5, 5.0, 100.0

PROBLEMS = {
    "fully connected 16 to 16, batch 4": Problem(C=16, M=16, N=4),
    "fully connected 32 to 64, batch 8": Problem(C=32, M=64, N=8),
    "convolution 1x1, 8 to 16, 6 wide": Problem(C=8, M=16, P=6),
    "convolution 3x1, 8 to 8, 8 wide": Problem(C=8, M=8, R=3, P=8),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Best:
    """A tool's best: (cycles, pJ) by cycles and then energy, and by energy and then cycles."""

    fastest: tuple[float, float]
    thriftiest: tuple[float, float]
    seconds: float
    proven: bool = True


def our_machine(behaviour: str) -> HardwareSpec:
    """A row of multipliers, each with a register, below one buffer and DRAM; every tensor is kept everywhere."""

    def quantity(value: float, unit: str) -> dict[str, Any]:
        return {"value": value, "unit": unit, "source": "made"}

    def level(name: str, instances: int, energy: float, words: int | None, fanout: int | None) -> dict[str, Any]:
        found: dict[str, Any] = {"name": name, "instances": quantity(instances, "instances"), "keep": list(DATASPACES)}
        found |= {"words_per_access": quantity(1, "words")}
        found |= {"read": quantity(energy, "pJ"), "write": quantity(energy, "pJ")}
        found |= {"capacity": quantity(words, "words")} if words else {}
        return found | ({"fanout_x": quantity(fanout, "instances")} if fanout else {})

    return HardwareSpec.model_validate(
        {
            "name": "row",
            "title": "a row of multipliers, made for a comparison",
            "timeloop": behaviour,
            "sources": {"made": "made up for this comparison"},
            "compute": {
                "units": quantity(UNITS, "MACs"),
                "word_bits": quantity(WORD_BITS, "bits"),
                "energy": quantity(MAC_PJ, "pJ"),
            },
            "levels": [
                level("Register", UNITS, REGISTER_PJ, REGISTER_WORDS, None),
                level("Buffer", 1, BUFFER_PJ, BUFFER_WORDS, UNITS),
                level("DRAM", 1, DRAM_PJ, None, None),
            ],
        }
    )


def their_machine() -> str:
    """The same machine as AccelForge reads it; its sizes are in bits, its figures in whatever unit they are given."""

    def memory(name: str, energy: float, words: int | None) -> str:
        actions = "".join(
            f"    - {{name: {action}, energy: {energy}, bits_per_action: {WORD_BITS}, throughput: inf}}\n"
            for action in ("read", "write")
        )
        return (
            f"  - !Memory\n    name: {name}\n    size: {words * WORD_BITS if words else 'inf'}\n"
            f"    leak_power: 0\n    area: 0\n    tensors: {{keep: All}}\n    actions:\n{actions}"
        )

    row = f"  - !Container\n    name: Row\n    spatial:\n    - {{name: X, fanout: {UNITS}}}\n"
    unit = (
        "  - !Compute\n    name: MAC\n    leak_power: 0\n    area: 0\n    actions:\n"
        f"    - {{name: compute, energy: {MAC_PJ}, throughput: 1}}\n"
    )
    buffers = memory("DRAM", DRAM_PJ, None) + memory("Buffer", BUFFER_PJ, BUFFER_WORDS)
    return "arch:\n  nodes:\n" + buffers + row + memory("Register", REGISTER_PJ, REGISTER_WORDS) + unit


def ours(problem: Problem, behaviour: str) -> Best:
    """Our best by both objectives."""
    machine = machine_of(our_machine(behaviour))
    start = time.perf_counter()

    def point(objective: Objective) -> tuple[tuple[float, float], bool]:
        found = optimum(problem, machine, objective)
        return (found.evaluation.cycles, found.evaluation.energy_pj), found.proven

    (fastest, one), (thriftiest, other) = point(LATENCY), point(ENERGY)
    seconds = time.perf_counter() - start
    return Best(fastest=fastest, thriftiest=thriftiest, seconds=seconds, proven=one and other)


def theirs(python: str) -> Iterator[dict[str, Any]]:
    """AccelForge's answers: first its version, then one per problem, as far as it came."""
    bounds = [{dim: problem.to_instance().get(dim, 1) for dim in "CMRSNPQ"} for problem in PROBLEMS.values()]
    request = {"architecture": their_machine(), "problems": [(one, True) for one in bounds]}
    try:
        with tempfile.TemporaryDirectory() as folder:  # it draws its mappings where it runs
            done = subprocess.run(
                [python, str(CHILD)],
                input=json.dumps(request),
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=False,
                cwd=folder,
            )
        text, fault = done.stdout, f"it ended with {done.returncode}: {done.stderr.strip()[-300:]}"
    except subprocess.TimeoutExpired as stopped:
        output = stopped.stdout or b""
        text, fault = output if isinstance(output, str) else output.decode(), f"stopped after {PATIENCE:.0f} s"
    except OSError as error:
        text, fault = "", f"cannot be started: {error.strerror}"
    lines = [json.loads(line) for line in text.splitlines()]
    yield from lines
    for _ in range(len(PROBLEMS) + 1 - len(lines)):
        yield {"fault": fault}


def best_of(answer: dict[str, Any]) -> Best:
    """The two ends of AccelForge's front."""
    points = [(float(cycles), float(energy)) for cycles, energy in answer["points"]]
    thriftiest = min(points, key=lambda point: point[::-1])
    return Best(fastest=min(points), thriftiest=thriftiest, seconds=answer["seconds"])


def same(one: Best, other: Best) -> bool:
    """Both ends agree, in cycles and in energy."""
    pairs = zip((*one.fastest, *one.thriftiest), (*other.fastest, *other.thriftiest), strict=True)
    return all(abs(mine - its) <= SAME * max(mine, its) for mine, its in pairs)


def shown(best: Best) -> str:
    """Both ends, or the one point that is both."""
    points = dict.fromkeys((best.fastest, best.thriftiest))
    return " or ".join(f"{energy:,.0f} pJ in {cycles:,.0f}" for cycles, energy in points)


def main() -> bool:
    """One row per problem; False if a proven mapping of ours and AccelForge's best differ, or it did not answer."""
    python = os.environ.get(PYTHON)
    if not python:
        print(f"NOTHING WAS COMPARED with AccelForge: set {PYTHON} to a Python that has the package accelforge")
        return True
    answers = theirs(python)
    version = next(answers).get("version", "of unknown version")
    rows: list[tuple[str, str, str, float, float | None, str]] = []
    faults = []
    for (name, problem), answer in zip(PROBLEMS.items(), answers, strict=True):
        mine, latest = ours(problem, "D"), ours(problem, "E")
        proven = "" if mine.proven and latest.proven else " (not proven)"
        if "points" in answer:
            peer = best_of(answer)
            rows.append((name, shown(mine) + proven, shown(peer), mine.seconds, peer.seconds, shown(latest)))
            faults += [] if same(mine, peer) else [f"{name}: the best of both differ"]
        else:
            rows.append((name, shown(mine) + proven, "no answer", mine.seconds, None, shown(latest)))
            faults.append(f"{name}: AccelForge gave no answer: {answer['fault']}")
    heads = ("layer", "costmodel, D", f"AccelForge {version}", "s", "its s", "costmodel, E")
    print(tabulate(rows, heads, floatfmt=".3g"))
    print(*faults, sep="\n")
    return not faults
