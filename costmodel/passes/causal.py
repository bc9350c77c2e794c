"""Operations that dense counting of causal attention adds: reported beside the total, never subtracted."""

from __future__ import annotations

import inspect

from costmodel.ir.trace import OpCall, TensorRef, Trace
from costmodel.ops.families.attention import causal_half
from costmodel.ops.families.attention_backward import causal_half_backward


def causal_operations_saved(trace: Trace) -> int:
    """Operations of the step that touch only the masked scores of causal attention (COUNTING row 17)."""
    return sum(_saved(call, trace) for call in trace.calls if "scaled_dot_product" in call.op)


def _saved(call: OpCall, trace: Trace) -> int:
    arguments = dict(call.arguments)
    if not arguments.get("is_causal"):
        return 0
    saved = causal_half_backward if "backward" in call.packet else causal_half
    wanted = {
        name: trace.tensors[value.tensor].meta if isinstance(value, TensorRef) else value
        for name in inspect.signature(saved).parameters
        if (value := arguments.get(name)) is not None
    }
    return saved(**wanted)  # type: ignore[arg-type]  # a recorded call has the schema's types
