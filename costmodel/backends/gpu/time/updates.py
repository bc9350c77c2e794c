"""The optimizer's kernels as torch launches them on a GPU: over lists of tensors, and not tensor by tensor.

A trace runs on a CPU, where ``torch.optim`` loops over the parameters; on CUDA it takes the ``_foreach_`` form by
default (since torch 2.0), whose kernels take some dozens of tensors at a time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from costmodel.ir.kernel import Kernel, KernelKind

_TENSORS_A_LAUNCH = 48
"""ATen/native/cuda/ForeachFunctors.cuh, MultiTensorApply.cuh: 110 tensors of one list, 64 of two, 48 of three."""


def listed(kernels: Iterable[Kernel]) -> list[Kernel]:
    """The kernels with updates of single tensors merged into launches over lists: the same bytes, fewer launches."""
    found: list[Kernel] = []
    pending: dict[tuple[str, str], Kernel] = {}
    for kernel in kernels:
        if kernel.kind is not KernelKind.OPTIMIZER or kernel.tensors > 1:
            found.append(kernel)
            continue
        key = (kernel.op, kernel.dtype)
        known = pending.get(key)
        if known is None:
            pending[key] = kernel
            continue
        merged = replace(
            known,
            nbytes=known.nbytes + kernel.nbytes,
            scalar_ops=known.scalar_ops + kernel.scalar_ops,
            tensors=known.tensors + 1,
        )
        if merged.tensors == _TENSORS_A_LAUNCH:
            found.append(merged)
            del pending[key]
        else:
            pending[key] = merged
    return [*found, *pending.values()]
