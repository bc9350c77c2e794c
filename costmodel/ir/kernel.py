"""A kernel: what a GPU is asked to do at once, as plain data from which a card's seconds follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from costmodel.ir.phase import Phase


class KernelKind(str, Enum):
    """Kinds of kernels whose speed is limited alike."""

    CONVOLUTION = "convolution"
    GROUPED = "grouped convolution"
    DEPTHWISE = "depthwise convolution"
    PRODUCT = "product"
    ATTENTION = "attention"
    RECURRENT = "recurrent"
    NORM = "norm"
    SOFTMAX = "softmax"
    POOLING = "pooling"
    REDUCTION = "reduction"
    ELEMENTWISE = "elementwise"
    COPY = "copy"
    INDEXING = "indexing"
    OPTIMIZER = "optimizer"
    OTHER = "other"
    NONE = "none"
    """Only the host works: a view, an allocation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """The matrix products that a kernel does, ``times`` of [rows, depth] × [depth, columns].

    A convolution is the product that computes it without building the matrix (implicit GEMM). Its groups are
    separate products.

    Attributes:
        role: ``forward``, or the gradient that is computed: ``input`` or ``weight``.
        taps: positions of the kernel window, 1 for a plain product.
        stride: the largest step of the window.
        image: output positions of a two-dimensional convolution, (1, 1) otherwise.
    """

    times: int
    rows: int
    columns: int
    depth: int
    role: str = "forward"
    taps: int = 1
    stride: int = 1
    image: tuple[int, int] = (1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """One kernel of a call.

    Attributes:
        kind: what limits its speed.
        op: the call's packet.
        scope: module path.
        phase: part of the step.
        dtype: element type of what it reads first.
        macs: multiply-accumulates.
        scalar_ops: scalar results of elementwise work.
        nbytes: bytes that it reads and writes, every tensor once.
        product: its matrix products; None where there are none.
        tensors: tensors of a fused update over a list, else 1.
        steps: positions of a sequence that a recurrent layer takes one after the other, else 1.
    """

    kind: KernelKind
    op: str
    scope: str
    phase: Phase
    dtype: str
    macs: int
    scalar_ops: int
    nbytes: int
    product: Product | None = None
    tensors: int = 1
    steps: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseKernels:
    """One stretch of a training: kernels of its full step and of its last partial one, and how often each runs.

    ``steps`` is None where the recipe does not say how long the training is. Where steps differ, the kernels are those
    of a ``cycle`` of so many, and a step is one of them on average.
    """

    kernels: Sequence[Kernel]
    steps: int | None
    batch: int
    last_kernels: Sequence[Kernel] = ()
    last_steps: int = 0
    cycle: int = 1
