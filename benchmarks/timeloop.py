"""The course's mapper itself beside our re-enactment and the proven optimum: CPU seconds for each layer of LeNet-5.

It needs Timeloop's binaries (COSTMODEL_TIMELOOP_BIN or the PATH); without them it says so and measures nothing.
"""

from __future__ import annotations

import resource
import tempfile
import time
from dataclasses import replace

from tabulate import tabulate

from costmodel.backends import analytical, timeloop
from costmodel.backends.backend import Run, Search
from costmodel.backends.timeloop.tools import MAPPER, Installation, find_tool
from costmodel.errors import UsageError
from costmodel.hardware.machines import load_hardware
from costmodel.verbs.estimate import workload_of

SUBJECT = "examples/zoo/lenet.py:LeNet5"


def children() -> float:
    """CPU seconds of all processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> bool:
    """Print one row per layer; there is no bar: how long their mapper takes is theirs."""
    try:
        find_tool(MAPPER, Installation())
    except UsageError as error:
        print(f"the real mapper was not measured: {error}")
        return True
    spec = load_hardware("simple_weight_stationary")
    workload = workload_of(SUBJECT, {}, phase="inference", use_cache=False)
    rows = []
    for layer in workload.layers:
        one = replace(workload, layers=(layer,))
        with tempfile.TemporaryDirectory() as folder:
            before = children()
            theirs = timeloop.estimate(one, spec, Search(), Run(options={"work": folder}))
            mapper = children() - before
        found = []
        for search in analytical.SEARCHES:
            start = time.process_time()
            found.append((analytical.estimate(one, spec, Search(search=search), Run()), time.process_time() - start))
        (optimum, fast), (course, slow) = found
        # its stats have two decimals
        equal = theirs.cycles == course.cycles and abs(theirs.energy_pj - course.energy_pj) < 0.01
        gain = course.energy_pj / optimum.energy_pj
        rows.append((layer.names[0].partition(":")[2], mapper, slow, fast, "yes" if equal else "NO", gain))
    headers = ("layer", "timeloop-mapper, s", "course search, s", "optimum, s", "same result", "energy / optimum")
    print(tabulate(rows, headers, floatfmt=("", ".1f", ".2f", ".4f", "", ".2f")))
    return all(row[4] == "yes" for row in rows)
