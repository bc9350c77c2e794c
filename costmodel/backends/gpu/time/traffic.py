"""Seconds of a kernel's memory traffic: every tensor once, at the share of the bandwidth that its kind reaches."""

from __future__ import annotations

import numpy as np

from costmodel.backends.gpu.time.card import Card
from costmodel.backends.gpu.time.constants import Constants
from costmodel.backends.gpu.time.kernel_table import KINDS, Floats, KernelTable
from costmodel.backends.gpu.time.options import Running
from costmodel.ir.kernel import KernelKind

_HALF_SLOWER = (
    KernelKind.NORM,
    KernelKind.ELEMENTWISE,
    KernelKind.COPY,
    KernelKind.SOFTMAX,
    KernelKind.REDUCTION,
)
"""Kinds whose threads move less at a time in half precision."""


def traffic_seconds(table: KernelTable, card: Card, running: Running, c: Constants) -> Floats:
    """Seconds that reading and writing takes; what fits the L2 is faster."""
    share = _shares(table, running, c)
    # tensor cores want channels last, the ordinary units do not: cuDNN turns images around, and back
    in_cores = (table.half & card.tensor) | (~table.half & running.tf32_convolutions & card.has_tf32)
    turned = table.is_a(KernelKind.CONVOLUTION, KernelKind.GROUPED) & (in_cores != running.channels_last)
    nbytes = np.where(turned, table.nbytes * (1 + c.layout_bytes), table.nbytes)
    inside = np.clip(1 - table.nbytes / card.cache_bytes, 0, 1)
    boost = 1 + (c.cache_boost - 1) * inside
    seconds: Floats = nbytes / (share * card.bandwidth * card.memory_factor * boost)
    return seconds


def _shares(table: KernelTable, running: Running, c: Constants) -> Floats:
    last = running.channels_last
    plain = {
        KernelKind.CONVOLUTION: c.products_bytes,
        KernelKind.GROUPED: c.products_bytes,
        KernelKind.PRODUCT: c.products_bytes,
        KernelKind.ATTENTION: c.products_bytes,
        KernelKind.RECURRENT: c.products_bytes,
        KernelKind.DEPTHWISE: c.depthwise_bytes,
        KernelKind.SOFTMAX: c.softmax,
        KernelKind.REDUCTION: c.reduction,
        KernelKind.ELEMENTWISE: c.elementwise * (c.elementwise_last if last else 1.0),
        KernelKind.COPY: c.copy * (c.copy_last if last else 1.0),
        KernelKind.INDEXING: c.indexing,
        KernelKind.OPTIMIZER: c.optimizer,
        KernelKind.POOLING: c.pooling,
        KernelKind.NORM: c.layer_norm,
    }
    share = np.array([plain.get(kind, c.other) for kind in KINDS])[table.kind]
    share = np.where(table.is_a(KernelKind.POOLING) & table.backward, c.pooling_backward, share)
    over_batch = np.where(table.backward, c.normalization_backward, c.normalization)
    over_batch = over_batch * np.where(table.half & last, c.normalization_last, 1.0)
    over_sample = np.where(table.backward, c.layer_norm_backward, c.layer_norm)
    norm = np.where(table.over_batch, over_batch, over_sample)
    share = np.where(table.is_a(KernelKind.NORM), norm, share)
    return np.where(table.half & table.is_a(*_HALF_SLOWER), share * c.half_bytes, share)
