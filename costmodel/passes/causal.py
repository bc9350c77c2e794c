"""Operations that dense counting spends on the masked half of causal attention: reported beside the total only."""

from __future__ import annotations

import inspect

from costmodel.ir.trace import OpCall, TensorRef, Trace
from costmodel.ops import traits_of


def causal_operations_saved(trace: Trace) -> int:
    """Operations of the step that touch only the masked scores of causal attention (COUNTING row 17)."""
    return sum(_saved(call, trace) for call in trace.calls)


def _saved(call: OpCall, trace: Trace) -> int:
    saved = traits_of(call.packet).causal_half
    arguments = dict(call.arguments)
    if saved is None or not arguments.get("is_causal"):
        return 0
    wanted = {
        name: trace.tensors[value.tensor].meta if isinstance(value, TensorRef) else value
        for name in inspect.signature(saved).parameters
        if (value := arguments.get(name)) is not None
    }
    return saved(**wanted)
