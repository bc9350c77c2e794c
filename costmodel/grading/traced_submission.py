"""One submission's figures, or why there are none, as a piece of work gives them back and as they are kept."""

from __future__ import annotations

from dataclasses import dataclass

from costmodel.grading.notice import Notice
from costmodel.grading.walled_answer import WalledAnswer
from costmodel.ir.analysis import TRAINING, Analysis
from costmodel.ir.gpu_estimate import GpuEstimate
from costmodel.ir.workload import Workload

SCHEMA = "costmodel.traced/1"
DERIVED = "costmodel.derived/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedSubmission:
    """Figures of one submission, or why there are none.

    Attributes:
        analysis, workload: None if there is a notice; the workload also where nothing is mapped.
        notice: why there are no figures.
        remarks: matters for a person to look at.
        output: the end of what it printed.
        gpu: estimates on the cards that the rules name; ``gpu_because`` says why there are none.
    """

    analysis: Analysis | None
    workload: Workload | None
    notice: Notice | None
    remarks: tuple[Notice, ...]
    output: str
    gpu: tuple[GpuEstimate, ...] = ()
    gpu_because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToDerive:
    """An answer to check and count, for :func:`costmodel.grading.scrutiny.derive.derive`.

    Attributes:
        walled: the answer.
        random: whether random numbers are operations.
        phase: what is mapped, None for nothing.
        replayed: names of the files of weights and of predictions; None for no replay.
        cards: GPUs that the training, or the inference (``card_phase``), is estimated on.
    """

    walled: WalledAnswer
    random: bool
    phase: str | None
    replayed: tuple[str, str] | None = None
    cards: tuple[str, ...] = ()
    card_phase: str = TRAINING


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """Its figures, and the request for the replay; "" where there is no trace to replay."""

    traced: TracedSubmission
    replay: str = ""
