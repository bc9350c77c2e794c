"""Dropout's backward on CPU, where the stored mask is already scaled (COUNTING row 14).

The convention counts dropout's backward as a multiply by the mask and a scale, whatever kernel runs: a GPU's
``native_dropout_backward`` does both, the CPU graph multiplies once by a mask that forward has divided by 1 − p.
So the pass follows the CPU's graph: a mask is drawn in place with one probability for all elements, divided in
place, and multiplied in backward.
"""

from __future__ import annotations

from costmodel.ir.trace import OpCall, Phase, TensorRef, Trace
from costmodel.ops import traits_of


def scaled_mask_multiplies(trace: Trace) -> frozenset[int]:
    """Indices of the backward calls that multiply a gradient by a dropout mask scaled in forward."""
    drawn: set[int] = set()
    masks: set[int] = set()
    found = set()
    for index, call in enumerate(trace.calls):
        storages = [trace.tensors[i].storage for i in call.inputs]
        traits = traits_of(call.packet)
        in_place = call.packet.endswith("_")
        if traits.draws_mask and in_place and not _drawn_with_many(call):
            drawn.update(storages)
        elif traits.arithmetic == "divide" and in_place and drawn.intersection(storages):
            masks.update(storages)
        elif traits.arithmetic == "multiply" and not in_place and masks.intersection(storages):
            if call.phase is Phase.BACKWARD:
                found.add(index)
    return frozenset(found)


def _drawn_with_many(call: OpCall) -> bool:
    """Whether each element has a probability of its own, as dropout's never has."""
    return isinstance(dict(call.arguments).get("p"), TensorRef)
