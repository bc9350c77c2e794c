"""The constants of the memory estimate, from constants.yaml: each with its unit and its source."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal

from pydantic import model_validator

from costmodel.errors import UsageError
from costmodel.files.documents import Strict, read_document
from costmodel.hardware.gpu.spec import SourcedRange
from costmodel.hardware.spec import SourcedQuantity

End = Literal["low", "median", "high"]
ENDS: tuple[End, ...] = ("low", "median", "high")


class Contexts(Strict):
    """CUDA's context by the architecture of the card, with all kernels loaded at once, and loaded as they are used."""

    eager: dict[str, SourcedRange]
    lazy: dict[str, SourcedRange]


class WorkspaceShares(Strict):
    """Workspaces of convolutions by kind, on tensor cores and without them; the most that one may have of the card."""

    tensor_cores: dict[str, SourcedRange]
    fp32: dict[str, SourcedRange]
    room: SourcedRange


class Constants(Strict):
    """Everything that no trace tells."""

    sources: dict[str, str]
    cublas: dict[str, SourcedQuantity]
    cublas_lt: SourcedQuantity
    context: Contexts
    next_batch: SourcedRange
    residual: SourcedRange
    blocks: SourcedRange
    workspaces: WorkspaceShares

    @model_validator(mode="after")
    def _cited(self) -> Constants:
        ranges: list[SourcedRange | SourcedQuantity] = [self.next_batch, self.residual, self.blocks]
        ranges += [self.workspaces.room, self.cublas_lt, *self.cublas.values()]
        for by_name in (self.context.eager, self.context.lazy, self.workspaces.tensor_cores, self.workspaces.fp32):
            ranges += by_name.values()
        for source in (found.source for found in ranges):
            if source not in self.sources:
                raise ValueError(f"source {source!r} is not among sources: {', '.join(sorted(self.sources))}")
        return self


@cache
def constants() -> Constants:
    """The constants, read once."""
    path = Path(str(resources.files(__package__).joinpath("constants.yaml")))
    return read_document(path, Constants, UsageError)


def at(found: SourcedRange, end: End) -> float:
    """One of the three numbers of a range; its middle where it has no median."""
    if end == "median":
        return float((found.low + found.high) / 2 if found.median is None else found.median)
    return float(found.low if end == "low" else found.high)
