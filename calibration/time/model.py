"""The time model with its open numbers as one vector of logarithms, for a fit: constants, factors of cards, hosts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from calibration.time.levenberg import Vector
from calibration.time.tables import Group, Singles
from costmodel.backends.gpu.time.card import Card, card_of
from costmodel.backends.gpu.time.constants import Constants
from costmodel.backends.gpu.time.host import together
from costmodel.backends.gpu.time.kernel_seconds import kernel_seconds
from costmodel.backends.gpu.time.kernel_table import Floats
from costmodel.hardware.gpu.cards import load_gpu

NAMES = tuple(field.name for field in fields(Constants))
_ALONE = 15e-6
"""Seconds that starting a kernel and waiting for it add, where each was measured alone (NeuSight)."""
_COPY_RATE = 10e9
"""Bytes a second over PCIe 3 ×16 from pageable memory."""
_COMPUTE_SPREAD, _MEMORY_SPREAD, _HOST_SPREAD = 0.10, 0.04, 0.5
"""How far a card's own factors and a host are expected to lie from the start, in logarithms."""


@dataclass(frozen=True)
class Layout:
    """Where each number stands in the vector."""

    cards: tuple[str, ...]
    hosts: tuple[str, ...]

    def constants(self, x: Vector) -> Constants:
        values = dict(zip(NAMES, np.exp(x[: len(NAMES)]), strict=True))
        values["wave_rounding"] = min(values["wave_rounding"], 1.0)
        return Constants(**{name: float(value) for name, value in values.items()})

    def card(self, x: Vector, name: str, specs: dict[str, Card]) -> Card:
        if name not in self.cards:
            return specs[name]
        at = len(NAMES) + 2 * self.cards.index(name)
        return replace(specs[name], compute_factor=float(np.exp(x[at])), memory_factor=float(np.exp(x[at + 1])))

    def host(self, x: Vector, name: str) -> float:
        if name not in self.hosts:
            return USUAL_HOST
        return float(np.exp(x[len(NAMES) + 2 * len(self.cards) + self.hosts.index(name)]))

    def start(self, first: Constants) -> tuple[Vector, Vector]:
        """Start and expected spread of every number."""
        values = [np.log(getattr(first, name)) for name in NAMES]
        spread = [SPREAD.get(name, 0.5) for name in NAMES]
        values += [0.0] * (2 * len(self.cards)) + [np.log(USUAL_HOST)] * len(self.hosts)
        spread += [_COMPUTE_SPREAD, _MEMORY_SPREAD] * len(self.cards) + [_HOST_SPREAD] * len(self.hosts)
        return np.array(values), np.array(spread)


USUAL_HOST = 15e-6
"""Seconds a kernel that the host needs, where nobody measured."""


SPREAD = {
    "overlap": 0.08, "launch": 0.3, "cache_boost": 0.2, "tile_exponent": 0.3, "prologue": 0.5, "wave_rounding": 0.3,
    "products_bytes": 0.15, "winograd_2": 0.4, "winograd_4": 0.4, "half_bytes": 0.03, "elementwise": 0.1,
    "copy": 0.15, "reduction": 0.15, "pooling": 0.2, "pooling_backward": 0.25, "input_gradient": 0.2,
    "weight_gradient": 0.25, "layer_norm": 0.15, "layer_norm_backward": 0.2, "softmax": 0.15, "optimizer": 0.2,
    "view_share": 0.3, "product_fp32": 0.15, "product_half": 0.25, "product_tf32": 0.25, "convolution_fp32": 0.25,
    "convolution_half": 0.25, "convolution_tf32": 0.25, "normalization": 0.12, "normalization_backward": 0.12,
    "elementwise_last": 0.2, "normalization_last": 0.3, "copy_last": 0.2, "cache_rate": 0.3, "attention_half": 0.4,
    "attention_fp32": 0.4,
}  # fmt: skip
"""How far a constant is expected to lie from its first guess, in logarithms; 0.5 where nothing is said."""


def spec_cards(names: Sequence[str]) -> dict[str, Card]:
    """Cards without factors of their own."""
    return {name: replace(card_of(load_gpu(name)), compute_factor=1.0, memory_factor=1.0) for name in names}


def step_errors(x: Vector, layout: Layout, specs: dict[str, Card], groups: Sequence[Group]) -> list[Floats]:
    """log(estimate / measured) of the steps of each group."""
    constants = layout.constants(x)
    found = []
    for group in groups:
        seconds = kernel_seconds(group.table, layout.card(x, group.card, specs), group.running, constants)
        card: Floats = np.bincount(group.case, seconds[group.row] * group.count, minlength=len(group.steps)).astype(
            np.float64
        )
        each: Floats = np.array([layout.host(x, step.host) for step in group.steps])
        host: Floats = each * (group.kernels + constants.view_share * group.views)
        copied = np.array([step.copied_bytes / _COPY_RATE for step in group.steps])
        measured = np.array([step.seconds for step in group.steps])
        found.append(np.log((together(card, host) + copied) / measured))
    return found


def single_errors(x: Vector, layout: Layout, specs: dict[str, Card], singles: Sequence[Singles]) -> list[Floats]:
    """log(estimate / measured) of single kernels."""
    constants = layout.constants(x)
    found = []
    for part in singles:
        seconds = kernel_seconds(part.table, layout.card(x, part.card, specs), part.running, constants)
        alone = _ALONE if part.source.startswith("neusight") else 0.0
        found.append(np.log((seconds + alone) / part.seconds))
    return found
