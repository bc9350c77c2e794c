"""The real ``timeloop-model`` on every mapping that the exact search reports: all counters, cycles and energy.

The networks and machines are those of ``proven``. A binary of Timeloop has one behaviour, which a trial layer tells;
machines of another behaviour are not judged by it, and the table says so. It needs Timeloop's binaries
(COSTMODEL_TIMELOOP_BIN or the PATH); without them it says so and compares nothing.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from itertools import islice

from tabulate import tabulate

from benchmarks.proven import MACHINES, NETWORKS
from costmodel.backends import analytical, timeloop
from costmodel.backends.backend import Run, Search
from costmodel.backends.timeloop.tools import MODEL, Installation, find_tool
from costmodel.backends.trial import trial_machine, trial_workload
from costmodel.errors import UsageError
from costmodel.hardware.machines import load_hardware
from costmodel.ir.cost import LayerCheck, LayerCost
from costmodel.mapping.machine import Behaviour
from costmodel.verbs.estimate import workload_of

BEHAVIOURS: tuple[Behaviour, ...] = ("D", "E")
SHOWN = 3


def behaviour_of_binary(run: Run) -> Behaviour | None:
    """The behaviour with which the binary's figures of the trial layer agree; None is neither.

    Outputs that are touched for the first time are fills in D and none in E, so no layer with outputs agrees with both.
    """
    for behaviour in BEHAVIOURS:
        machine = trial_machine().model_copy(update={"timeloop": behaviour})
        report = analytical.estimate(trial_workload(), machine, Search(), Run())
        if all(check.agrees for check in timeloop.verify(report, machine, run)):
            return behaviour
    return None


def disagreements(costs: Sequence[LayerCost], checks: Sequence[LayerCheck]) -> list[str]:
    """One line per mapping of which the model says otherwise: both figures, and the first counters that differ."""
    return [
        f"{dict(cost.layer.instance)}: ours {cost.energy_pj:,.2f} pJ, {cost.cycles:,} cycles; "
        f"theirs {check.energy_pj} pJ, {check.cycles} cycles; {check.because}"
        for cost, check in zip(costs, checks, strict=True)
        if cost.valid and not check.agrees
    ]


def main() -> bool:
    """Print one row per network and machine; False if a mapping was judged otherwise, or no behaviour is known."""
    try:
        tool = find_tool(MODEL, Installation())
    except UsageError as error:
        print(f"NOTHING WAS COMPARED with the real Timeloop: {error}")
        return True
    rows, faults = [], []
    with tempfile.TemporaryDirectory() as folder:
        run = Run(jobs=1, options={"work": folder})
        behaviour = behaviour_of_binary(run)
        print(f"{MODEL}, {tool.version}: behaviour {behaviour or 'none that we know'}")
        if behaviour is None:
            return False
        for name in MACHINES:
            spec = load_hardware(name)
            if spec.timeloop != behaviour:
                print(f"NOT COMPARED: {name} is of behaviour {spec.timeloop}; name a build of that version")
                continue
            for network, (subject, settings) in NETWORKS.items():
                workload = workload_of(subject, settings, phase="inference", use_cache=False)
                report = analytical.estimate(workload, spec, Search(), Run(jobs=1))
                costs, checks = report.layers, timeloop.verify(report, spec, run)
                rows.append(
                    (
                        network,
                        name,
                        sum(cost.valid for cost in costs),
                        sum(not cost.valid for cost in costs),
                        sum(cost.optimal for cost in costs),
                        sum(check.agrees for check in checks),
                        sum(3 * len(cost.accesses) for cost in costs),
                    )
                )
                faults += [f"{network} on {name}: {line}" for line in disagreements(costs, checks)]
    heads = ("network", "machine", "mappings", "no mapping", "proven", "timeloop-model agrees", "counters compared")
    print(tabulate(rows, heads))
    print(*islice(faults, SHOWN * len(MACHINES)), sep="\n")
    return not faults
