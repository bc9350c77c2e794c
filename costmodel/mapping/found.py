"""What a search found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from costmodel.mapping.evaluation import Evaluation
from costmodel.mapping.mapping import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The result of a search.

    Attributes:
        mapping: None where no mapping is valid (or none was met).
        evaluation: its cost; where there is no mapping, not valid, and why.
        proven: whether nothing better exists (least cycles, then least energy) in the constrained mapspace;
            without a mapping: whether there is none.
    """

    mapping: Mapping | None
    evaluation: Evaluation
    proven: bool

    def to_json(self) -> dict[str, Any]:
        """The evaluation's form with ``optimal`` and the mapping (null where there is none)."""
        mapping = self.mapping.to_json() if self.mapping is not None else None
        return self.evaluation.to_json() | {"optimal": self.proven, "mapping": mapping}
