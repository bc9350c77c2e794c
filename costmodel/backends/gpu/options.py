"""What a person may say of a run on a GPU, and whether a card can do it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

from costmodel.backends.gpu.time.options import LAYOUTS, PRECISIONS
from costmodel.errors import UnknownNameError, UsageError

if TYPE_CHECKING:
    from costmodel.hardware.gpu.spec import GpuSpec, Precision
    from costmodel.ir.kernel import PhaseKernels

DEFAULT_PRECISION = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuOptions:
    """What a person may say of a run on a GPU.

    Attributes:
        precision: ``fp32``, ``tf32`` or ``amp``; None is the recipe's, and else torch's default.
        layout: ``nchw`` or ``nhwc`` (``channels_last``).
        compiled: under ``torch.compile``.
        workers: processes that load data; None where data is taken to keep up.
        power_limit: watts.
        carbon_intensity: grams of CO₂e a kilowatt-hour.
        max_batch: also find the largest batch that fits.
    """

    precision: str | None = None
    layout: str = "nchw"
    compiled: bool = False
    workers: int | None = None
    power_limit: float | None = None
    carbon_intensity: float | None = None
    max_batch: bool = False

    def given(self) -> list[str]:
        """The options that say something, as on the command line."""
        plain = GpuOptions()
        other = {"layout": "channels-last", "compiled": "compile"}
        words = {field.name: other.get(field.name, field.name.replace("_", "-")) for field in fields(self)}
        return [f"--{word}" for name, word in words.items() if getattr(self, name) != getattr(plain, name)]


def refuse(spec: GpuSpec, options: GpuOptions) -> None:
    """What the card cannot do.

    Raises:
        UsageError: it is asked for; says what the card can.
    """
    if options.precision is not None and options.precision not in PRECISIONS:
        raise UnknownNameError("precision", options.precision, PRECISIONS)
    if options.layout not in LAYOUTS:
        raise UnknownNameError("layout", options.layout, LAYOUTS)
    if spec.kind != "gpu":
        raise UsageError(f"{spec.name} is a processor: seconds and memory are estimated for GPUs")
    can = [name for name, peaks in _NEEDS.items() if set(peaks) & set(spec.precisions)]
    if options.precision is not None and options.precision not in can:
        raise UsageError(f"{spec.name} has no {options.precision.upper()}; it has {', '.join(can)}")
    tdp = float(spec.tdp.value)
    if options.power_limit is not None and not 0 < options.power_limit <= tdp:
        raise UsageError(f"--power-limit {options.power_limit:g}: {spec.name} takes up to {tdp:g} W")
    if options.workers is not None and options.workers < 0:
        raise UsageError(f"--workers {options.workers}: a number of processes, 0 or more")


def as_computed(options: GpuOptions, phases: Iterable[PhaseKernels], specs: Iterable[GpuSpec]) -> GpuOptions:
    """The options with the precision in which a step computes by itself: by autocast, or by its weights.

    Raises:
        UsageError: another one is asked for, or a card does not have it.
    """
    of_products = (k.dtype for phase in phases for k in phase.kernels if k.product is not None)
    cast = next((dtype for dtype in of_products if dtype in ("float16", "bfloat16")), None)
    if cast is not None and options.precision in ("fp32", "tf32"):
        raise UsageError(f"the step computes in {cast}: leave out --precision {options.precision}, or the cast")
    options = options if cast is None else replace(options, precision="amp")
    for spec in specs:
        refuse(spec, options)
        if cast == "bfloat16" and spec.peaks.bf16_tensor is None:
            raise UsageError(f"{spec.name} has no bfloat16, in which the step computes; it would be emulated")
    return options


_NEEDS = {"fp32": ("fp32",), "tf32": ("tf32",), "amp": ("fp16_tensor", "fp16_vector")}
"""The peaks of which a card must have one, by precision."""

_UNITS: dict[str, tuple[Precision, ...]] = {
    "amp": ("fp16_tensor", "fp32"),
    "tf32": ("tf32", "fp32"),
    DEFAULT_PRECISION: ("tf32", "fp32"),
}
"""Units that a precision uses, the fastest first, as a card's file names them."""


def fastest(spec: GpuSpec, precision: str) -> float | None:
    """Peak of the fastest units that a precision uses and the card has."""
    peaks = (spec.flops_per_second(units) for units in _UNITS.get(precision, ("fp32",)))
    return next((peak for peak in peaks if peak), None)
