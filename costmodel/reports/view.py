"""The nouns that can be shown, and the reader's choices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:  # --help lists the formats, and waits for no noun
    from costmodel.ir.advice import Advice
    from costmodel.ir.analysis import Analysis
    from costmodel.ir.changes import Changes
    from costmodel.ir.comparison import Comparison
    from costmodel.ir.cost import CostReport
    from costmodel.ir.crosscheck import Crosscheck
    from costmodel.ir.exploration import Exploration
    from costmodel.ir.facts import Facts
    from costmodel.ir.gpu_advice import GpuAdvice
    from costmodel.ir.gpu_estimate import GpuEstimate
    from costmodel.ir.grades import Graded, Grades
    from costmodel.ir.hierarchy import Hierarchy, MachineComparison
    from costmodel.ir.machines import Machines
    from costmodel.ir.ranking import Ranking
    from costmodel.ir.recording import Recording
    from costmodel.ir.run import Run
    from costmodel.ir.timeline import Timeline
    from costmodel.ir.tips import Tips
    from costmodel.ir.trace import Trace
    from costmodel.ir.verdict import Verdict

Noun: TypeAlias = (
    "Advice | Analysis | Changes | Comparison | CostReport | Crosscheck | Exploration | Facts"
    " | GpuAdvice | GpuEstimate | Graded | Grades | Hierarchy | MachineComparison | Machines"
    " | Ranking | Recording | Run | Tips | Verdict"
)

EVERY_NOUN = (
    "Advice", "Analysis", "Changes", "Comparison", "CostReport", "Crosscheck", "Exploration", "Facts", "GpuAdvice",
    "GpuEstimate", "Graded", "Grades", "Hierarchy", "MachineComparison", "Machines", "Ranking", "Recording", "Run",
    "Tips", "Verdict",
)  # fmt: skip
"""The same as names: the ``NOUNS`` of a format that can show everything."""


@dataclass(frozen=True)
class View:
    """Choices of the reader; formats that hold everything (json) ignore them.

    Attributes:
        layers: show the table of layers.
        depth: show the module tree down to so many levels; 0 for all of them.
        by: group operations by ``op``, ``layer`` or ``phase``.
        top: only the so many largest rows of the grouped table, or of each table of an advice.
        sensitivity: show what other readings of the rules would say.
        apply: number of a change that is shown as an edit, instead of the list.
        hypothetical: show the rank that an entry without one would have.
        width: columns of the terminal; None where it is none: tables then take 120, and sentences stay in one line.
        human: numbers with three digits and a prefix (2.1 G, 24.6 kB) instead of exact ones.
        colour: outcomes in colour.
        columns: only these columns, and the tables that have any of them; none for all.
        step: the recorded step, which the page of its analysis then shows as a graph.
        timeline: the same on a GPU, op by op.
    """

    layers: bool = False
    depth: int | None = None
    by: str | None = None
    top: int | None = None
    sensitivity: bool = False
    hypothetical: bool = False
    apply: str | None = None
    width: int | None = None
    human: bool = False
    colour: bool = False
    columns: tuple[str, ...] = ()
    step: Trace | None = None
    timeline: Timeline | None = None
