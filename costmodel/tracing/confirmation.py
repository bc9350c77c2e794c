"""A traced inference, run on the weights that were handed in, must give the predictions that were handed in.

This is the check that a trace which is whole in itself, but of another network, does not pass: a smaller network gives
other predictions, and one with the same predictions has done the same work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import torch

from costmodel.errors import FormatError, TraceError
from costmodel.ir.trace import Trace
from costmodel.tracing.arguments import decode, resolve
from costmodel.tracing.replay import tensors_before

_TOLERANCE = 1e-3
"""Of the spread of a sample's scores: another machine sums in another order."""
_EXACT = 1e-6
"""Relative to a score itself."""


def read_tensors(file: Path) -> dict[str, torch.Tensor]:
    """A state dict, or a single tensor under the name "", from a file that ``torch.save`` wrote; no code is run.

    Raises:
        FormatError: not such a file, or one that holds more than tensors.
    """
    try:
        data = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as problem:  # torch.load raises whatever its many readers raise
        first = (str(problem).splitlines() or [""])[0][:200]
        raise FormatError(f"{file.name}: no tensors saved by torch.save: {first}") from None
    named = {"": data} if isinstance(data, torch.Tensor) else data
    if not isinstance(named, dict) or not all(isinstance(v, torch.Tensor) for v in named.values()):
        raise FormatError(f"{file.name}: it holds something else than tensors; save model.state_dict()")
    return {str(name): tensor for name, tensor in named.items()}


def contradiction(
    inference: Trace,
    weights: Mapping[str, torch.Tensor],
    inputs: torch.Tensor,
    predictions: torch.Tensor,
    is_known: Callable[[str], bool] = lambda _: True,
) -> str | None:
    """Run the inference on every sample, and compare; None if the predictions are those handed in.

    Args:
        inference: of one sample, checked before.
        weights: the state dict.
        inputs: [n, …], chosen by the grader.
        predictions: what the submission gave for them: scores [n, …], or class numbers [n].
        is_known: of an op packet: may it be run?

    Returns:
        What does not agree, in words.

    Raises:
        TraceError: the trace cannot be run, since it needs values that are in no file.
    """
    problem = _weights_differ(inference, weights)
    if problem:
        return problem
    if len(inputs) != len(predictions):
        return f"{len(predictions)} predictions for {len(inputs)} inputs"
    for number, (sample, due) in enumerate(zip(inputs, predictions, strict=True)):
        given = _run(inference, weights, sample[None], is_known)[0]
        if not _agree(given, due):
            return f"sample {number}: the traced network gives another prediction than the one handed in"
    return None


def _weights_differ(trace: Trace, weights: Mapping[str, torch.Tensor]) -> str | None:
    parameters = {p.name: trace.tensors[p.tensor].shape for p in trace.parameters}
    for name, shape in parameters.items():
        if name not in weights:
            return f"parameter {name} of the trace is not among the weights"
        if tuple(weights[name].shape) != shape:
            return f"parameter {name} is {tuple(weights[name].shape)} among the weights, {shape} in the trace"
    known = {weights[name].untyped_storage().data_ptr() for name in parameters}
    buffers = {b.name for b in trace.buffers}
    for name, tensor in weights.items():
        # a shared parameter has several names, and its memory is known
        if name not in parameters and name not in buffers and tensor.untyped_storage().data_ptr() not in known:
            return f"{name} among the weights is not in the trace"
    return None


def _run(
    trace: Trace, weights: Mapping[str, torch.Tensor], sample: torch.Tensor, is_known: Callable[[str], bool]
) -> torch.Tensor:
    named = {p.tensor: weights[p.name].clone() for p in (*trace.parameters, *trace.buffers) if p.name in weights}
    values = named | dict.fromkeys(trace.inputs[:1], sample)
    unknown = [number for number in tensors_before(trace) if number not in values]
    if unknown or len(trace.inputs) != 1:
        raise TraceError("the trace cannot be confirmed: it reads tensors that are neither weights nor the input")
    with torch.no_grad():
        for call in trace.calls:
            if not is_known(call.packet):
                raise TraceError(f"the trace cannot be confirmed: {call.op} is not known")
            result = resolve(call.op)(**{name: decode(value, values.__getitem__) for name, value in call.arguments})
            results = result if isinstance(result, (tuple, list)) else (result,)
            values.update((n, r) for n, r in zip(call.outputs, results, strict=False) if n is not None)
    outputs = [call.outputs for call in trace.module_calls if call.path == ""]
    if not outputs or not outputs[-1]:
        raise TraceError("the trace cannot be confirmed: the model returns no tensor")
    return values[outputs[-1][0]]


def _agree(given: torch.Tensor, due: torch.Tensor) -> bool:
    if due.dim() == 0 and not due.is_floating_point():
        return int(given.argmax()) == int(due)
    if given.shape != due.shape or not given.numel():
        return False
    ours, theirs = given.to(torch.float64), due.to(torch.float64)
    # scores of any size, and classes that lie close together: the spread is what makes a prediction
    spread = float(theirs.max() - theirs.min())
    return torch.allclose(ours, theirs, rtol=_EXACT, atol=_TOLERANCE * spread)
