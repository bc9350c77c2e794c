"""Peak activation: the largest input + output of a layer, by the two conventions of COUNTING.md. One sample."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from costmodel.ir.activations import LayerBytes
from costmodel.ir.analysis import PeakActivation
from costmodel.ir.tensor import Role, TensorSpec
from costmodel.ir.trace import ModuleCall, ModuleSpec, Phase, Trace
from costmodel.passes.derivation import derived
from costmodel.passes.layers import layer_calls, looks_at_kept, op_name

ITEM_BYTES = 4
"""Of an element, by both conventions: 32 bits, whatever precision the network computes in."""

_LISTED = 12
"""Layers that are named beside the largest."""
_LAB_INPUT_AND_OUTPUT = ("Conv1d", "Conv2d", "Conv3d", "Linear")
_LAB_INPUT_ONLY = frozenset(
    {
        "BatchNorm1d",
        "BatchNorm2d",
        "BatchNorm3d",
        "GroupNorm",
        "ReLU",
        "ReLU6",
        "LeakyReLU",
        "Sigmoid",
        "Tanh",
    }
)
_LAB_RESIDUAL_BLOCKS = frozenset(
    {
        "torchvision.models.resnet.BasicBlock",
        "torchvision.models.resnet.Bottleneck",
        "torchvision.models.mobilenetv2.InvertedResidual",
    }
)


def peak_activation(trace: Trace) -> PeakActivation:
    """Bytes of the largest layer, by ``layer_io`` and by ``lab_profiler``, for one sample, as traced."""
    none = (0, "", "")
    io_layers, lab_layers = [*_layer_io(trace)], [*_lab_profiler(trace)]
    layer_io, io_layer, io_where = max((found for found, _ in io_layers), default=none, key=lambda found: found[0])
    lab, lab_layer, lab_where = max(lab_layers, default=none, key=lambda found: found[0])
    return PeakActivation(
        layer_io=layer_io,
        layer_io_layer=io_layer,
        layer_io_where=io_where,
        lab_profiler=lab,
        lab_profiler_layer=lab_layer,
        lab_profiler_where=lab_where,
        largest_layer_io=_largest(found for found, is_aside in io_layers if not is_aside),
        largest_lab_profiler=_largest(lab_layers),
    )


def _largest(found: Iterable[tuple[int, str, str]]) -> tuple[LayerBytes, ...]:
    """The layers with the largest calls, each once."""
    most: dict[str, tuple[int, str]] = {}
    for nbytes, layer, where in found:
        if layer not in most or nbytes > most[layer][0]:
            most[layer] = (nbytes, where)
    ordered = sorted(most.items(), key=lambda item: -item[1][0])[:_LISTED]
    return tuple(LayerBytes(layer=layer, where=where, nbytes=nbytes) for layer, (nbytes, where) in ordered)


def _batch(trace: Trace) -> int:
    """The size of the batch: the first axis of the first input."""
    shapes = [trace.tensors[i].shape for i in trace.inputs]
    return shapes[0][0] if shapes and shapes[0] and shapes[0][0] > 0 else 1


def _of_one_sample(tensor: TensorSpec, batch: int) -> int:
    """Bytes for one sample; a tensor whose first axis is not a multiple of the batch is not batched."""
    elements = tensor.meta.numel * (2 if tensor.dtype.startswith("complex") else 1)
    if tensor.shape and tensor.shape[0] % batch == 0:
        elements //= batch
    return elements * ITEM_BYTES


def _layer_io(trace: Trace) -> Iterator[tuple[tuple[int, str, str], bool]]:
    """(bytes, layer, line) of every layer of the forward pass, and whether no person wrote it."""
    batch = _batch(trace)
    for layer in layer_calls(trace):
        tensors = (trace.tensors[number] for number in (*layer.inputs, *layer.outputs))
        nbytes = sum(_of_one_sample(tensor, batch) for tensor in tensors)
        yield (nbytes, layer.name, layer.where), layer.is_aside


def op_peak(trace: Trace) -> tuple[int, str]:
    """(bytes, op) of the largest input + output of a single op for one sample, whatever layer it is in.

    A view is not a second activation.
    """
    batch = _batch(trace)
    most = (0, "")
    seeds = {trace.tensors[number].storage for number in trace.inputs}
    for op, _, read in derived(trace, seeds, (Phase.PREPROCESS, Phase.FORWARD)):
        if looks_at_kept(op, trace):
            continue
        held: dict[int, int] = {}
        for tensor in (trace.tensors[number] for number in (*op.inputs, *op.written)):
            if tensor.role not in (Role.PARAMETER, Role.BUFFER) or tensor.storage in read:
                held[tensor.storage] = max(held.get(tensor.storage, 0), _of_one_sample(tensor, batch))
        most = max(most, (sum(held.values()), op_name(op)), key=lambda pair: pair[0])
    return most


def _lab_profiler(trace: Trace) -> Iterator[tuple[int, str, str]]:
    """What the course's own profiler script computes, leaf module by leaf module."""
    modules = {module.path: module for module in trace.modules}
    batch = _batch(trace)
    residuals = [c for c in trace.module_calls if _adds_its_input(modules[c.path], c)]
    for call in trace.module_calls:
        module = modules[call.path]
        if not module.leaf:
            continue
        elements = _lab_elements(module, call, trace, batch)
        if elements:
            around = [r for r in residuals if r.first <= call.first and call.last <= r.last]
            elements += sum(_elements(r.inputs, trace, batch) for r in around)
            yield elements * ITEM_BYTES, call.path, call.where


def _elements(ids: tuple[int, ...], trace: Trace, batch: int) -> int:
    """Elements of the first tensor, for one sample."""
    if not ids:
        return 0
    tensor = trace.tensors[ids[0]]
    numel = tensor.meta.numel
    return numel // batch if tensor.shape and tensor.shape[0] % batch == 0 else numel


def _lab_elements(module: ModuleSpec, call: ModuleCall, trace: Trace, batch: int) -> int:
    kind = module.type.rpartition(".")[2]
    if kind in _LAB_INPUT_AND_OUTPUT:
        groups = int(module.attributes.get("groups", 1))
        return _elements(call.inputs, trace, batch) + _elements(call.outputs, trace, batch) // groups
    return _elements(call.inputs, trace, batch) if kind in _LAB_INPUT_ONLY else 0


def _adds_its_input(module: ModuleSpec, call: ModuleCall) -> bool:
    if module.type not in _LAB_RESIDUAL_BLOCKS:
        return False
    return bool(module.attributes.get("use_res_connect", True)) and bool(call.inputs)
