"""Kernels as columns: equal ones once, so that a whole network is a few hundred rows of numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from costmodel.ir.kernel import Kernel, KernelKind, Product
from costmodel.ir.phase import Phase

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Integers = NDArray[np.int64]

FORWARD, INPUT, WEIGHT = 0, 1, 2
_ROLES = {"forward": FORWARD, "input": INPUT, "weight": WEIGHT}
_HALF = ("float16", "bfloat16")
_NONE = Product(times=0, rows=0, columns=0, depth=0)
_WHOLE_BATCH = "batch_norm"

KINDS = tuple(KernelKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelTable:
    """Columns of equal length, one row per distinct kernel.

    Attributes:
        kind: index into ``KINDS``.
        half: it reads half precision.
        backward: it is of the backward pass.
        over_batch: a normalization over the batch (the others are over a sample).
        macs, nbytes, tensors, steps: see :class:`Kernel`.
        times, rows, columns, depth, role, taps, stride, height, width: of its product; zeros where there is none.
        count: how often the step runs it.
    """

    kind: Integers
    half: Bools
    backward: Bools
    over_batch: Bools
    macs: Floats
    nbytes: Floats
    tensors: Floats
    steps: Floats
    times: Floats
    rows: Floats
    columns: Floats
    depth: Floats
    role: Integers
    taps: Floats
    stride: Floats
    height: Floats
    width: Floats
    count: Floats

    def is_a(self, *kinds: KernelKind) -> Bools:
        """Rows of these kinds."""
        wanted = np.array([kind in kinds for kind in KINDS])
        found: Bools = wanted[self.kind]
        return found


def tabulate(kernels: Sequence[Kernel]) -> tuple[KernelTable, list[int]]:
    """The table, and for each kernel its row."""
    rows: dict[tuple[object, ...], int] = {}
    counts: list[int] = []
    distinct: list[Kernel] = []
    where = []
    for kernel in kernels:
        key = (kernel.kind, kernel.op, kernel.phase is Phase.BACKWARD, kernel.dtype, kernel.macs, kernel.nbytes,
               kernel.product, kernel.tensors, kernel.steps)  # fmt: skip
        row = rows.setdefault(key, len(rows))
        if row == len(counts):
            counts.append(0)
            distinct.append(kernel)
        counts[row] += 1
        where.append(row)
    return columns_of(distinct, counts), where


def columns_of(kernels: Iterable[Kernel], counts: Sequence[int]) -> KernelTable:
    """Kernels, each as often as its count says, as columns."""
    kernels = list(kernels)
    products = [kernel.product or _NONE for kernel in kernels]

    def floats(values: Iterable[int]) -> Floats:
        return np.array(list(values), dtype=np.float64)

    return KernelTable(
        kind=np.array([KINDS.index(k.kind) for k in kernels], dtype=np.int64),
        half=np.array([k.dtype in _HALF for k in kernels], dtype=np.bool_),
        backward=np.array([k.phase is Phase.BACKWARD for k in kernels], dtype=np.bool_),
        over_batch=np.array([_WHOLE_BATCH in k.op for k in kernels], dtype=np.bool_),
        macs=floats(k.macs for k in kernels),
        nbytes=floats(k.nbytes for k in kernels),
        tensors=floats(k.tensors for k in kernels),
        steps=floats(k.steps for k in kernels),
        times=floats(p.times for p in products),
        rows=floats(p.rows for p in products),
        columns=floats(p.columns for p in products),
        depth=floats(p.depth for p in products),
        role=np.array([_ROLES[p.role] for p in products], dtype=np.int64),
        taps=floats(p.taps for p in products),
        stride=floats(p.stride for p in products),
        height=floats(p.image[0] for p in products),
        width=floats(p.image[1] for p in products),
        count=floats(counts),
    )
