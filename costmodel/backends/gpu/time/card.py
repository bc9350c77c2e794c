"""A card as the time model sees it: rates as plain numbers, its own fitted factors included."""

from __future__ import annotations

from dataclasses import dataclass

from costmodel.hardware.gpu.spec import GpuSpec

_WIDE_LANES = 96
_WIDE_SHARE = 0.75
"""Share of the FP32 peak that is within reach where a multiprocessor has 128 lanes and half of them also do the
integer work (NVIDIA's whitepaper on GA102: the second data path is FP32 or INT32). An assumption, not a fit."""
_OWN_INTEGER_UNITS = ("kepler", "maxwell", "pascal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Rates of a card.

    Attributes:
        fp32, tf32, half, half_vector: operations a second: ordinary units, tensor cores on TF32 and on half
            precision (the ordinary rate where there are none), ordinary units on half precision.
        has_tf32: tensor cores take TF32.
        tensor: tensor cores take half precision.
        bandwidth: bytes a second of the memory.
        cache_bytes: of the L2.
        multiprocessors: number of them.
        clock: cycles a second, boosted.
        compute_factor, memory_factor: measured over expected, 1 for a card that nobody measured.
        measured: whether the calibration has measurements of the card itself.
        architecture: its generation.
    """

    fp32: float
    tf32: float
    half: float
    half_vector: float
    has_tf32: bool
    tensor: bool
    bandwidth: float
    cache_bytes: float
    multiprocessors: float
    clock: float
    compute_factor: float = 1.0
    memory_factor: float = 1.0
    measured: bool = False
    architecture: str = ""


def card_of(spec: GpuSpec) -> Card:
    """The rates of a spec, with the factors that were fitted to the card itself."""
    fp32 = spec.flops_per_second("fp32") or 0.0
    tf32 = spec.flops_per_second("tf32")
    half = spec.flops_per_second("fp16_tensor")
    vector = spec.flops_per_second("fp16_vector")
    multiprocessors = float(spec.multiprocessors.value)
    clock = float(spec.boost_clock.value) * 1e6
    lanes = fp32 / (2 * multiprocessors * clock)
    wide = lanes > _WIDE_LANES and spec.architecture not in _OWN_INTEGER_UNITS and spec.kind == "gpu"
    fitted = {name: float(found.value) for name, found in spec.fitted.items()}
    return Card(
        fp32=fp32 * (_WIDE_SHARE if wide else 1.0),
        tf32=tf32 or fp32,
        half=half or fp32,
        # Pascal cards beside P100 have FP16 units for compatibility only: libraries compute in FP32
        half_vector=max(vector or 0.0, fp32),
        has_tf32=tf32 is not None,
        tensor=half is not None,
        bandwidth=spec.bytes_per_second,
        cache_bytes=float(spec.l2_bytes),
        multiprocessors=multiprocessors,
        clock=clock,
        compute_factor=fitted.get("compute_factor", 1.0),
        memory_factor=fitted.get("memory_factor", 1.0),
        measured="compute_factor" in fitted,
        architecture=spec.architecture,
    )
