"""Numbers of parameters: trainable, frozen, and buffers, each tensor once (COUNTING row 20)."""

from __future__ import annotations

from dataclasses import dataclass

from costmodel.ir.trace import Trace


@dataclass(frozen=True)
class ParameterCounts:
    """Numbers of elements; ``by_module`` has the trainable ones by the path of the first owner."""

    trainable: int
    frozen: int
    buffers: int
    by_module: dict[str, int]


def count_parameters(trace: Trace) -> ParameterCounts:
    """Elements of the model's parameters and buffers."""
    elements = {p.tensor: trace.tensors[p.tensor].meta.numel for p in (*trace.parameters, *trace.buffers)}
    trainable = {p.tensor for p in trace.parameters if p.trainable}
    return ParameterCounts(
        trainable=sum(elements[i] for i in trainable),
        frozen=sum(elements[p.tensor] for p in trace.parameters if not p.trainable),
        buffers=sum(elements[b.tensor] for b in trace.buffers),
        by_module={
            module.path: sum(elements[i] for i in module.parameters if i in trainable) for module in trace.modules
        },
    )
