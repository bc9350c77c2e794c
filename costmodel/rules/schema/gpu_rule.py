"""The GPU that a rulebook's seconds, gigabytes and joules are of, where they are estimated before they are measured."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from costmodel.files.documents import Strict


class GpuRule(Strict):
    """What is estimated.

    Attributes:
        cards: GPUs that the rules may mean; an estimate covers them all. None of them: the user names one.
        phase: training, or inference (forward passes of batches).
        samples: that an inference predicts in all.
        data_bytes: of the data set, where it lies in the host's memory.
        workers: processes that load data, beside the training's own.
    """

    cards: tuple[str, ...] = ()
    phase: Literal["training", "inference"]
    samples: int | None = Field(default=None, ge=1)
    data_bytes: int = Field(default=0, ge=0)
    workers: int = Field(default=0, ge=0)
    source: str
