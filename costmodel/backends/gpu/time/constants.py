"""The constants of the time model: one number for all cards each, fitted by ``calibration/time`` (constants.yaml)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib import resources
from pathlib import Path

from costmodel.errors import UsageError
from costmodel.files.documents import Strict, read_document
from costmodel.hardware.gpu.spec import FittedQuantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Constants:
    """What the formulas of this room leave open.

    Attributes:
        product_fp32, product_tf32, product_half: share of the peak in the inner loop of a matrix product, by what
            its units work in; ``convolution_…`` likewise.
        input_gradient, weight_gradient: the same of a convolution's gradients, as a factor.
        tile_exponent: a tile of a quarter of the size is slower by 4 to this power.
        prologue: steps of the reduction that starting and ending a tile cost.
        wave_rounding: 1 if every wave of tiles is waited for, 0 if waves run into each other.
        wave_filling: waves of tiles that starting and emptying the multiprocessors costs.
        cache_rate: share of 64 bytes a clock and multiprocessor that tiles are read with from the L2.
        winograd_2, winograd_4: F(2×2) and F(4×4) against a direct convolution's share of the peak.
        winograd_weight: of the weight gradient, as a factor; winograd_transform: share of the bandwidth.
        unaligned: of products in tensor cores whose sides are no multiples of 16 bytes, as a factor;
            unaligned_depthwise likewise, of depthwise convolutions in half precision and NHWC.
        layout_bytes: what a half-precision convolution moves more in NCHW, as a share of its bytes.
        grouped_fp32, grouped_half, grouped_half_last: share of the peak of a grouped convolution with 32 channels a
            group; ``…last`` in NHWC; grouped_fast in NHWC where cuDNN has kernels made for it.
        grouped_width, grouped_width_last: exponent of channels a group over 32.
        grouped_input, grouped_weight, …last: its gradients, as a factor.
        depthwise_forward, depthwise_input, depthwise_weight: share of the ordinary units' peak.
        depthwise_…_last: the same in NHWC, as a factor.
        elementwise … other: share of the bandwidth, by kind of kernel; a product's own, too.
        half_bytes: the same on half-precision tensors, as a factor; ``…_last`` in NHWC.
        cache_boost: bandwidth of what lies in the L2, over that of the memory.
        launch: seconds that a kernel takes at least.
        attention_half, attention_fp32: share of the peak of a fused attention.
        overlap: 1 if arithmetic and memory traffic of a kernel add up, large if the slower one hides the other.
        exceeded_boost: clock over the rated boost, of cards that exceed it.
        one_issue: share of the FP32 peak where integer work takes its issue slots.
        slot_power: of a card that lives on the slot's 75 watts, as a factor of its arithmetic.
        narrow_tensor: of tensor cores that are easily kept busy, as a factor.
        view_share: the host's work for a view, over that for a kernel.
    """

    product_fp32: float
    product_tf32: float
    product_half: float
    convolution_fp32: float
    convolution_tf32: float
    convolution_half: float
    input_gradient: float
    weight_gradient: float
    tile_exponent: float
    prologue: float
    wave_rounding: float
    wave_filling: float
    cache_rate: float
    winograd_2: float
    winograd_4: float
    winograd_weight: float
    winograd_transform: float
    unaligned: float
    unaligned_depthwise: float
    layout_bytes: float
    grouped_fp32: float
    grouped_half: float
    grouped_half_last: float
    grouped_fast: float
    grouped_width: float
    grouped_width_last: float
    grouped_input: float
    grouped_weight: float
    grouped_input_last: float
    grouped_weight_last: float
    depthwise_forward: float
    depthwise_input: float
    depthwise_weight: float
    depthwise_forward_last: float
    depthwise_input_last: float
    depthwise_weight_last: float
    products_bytes: float
    depthwise_bytes: float
    elementwise: float
    normalization: float
    normalization_backward: float
    layer_norm: float
    layer_norm_backward: float
    softmax: float
    pooling: float
    pooling_backward: float
    reduction: float
    copy: float
    indexing: float
    optimizer: float
    other: float
    half_bytes: float
    normalization_last: float
    elementwise_last: float
    copy_last: float
    cache_boost: float
    launch: float
    attention_half: float
    attention_fp32: float
    overlap: float
    exceeded_boost: float
    one_issue: float
    slot_power: float
    narrow_tensor: float
    view_share: float


class Margin(Strict):
    """Measured over estimated at the ends of the interval."""

    low: float
    high: float


class Host(Strict):
    """Seconds that a host needs to launch a kernel: a fast one, a usual one, a slow one."""

    low: float
    median: float
    high: float
    source: str


class Margins(Strict):
    """Margins of cards whose own factors were fitted, of others, and of others of an architecture that none had.

    ``confidence`` is the share that lies inside, ``architectures`` are those of the measured cards.
    """

    confidence: float
    measured: Margin
    other: Margin
    foreign: Margin
    architectures: tuple[str, ...]
    source: str


class Factors(Strict):
    """What cards of an architecture have in common: measured over expected."""

    compute: float = 1.0
    tensor: float = 1.0
    memory: float = 1.0


class CalibrationFile(Strict):
    """The file beside this one: every constant with its unit, and what it was fitted on."""

    fitted_on: str
    command: str
    constants: dict[str, FittedQuantity]
    architectures: dict[str, Factors]
    margins: Margins
    host: Host


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Everything that the fit has found for all cards together."""

    constants: Constants
    architectures: Mapping[str, Factors]
    margins: Margins
    host: Host

    def margin(self, measured: bool, architecture: str) -> Margin:
        """The margin of a card that was, or was not, among the measured ones."""
        if measured:
            return self.margins.measured
        return self.margins.other if architecture in self.margins.architectures else self.margins.foreign


def calibration_file() -> Path:
    """Where the constants stand."""
    return Path(str(resources.files("costmodel.backends.gpu.time"))) / "constants.yaml"


@cache
def load_calibration() -> Calibration:
    """The constants as fitted.

    Raises:
        UsageError: the file lacks one of them.
    """
    file = read_document(calibration_file(), CalibrationFile, UsageError)
    constants = {field.name: float(file.constants[field.name].value) for field in fields(Constants)}
    return Calibration(
        constants=Constants(**constants), architectures=file.architectures, margins=file.margins, host=file.host
    )
