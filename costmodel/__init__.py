"""What a neural network's training step costs, before anyone runs it.

The verbs, one per arrow of the data's walk and named as the subcommands: :func:`trace`, :func:`count`,
:func:`analyze`, :func:`estimate`, :func:`map`, :func:`judge`, :func:`check`, :func:`compare`, :func:`advise`,
:func:`rank`, :func:`grade`, :func:`run`, :func:`record`, :func:`export`, :func:`crosscheck`, :func:`read_facts`,
:func:`render`, :func:`plot`. The nouns that they take and return are here too; each saves and loads itself as JSON.
Importing this module does not import torch: a verb is imported when it is first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from costmodel import errors
from costmodel.ir.showing import plot_with, show_with
from costmodel.version import __version__

if TYPE_CHECKING:
    from costmodel.ir.advice import Advice
    from costmodel.ir.analysis import Analysis
    from costmodel.ir.changes import Changes
    from costmodel.ir.comparison import Comparison
    from costmodel.ir.cost import CostReport, LayerCost
    from costmodel.ir.counts import Counts
    from costmodel.ir.crosscheck import Crosscheck
    from costmodel.ir.exploration import Exploration
    from costmodel.ir.facts import Facts
    from costmodel.ir.gpu_advice import GpuAdvice
    from costmodel.ir.gpu_estimate import GpuEstimate
    from costmodel.ir.gpu_memory import GpuMemory
    from costmodel.ir.grades import Graded, Grades
    from costmodel.ir.hierarchy import Hierarchy, MachineComparison
    from costmodel.ir.interval import Interval
    from costmodel.ir.machines import Machines
    from costmodel.ir.noun import Noun
    from costmodel.ir.ranking import Ranking
    from costmodel.ir.recording import Recording
    from costmodel.ir.run import Run
    from costmodel.ir.settings import Settings
    from costmodel.ir.tips import Tips
    from costmodel.ir.trace import Trace
    from costmodel.ir.training import Training
    from costmodel.ir.verdict import Verdict
    from costmodel.ir.workload import Workload
    from costmodel.verbs.advise import advise
    from costmodel.verbs.analyze import analyze
    from costmodel.verbs.check import check
    from costmodel.verbs.compare import compare
    from costmodel.verbs.count import count
    from costmodel.verbs.crosscheck import crosscheck
    from costmodel.verbs.estimate import estimate
    from costmodel.verbs.explore import explore
    from costmodel.verbs.export import export
    from costmodel.verbs.facts import read_facts
    from costmodel.verbs.grade import grade
    from costmodel.verbs.judge import judge
    from costmodel.verbs.map import map
    from costmodel.verbs.plot import plot
    from costmodel.verbs.rank import rank
    from costmodel.verbs.record import record
    from costmodel.verbs.render import render
    from costmodel.verbs.run import run
    from costmodel.verbs.trace import trace
    from costmodel.verbs.watch import watch

_HOMES = {
    "cli.notebook": ("load_ipython_extension",),
    "ir.advice": ("Advice",),
    "ir.analysis": ("Analysis",),
    "ir.changes": ("Changes",),
    "ir.comparison": ("Comparison",),
    "ir.cost": ("CostReport", "LayerCost"),
    "ir.counts": ("Counts",),
    "ir.crosscheck": ("Crosscheck",),
    "ir.exploration": ("Exploration",),
    "ir.facts": ("Facts",),
    "ir.gpu_advice": ("GpuAdvice",),
    "ir.gpu_estimate": ("GpuEstimate",),
    "ir.gpu_memory": ("GpuMemory",),
    "ir.grades": ("Graded", "Grades"),
    "ir.hierarchy": ("Hierarchy", "MachineComparison"),
    "ir.interval": ("Interval",),
    "ir.machines": ("Machines",),
    "ir.noun": ("Noun",),
    "ir.ranking": ("Ranking",),
    "ir.recording": ("Recording",),
    "ir.run": ("Run",),
    "ir.settings": ("Settings",),
    "ir.tips": ("Tips",),
    "ir.trace": ("Trace",),
    "ir.training": ("Training",),
    "ir.verdict": ("Verdict",),
    "ir.workload": ("Workload",),
    "verbs.advise": ("advise",),
    "verbs.analyze": ("analyze",),
    "verbs.check": ("check",),
    "verbs.compare": ("compare",),
    "verbs.count": ("count",),
    "verbs.crosscheck": ("crosscheck",),
    "verbs.estimate": ("estimate",),
    "verbs.explore": ("explore",),
    "verbs.export": ("export",),
    "verbs.facts": ("read_facts",),
    "verbs.grade": ("grade",),
    "verbs.judge": ("judge",),
    "verbs.map": ("map",),
    "verbs.plot": ("plot",),
    "verbs.rank": ("rank",),
    "verbs.record": ("record",),
    "verbs.render": ("render",),
    "verbs.run": ("run",),
    "verbs.trace": ("trace",),
    "verbs.watch": ("watch",),
}
"""The home of each public name, which is imported when it is first asked for: ``--help`` waits for none of them.

``load_ipython_extension`` is what IPython asks a package for; it is a command line, a floor above this one.
"""

_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Advice",
    "Analysis",
    "Changes",
    "Comparison",
    "CostReport",
    "Counts",
    "Crosscheck",
    "Exploration",
    "Facts",
    "GpuAdvice",
    "GpuEstimate",
    "GpuMemory",
    "Graded",
    "Grades",
    "Hierarchy",
    "Interval",
    "LayerCost",
    "MachineComparison",
    "Machines",
    "Noun",
    "Ranking",
    "Recording",
    "Run",
    "Settings",
    "Tips",
    "Trace",
    "Training",
    "Verdict",
    "Workload",
    "__version__",
    "advise",
    "analyze",
    "check",
    "compare",
    "count",
    "crosscheck",
    "errors",
    "estimate",
    "explore",
    "export",
    "grade",
    "judge",
    "map",
    "plot",
    "rank",
    "read_facts",
    "record",
    "render",
    "run",
    "trace",
    "watch",
]


def __getattr__(name: str) -> Any:
    """A verb or a noun, imported when it is first asked for (PEP 562)."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(importlib.import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME_OF})


def _card(noun: Noun) -> str | None:
    """What a notebook shows of a noun; None if reports have nothing for it."""
    from costmodel.reports.html.document import card
    from costmodel.reports.view import EVERY_NOUN

    return card(noun) if type(noun).__name__ in EVERY_NOUN else None  # type: ignore[arg-type]  # named there


def _plots(noun: Noun) -> object:
    """The object behind ``noun.plot``."""
    from costmodel.verbs.plot import Plots

    return Plots(noun)


show_with(_card)
plot_with(_plots)
