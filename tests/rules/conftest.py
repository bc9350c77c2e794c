"""An analysis made of numbers, so that rules are tested without tracing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from costmodel.ir.analysis import (
    Analysis,
    Figures,
    PeakActivation,
    PeakMemory,
    PhaseRow,
    Subject,
    Totals,
    UncountedRow,
)

Make = Callable[..., Analysis]


@pytest.fixture
def analysis() -> Make:
    """``analysis(peak=…, lab=…, parameters=…, frozen=…, live=…, optimizers=(…), …)``."""

    def make(
        *,
        peak: int = 1,
        lab: int = 1,
        parameters: int = 10,
        frozen: int = 0,
        parameter_bytes: int | None = None,
        live: int = 1,
        optimizers: tuple[str, ...] = (),
        training: int | None = 1000,
        uncounted: tuple[str, ...] = (),
    ) -> Analysis:
        subject = Subject(
            name="net.py:Net", model_options={}, input="3x32x32", batch=1, loss="cross_entropy", optimizer="sgd",
            samples=None, epochs=None, convention="haet", source_digest="",
        )  # fmt: skip
        zero = Figures()
        totals = Totals(
            parameters=parameters,
            frozen_parameters=frozen,
            buffers=0,
            operations=replace(zero, training=training),
            causal_operations_saved=0,
            macs=zero,
            flops=zero,
            peak_activation_bytes=PeakActivation(
                layer_io=peak, layer_io_layer="a", lab_profiler=lab, lab_profiler_layer="b"
            ),
            peak_memory_bytes=PeakMemory(total=live, by_role={}),
            bytes_moved=zero,
            arithmetic_intensity=0.0,
            complete=not uncounted,
            parameter_bytes=parameter_bytes,
        )
        phases = tuple(
            PhaseRow(name=name, batch=1, steps=1, last_batch=None, operations_per_step=0, operations=0, optimizer=name)
            for name in optimizers
        )
        rows = tuple(UncountedRow(op=op, layer="(model)", phase="forward", times=1, message="") for op in uncounted)
        return Analysis(
            subject=subject, totals=totals, layers=(), ops=(), phases=phases, uncounted=rows, assumptions=(),
            provenance={},
        )  # fmt: skip

    return make
