"""The time model with its open numbers as one vector of logarithms, for a fit: constants, factors of cards, hosts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from calibration.time.levenberg import Vector
from calibration.time.tables import Group, Singles
from costmodel.backends.gpu.time.card import Card, card_of
from costmodel.backends.gpu.time.constants import Constants
from costmodel.backends.gpu.time.host import together
from costmodel.backends.gpu.time.kernel_seconds import kernel_seconds
from costmodel.backends.gpu.time.kernel_table import Floats
from costmodel.hardware.gpu.cards import load_gpu

FACTORS = 3
"""Of a card: arithmetic of its ordinary units, its tensor cores, its memory."""
NAMES = tuple(field.name for field in fields(Constants))
_ALONE = 15e-6
"""Seconds that starting a kernel and waiting for it add, where each was measured alone (NeuSight)."""
_COPY_RATE = 10e9
"""Bytes a second over PCIe 3 ×16 from pageable memory."""
_ARCHITECTURE_SPREAD = (0.12, 0.10, 0.06)
_CARD_SPREAD = (0.08, 0.08, 0.04)
_HOST_SPREAD = 0.5
"""How far the factors of an architecture, of a card of it, and a host are expected to lie from the start, in
logarithms."""


SAME_CHIP = {
    "v100-sxm2-32gb": "v100-sxm2-16gb",
    "p100-pcie-12gb": "p100-pcie-16gb",
    "a100-sxm4-80gb": "a100-sxm4-40gb",
    "a100-pcie-80gb": "a100-pcie-40gb",
    "h200-sxm": "h100-sxm5",
    "rtx-6000": "titan-rtx",
    "rtx-8000": "titan-rtx",
}
"""Cards that share their factors with the card that has their chip, and its clocks."""


@dataclass(frozen=True)
class Layout:
    """Where each number stands in the vector."""

    cards: tuple[str, ...]
    hosts: tuple[str, ...]
    architectures: tuple[str, ...] = ()

    def constants(self, x: Vector) -> Constants:
        values = dict(zip(NAMES, np.exp(x[: len(NAMES)]), strict=True))
        values["wave_rounding"] = min(values["wave_rounding"], 1.0)
        return Constants(**{name: float(value) for name, value in values.items()})

    def card(self, x: Vector, name: str, specs: dict[str, Card]) -> Card:
        factors = np.zeros(FACTORS)
        for at in self._places(name, specs[name].architecture):
            factors += x[at : at + FACTORS]
        compute, tensor, memory = (float(value) for value in np.exp(factors))
        return replace(specs[name], compute_factor=compute, tensor_factor=tensor, memory_factor=memory)

    def _places(self, card: str, architecture: str) -> list[int]:
        """Where the factors of a card and of its architecture stand, as far as the fit has them."""
        start = len(NAMES) + len(self.hosts)
        card = SAME_CHIP.get(card, card)
        places = []
        if architecture in self.architectures:
            places.append(start + FACTORS * self.architectures.index(architecture))
        if card in self.cards:
            places.append(start + FACTORS * (len(self.architectures) + self.cards.index(card)))
        return places

    def architecture(self, x: Vector, name: str) -> tuple[float, float, float]:
        """The factors that cards of an architecture have in common."""
        (at,) = self._places("", name)
        compute, tensor, memory = (float(value) for value in np.exp(x[at : at + FACTORS]))
        return compute, tensor, memory

    def host(self, x: Vector, name: str) -> float:
        if name not in self.hosts:
            return USUAL_HOST
        return float(np.exp(x[len(NAMES) + self.hosts.index(name)]))

    def depends(self, cards: Sequence[str], hosts: Sequence[str]) -> NDArray[np.bool_]:
        """Which numbers an error of these cards and hosts hangs on."""
        size = len(NAMES) + len(self.hosts) + FACTORS * (len(self.architectures) + len(self.cards))
        found = np.zeros(size, dtype=np.bool_)
        found[: len(NAMES)] = True
        for name in cards:
            for at in self._places(name, load_gpu(name).architecture):
                found[at : at + FACTORS] = True
        for name in set(hosts) & set(self.hosts):
            found[len(NAMES) + self.hosts.index(name)] = True
        return found

    def keys(self) -> list[tuple[str, ...]]:
        """What each number of the vector is of."""
        names = [("constant", name) for name in NAMES] + [("host", name) for name in self.hosts]
        owners = [("architecture", name) for name in self.architectures] + [("card", name) for name in self.cards]
        return [*names, *((*owner, str(factor)) for owner in owners for factor in range(FACTORS))]

    def start(self, first: Constants) -> tuple[Vector, Vector]:
        """Start and expected spread of every number."""
        values = [np.log(getattr(first, name)) for name in NAMES]
        spread = [SPREAD.get(name, 0.5) for name in NAMES]
        values += [np.log(USUAL_HOST)] * len(self.hosts)
        values += [0.0] * (FACTORS * (len(self.architectures) + len(self.cards)))
        spread += [_HOST_SPREAD] * len(self.hosts)
        spread += [*_ARCHITECTURE_SPREAD] * len(self.architectures) + [*_CARD_SPREAD] * len(self.cards)
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
    "attention_fp32": 0.4, "exceeded_boost": 0.06, "slot_power": 0.15, "wave_filling": 0.7, "one_issue": 0.08,
    "narrow_tensor": 0.12,
}  # fmt: skip
"""How far a constant is expected to lie from its first guess, in logarithms; 0.5 where nothing is said."""


def spec_cards(names: Sequence[str]) -> dict[str, Card]:
    """Cards without factors of their own."""
    return {
        name: replace(card_of(load_gpu(name)), compute_factor=1.0, tensor_factor=1.0, memory_factor=1.0)
        for name in names
    }


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
