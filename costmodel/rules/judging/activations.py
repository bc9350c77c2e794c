"""The layers that a limit on the peak activation is about: those that are the nearest to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from costmodel.ir.activations import LayerBytes, LimitedActivations
from costmodel.ir.analysis import PeakActivation
from costmodel.rules.figures import Computed
from costmodel.rules.schema.limit import LimitSpec
from costmodel.rules.schema.rulebook import Rulebook

_LAYERS: dict[str, Callable[[PeakActivation], tuple[LayerBytes, ...]]] = {
    "peak_activation_layer_io": lambda peak: peak.largest_layer_io,
    "peak_activation_lab_profiler": lambda peak: peak.largest_lab_profiler,
}


def limited_activations(book: Rulebook, limits: Iterable[LimitSpec], computed: Computed) -> LimitedActivations | None:
    """Of the first limit on a peak activation; None where there is none, or nothing was computed."""
    if computed.analysis is None:
        return None
    for limit in limits:
        layers_of = _LAYERS.get(book.metrics[limit.metric].figure or "")
        layers = layers_of(computed.analysis.totals.peak_activation_bytes) if layers_of else ()
        if layers:
            return LimitedActivations(rule=limit.rule, layers=layers)
    return None
