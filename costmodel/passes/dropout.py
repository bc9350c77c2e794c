"""Dropout's backward on CPU, where the stored mask is already scaled (COUNTING row 14).

The convention counts dropout's backward as a multiply by the mask and a scale, whatever kernel runs: a GPU's
``native_dropout_backward`` does both, the CPU graph multiplies once by a mask that forward has divided by 1 − p.
"""

from __future__ import annotations

from costmodel.ir.trace import Phase, Trace


def scaled_mask_multiplies(trace: Trace) -> frozenset[int]:
    """Indices of the backward calls that multiply a gradient by a dropout mask scaled in forward."""
    drawn: set[int] = set()
    masks: set[int] = set()
    found = set()
    for index, call in enumerate(trace.calls):
        storages = [trace.tensors[i].storage for i in call.inputs]
        if call.op == "aten.bernoulli_.float":
            drawn.update(storages)
        elif call.packet == "aten.div_" and drawn.intersection(storages):
            masks.update(storages)
        elif call.packet == "aten.mul" and call.phase is Phase.BACKWARD and masks.intersection(storages):
            found.add(index)
    return frozenset(found)
