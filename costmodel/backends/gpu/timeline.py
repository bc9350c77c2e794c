"""A step on a card as a time line: its kernels in order of launching, each as long as the estimate's median."""

from __future__ import annotations

from collections.abc import Sequence

from costmodel.backends.gpu.time.card import card_of
from costmodel.backends.gpu.time.constants import load_calibration
from costmodel.backends.gpu.time.options import Running
from costmodel.backends.gpu.time.step import step_seconds
from costmodel.hardware.gpu.spec import GpuSpec
from costmodel.ir.kernel import Kernel
from costmodel.ir.timeline import SECONDS, Slice, Timeline
from costmodel.ir.trace import LOSS_SCOPE


def gpu_timeline(kernels: Sequence[Kernel], spec: GpuSpec, running: Running) -> Timeline:
    """What the card is busy with; waiting for the host is no kernel, and is said in a note."""
    found = step_seconds(kernels, card_of(spec), running, load_calibration())
    slices = tuple(
        Slice(
            phase=kernel.phase.value,
            layer="(loss)" if kernel.scope == LOSS_SCOPE else kernel.scope,
            op=kernel.op,
            duration=float(seconds),
            facts={"kind": kernel.kind.value, "limited by": limit, "MACs": kernel.macs, "bytes": kernel.nbytes},
        )
        for kernel, seconds, limit in zip(found.kernels, found.seconds, found.limited, strict=True)
        if seconds > 0
    )
    step = found.step
    notes = [
        f"an estimate: medians of kernels, {found.card:.3g} s together",
        f"the step takes {step.low:.3g} to {step.high:.3g} s, median {step.median:.3g}; "
        f"waiting for the host is not drawn",
    ]
    return Timeline(title=f"one step on {spec.name}, estimated", unit=SECONDS, slices=slices, notes=tuple(notes))
