"""How a step is run on a card: what a graph does not say, and a person may."""

from __future__ import annotations

from dataclasses import dataclass

PRECISIONS = ("fp32", "tf32", "amp")
LAYOUTS = ("nchw", "nhwc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """Options of a run.

    Attributes:
        precision: ``fp32``; ``tf32`` (tensor cores round FP32 data, where the card has them); ``amp`` (the trace
            itself is of half precision; what stays FP32 runs as torch runs it by default); None for torch's default,
            which takes TF32 for convolutions alone.
        layout: ``nchw``, or ``nhwc`` (``channels_last``).
    """

    precision: str | None = None
    layout: str = "nchw"

    @property
    def tf32_products(self) -> bool:
        """Matrix products on FP32 data may run in TF32 (``torch.backends.cuda.matmul.allow_tf32``)."""
        return self.precision == "tf32"

    @property
    def tf32_convolutions(self) -> bool:
        """Convolutions on FP32 data may run in TF32 (``torch.backends.cudnn.allow_tf32``, on by default)."""
        return self.precision != "fp32"

    @property
    def channels_last(self) -> bool:
        """Whether images are stored with their channels last."""
        return self.layout == "nhwc"
