"""The size up to which a submission's layers can be mapped while a class waits."""

from __future__ import annotations

from collections import Counter
from math import comb, prod

from costmodel.ir.workload import Layer, Workload

_MOST_MACS = 10**12
"""Of one layer; a 7-billion-parameter network's are below 10^11 a token."""
_MOST_DEPTHWISE_CHOICES = 10**10
"""Ways to split a depthwise layer over four levels: MobileNetV2's have below 10^7, a network for 600 pixels 10^9."""
_MOST_PROBLEMS = 256
"""Of one submission, equal ones counted once: DenseNet-201, where nearly every layer is another, has 107."""
_DIMS = ("C", "M", "R", "S", "N", "P", "Q")
_LARGEST = 2**31 - 1
"""Timeloop's dimensions end here."""


def too_large(workload: Workload) -> str:
    """The layer that asks too much of the mapper, or their number, and why; "" if none does."""
    if len(workload.layers) > _MOST_PROBLEMS:
        return (
            f"{len(workload.layers):,} different layer problems are too many to be mapped: more than {_MOST_PROBLEMS}"
        )
    for layer in workload.layers:
        problem = _problem(layer)
        if problem:
            return f"layer {layer.places[0].layer or 'the model itself'} is too large to be mapped: {problem}"
    return ""


def _problem(layer: Layer) -> str:
    bounds = [layer.instance.get(dim, 1) for dim in _DIMS]
    if max(bounds) > _LARGEST:
        return f"a dimension of {max(bounds):,}"
    if prod(bounds) > _MOST_MACS:
        return f"{prod(bounds):,} multiply-accumulates, more than {_MOST_MACS:,}"
    if layer.depthwise and prod(map(_splits, bounds)) > _MOST_DEPTHWISE_CHOICES:
        return "a depthwise convolution with more ways to split it than can be searched"
    return ""


def _splits(bound: int) -> int:
    """Ordered factorizations into four."""
    powers: Counter[int] = Counter()
    factor = 2
    while factor * factor <= bound:
        while bound % factor == 0:
            powers[factor] += 1
            bound //= factor
        factor += 1
    if bound > 1:
        powers[bound] += 1
    return prod(comb(power + 3, 3) for power in powers.values())
