"""The result of a search: a mapping with its cost, and whether it is proven."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from costmodel.mapping.cost.evaluate import evaluate
from costmodel.mapping.cost.mapping_cost import Evaluation
from costmodel.mapping.machine import Machine
from costmodel.mapping.mapping import Mapping
from costmodel.mapping.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """The result of a search.

    Attributes:
        mapping: None where no mapping is valid (or none was met).
        evaluation: its cost; where there is no mapping, not valid, and why.
        proven: whether nothing better exists in the constrained mapspace for the objective that was asked for;
            without a mapping: whether there is none.
    """

    mapping: Mapping | None
    evaluation: Evaluation
    proven: bool

    def to_json(self) -> dict[str, Any]:
        """The evaluation's form with ``optimal`` and the mapping (null where there is none)."""
        mapping = self.mapping.to_json() if self.mapping is not None else None
        return self.evaluation.to_json() | {"optimal": self.proven, "mapping": mapping}


def result_of(problem: Problem, machine: Machine, mapping: Mapping, *, proven: bool) -> SearchResult:
    """A mapping with its cost."""
    return SearchResult(mapping=mapping, evaluation=evaluate(problem, machine, mapping), proven=proven)


def no_mapping(because: str, *, proven: bool) -> SearchResult:
    """No mapping, and why."""
    return SearchResult(mapping=None, evaluation=Evaluation(valid=False, because=because), proven=proven)
