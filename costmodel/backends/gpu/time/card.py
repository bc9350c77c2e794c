"""A card as the time model sees it: rates as plain numbers, its own fitted factors included."""

from __future__ import annotations

from dataclasses import dataclass

from costmodel.backends.gpu.time.constants import Factors, load_calibration
from costmodel.hardware.gpu.spec import GpuSpec

_WIDE_LANES = 96
_WIDE_SHARE = 0.75
"""Share of the FP32 peak that is within reach where a multiprocessor has 128 lanes and half of them also do the
integer work (NVIDIA's whitepaper on GA102: the second data path is FP32 or INT32). An assumption, not a fit."""
_SHARED_LANES = ("ampere", "ada", "blackwell")
_ONE_ISSUE = ("kepler", "maxwell", "pascal")
"""Integer work takes the issue slots of FP32 work there; Volta has units of its own for it (NVIDIA's whitepaper)."""
_NO_WINOGRAD = ("hopper", "blackwell")
"""cuDNN's Winograd kernels in FP32 are machine code by hand (Lavin's, for Maxwell, then for each generation to
Ampere), and machine code runs on one major revision only (CUDA C++ Programming Guide, binary compatibility): Ada, 8.9,
takes Ampere's. cuDNN 9 refuses the algorithm on a GeForce of Blackwell (forums.developer.nvidia.com, topic 332718)."""
_SLOT_WATTS = 75
"""PCI Express gives a card of full height 75 watts through its slot."""
_NARROW_TENSOR = 300
"""Multiply-adds a clock that a multiprocessor's tensor cores do: 256 on GeForce cards, 512 and more on others."""


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
        compute_factor, tensor_factor, memory_factor: measured over expected, 1 for a card that nobody measured:
            of the ordinary units, of the tensor cores, of the memory.
        exceeds_boost: its boost clock is one that it usually exceeds.
        one_issue: integer work takes the issue slots of FP32 work.
        narrow_tensor: its tensor cores are so slow beside the rest that they are easily kept busy.
        winograd: cuDNN has Winograd's algorithm in FP32 for it.
        slot_powered: it draws no more than the slot gives.
        measured: whether the calibration has whole steps of the card itself.
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
    tensor_factor: float = 1.0
    memory_factor: float = 1.0
    exceeds_boost: bool = False
    one_issue: bool = False
    narrow_tensor: bool = False
    slot_powered: bool = False
    winograd: bool = True
    measured: bool = False
    architecture: str = ""


def card_of(spec: GpuSpec) -> Card:
    """The rates of a spec, with the factors that were fitted to the card itself, or to its architecture."""
    usual = load_calibration().architectures.get(spec.architecture, Factors())
    fp32 = spec.flops_per_second("fp32") or 0.0
    tf32 = spec.flops_per_second("tf32")
    half = spec.flops_per_second("fp16_tensor")
    vector = spec.flops_per_second("fp16_vector")
    multiprocessors = float(spec.multiprocessors.value)
    clock = float(spec.boost_clock.value) * 1e6
    lanes = fp32 / (2 * multiprocessors * clock)
    wide = lanes > _WIDE_LANES and spec.architecture in _SHARED_LANES
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
        compute_factor=fitted.get("compute_factor", usual.compute),
        tensor_factor=fitted.get("tensor_factor", usual.tensor),
        memory_factor=fitted.get("memory_factor", usual.memory),
        exceeds_boost=spec.boost == "typical",
        one_issue=spec.architecture in _ONE_ISSUE,
        narrow_tensor=half is not None and half < _NARROW_TENSOR * 2 * multiprocessors * clock,
        slot_powered=spec.kind == "gpu" and float(spec.tdp.value) <= _SLOT_WATTS,
        winograd=spec.architecture not in _NO_WINOGRAD,
        measured="memory_factor" in fitted,
        architecture=spec.architecture,
    )
