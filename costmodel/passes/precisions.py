"""Element types of the tensors that loop nests read and write, as the graph has them."""

from __future__ import annotations

from costmodel.ir.counts import Counts
from costmodel.ir.tensor import Role
from costmodel.ir.trace import OpCall, Trace
from costmodel.ir.workload import Precision
from costmodel.passes.lower import PARTS_OF
from costmodel.passes.summary import layer_name

_WEIGHTS = (Role.PARAMETER, Role.BUFFER)


def precisions(trace: Trace, counts: Counts, phase: str = "inference") -> tuple[Precision, ...]:
    """The types by data space, and the layers that have each, in order of first execution.

    Parameters and buffers are weights (views of them too), what else a nest reads are inputs, what it writes outputs.
    """
    held = {tensor.storage for tensor in trace.tensors if tensor.role in _WEIGHTS}
    found: dict[tuple[str, str], dict[str, None]] = {}
    for call, row in zip(trace.calls, counts.rows, strict=True):
        if row.part in PARTS_OF[phase] and row.work is not None and row.work.nests:
            for space, number in _spaces(call, trace, held):
                layers = found.setdefault((space, trace.tensors[number].dtype), {})
                layers[layer_name(row.scope)] = None
    return tuple(
        Precision(dataspace=space, dtype=dtype, layers=tuple(layers)) for (space, dtype), layers in found.items()
    )


def _spaces(call: OpCall, trace: Trace, held: set[int]) -> list[tuple[str, int]]:
    """Data space and tensor; beside floating-point data, integers are indices, seeds and lengths."""
    read = [("Weights" if trace.tensors[i].storage in held else "Inputs", i) for i in call.inputs]
    every = [*read, *(("Outputs", i) for i in call.written)]
    floating = [(space, i) for space, i in every if trace.tensors[i].meta.is_floating]
    return floating if any(space != "Outputs" for space, _ in floating) else every
