"""What of a noun to show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from costmodel.ir.advice import Advice
from costmodel.ir.analysis import Analysis
from costmodel.ir.cost import CostReport
from costmodel.ir.crosscheck import Crosscheck
from costmodel.ir.grades import Graded, Grades
from costmodel.ir.ranking import Ranking
from costmodel.ir.verdict import Verdict

Noun: TypeAlias = "Graded | Grades | Advice | Analysis | Verdict | Ranking | Crosscheck | CostReport"


@dataclass(frozen=True)
class View:
    """Choices of the reader; formats that hold everything (json) ignore them.

    Attributes:
        layers: show the table of layers.
        by: group operations by ``op``, ``layer`` or ``phase``.
        top: only the so many largest rows of the grouped table, or of each table of an advice.
        sensitivity: show what other readings of the rules would say.
    """

    layers: bool = False
    by: str | None = None
    top: int | None = None
    sensitivity: bool = False
