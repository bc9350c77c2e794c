"""The layers whose activations are the largest, as an analysis has them and as a rule limits them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerBytes:
    """Input and output of a layer's largest call, for one sample; ``where`` is the user's line, "" if not known."""

    layer: str
    where: str
    nbytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitedActivations:
    """The layers that a limit on activations is about, the largest first; ``rule`` is the finding's."""

    rule: str
    layers: tuple[LayerBytes, ...]
