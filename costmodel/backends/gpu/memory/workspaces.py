"""Workspaces of kernels, which come from the caching allocator too: cuBLAS keeps its own, cuDNN's last for one call.

cuBLAS has a workspace for each thread that multiplies: forward runs in the script's, backward in autograd's. Where a
product adds its bias (``addmm``), cuBLASLt has one besides. cuDNN asks for a workspace by the algorithm that it takes
for a convolution, which nobody knows before the run: a share of the bytes that are read and written, by kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from math import prod

from costmodel.ir.phase import Phase
from costmodel.ir.tensor import TensorSpec, item_bytes
from costmodel.ir.trace import OpCall, TensorRef, Trace
from costmodel.ops import traits_of

_CONVOLUTION, _GRADIENTS = "convolution", "gradients of a convolution"
_PRODUCT, _WITH_BIAS = "product", "product with bias"

KINDS = ("pointwise", "spatial", "large", "grouped")
"""Kinds of convolutions: windows of 1, up to 3×3, larger ones; in groups (depthwise too)."""


@cache
def on_cuda(packet: str) -> str:
    """The op's trait of the same name."""
    return traits_of(packet).on_cuda


@dataclass(frozen=True, slots=True)
class Shares:
    """Workspace over the bytes that a convolution reads and writes, by its kind.

    Attributes:
        searched: of float32, in the first step (while algorithms are tried, if they are).
        chosen: of float32, afterwards.
        halves: of float16 and bfloat16.
    """

    searched: Mapping[str, float]
    chosen: Mapping[str, float]
    halves: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Workspaces:
    """The workspaces of one trace's calls.

    Attributes:
        trace: whose calls are asked for.
        cublas: bytes of one cuBLAS workspace.
        cublas_lt: bytes of cuBLASLt's.
        shares: of convolutions.
        room: bytes that a workspace may have at most: no algorithm is taken that does not fit in the card.
    """

    trace: Trace
    cublas: int
    cublas_lt: int
    shares: Shares
    room: int

    def kept(self, call: OpCall) -> Iterator[tuple[str, int]]:
        """Workspaces that the call makes if they are not there yet, and that stay: name and bytes."""
        if on_cuda(call.packet) in (_PRODUCT, _WITH_BIAS):
            thread = "backward" if call.phase in (Phase.BACKWARD, Phase.RECOMPUTE) else "forward"
            yield f"cuBLAS, {thread}", self.cublas
            if on_cuda(call.packet) == _WITH_BIAS:
                yield f"cuBLASLt, {thread}", self.cublas_lt

    def of(self, call: OpCall, *, first: bool) -> Iterator[int]:
        """Workspaces that last for the call, one for each of its kernels."""
        if on_cuda(call.packet) not in (_CONVOLUTION, _GRADIENTS):
            return
        arguments = dict(call.arguments)
        kind, moved = self._convolution(arguments, call)
        half = item_bytes(self._tensor(arguments["input"]).dtype) == 2
        shares = self.shares.halves if half else self.shares.searched if first else self.shares.chosen
        share = shares[kind]
        kernels = 1
        if on_cuda(call.packet) == _GRADIENTS:
            kernels = sum(output is not None for output in call.outputs[:2])
        for _ in range(kernels):
            yield min(self.room, int(share * moved))

    def _convolution(self, arguments: Mapping[str, object], call: OpCall) -> tuple[str, int]:
        """Its kind, and the bytes of its activations."""
        weight = self._tensor(arguments["weight"])
        window, groups = weight.shape[2:], arguments["groups"]
        moved = self._tensor(arguments["input"]).nbytes
        if on_cuda(call.packet) == _CONVOLUTION:
            moved += self.trace.tensors[call.written[0]].nbytes
        else:
            moved += self._tensor(arguments["grad_output"]).nbytes
        if groups != 1:
            return "grouped", moved
        if prod(window) == 1:
            return "pointwise", moved
        return ("spatial" if prod(window) <= 9 else "large"), moved

    def _tensor(self, argument: object) -> TensorSpec:
        assert isinstance(argument, TensorRef)  # by the schema of the two ops
        return self.trace.tensors[argument.tensor]
