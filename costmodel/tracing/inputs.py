"""What a step is given: made from shapes, or from an example, and how the model is called with it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import nn
from torch.utils._pytree import tree_flatten, tree_map

from costmodel.errors import RecipeError
from costmodel.tracing.hints import explained
from costmodel.tracing.modes import real
from costmodel.tracing.modes.lazy_layers import has_no_size, is_lazy
from costmodel.tracing.recipe.input_spec import InputSpec

OWN_BATCH_WORD = "example_batch"


def batch_of(
    source: Mapping[str, Any],
    inputs: tuple[InputSpec, ...],
    size: int,
    model: nn.Module | None = None,
    notes: list[str] | None = None,
) -> Any:
    """The batch of a file's ``example_batch``, else one of these shapes: a tuple, or a dict where they have names.

    An input whose type nobody says is of float32, or of the type that all weights of ``model`` have (``net.half()``),
    which is then noted.
    """
    if OWN_BATCH_WORD in source:
        example = source[OWN_BATCH_WORD]
        return example(size) if inspect.signature(example).parameters else example()
    if any(spec.name for spec in inputs) and (unnamed := [str(spec) for spec in inputs if not spec.name]):
        raise RecipeError(f"input {unnamed[0]} has no name, and others have: name every one, as in ids=128:int64")
    if getattr(model, "main_input_name", "") == "input_ids" and not any(spec.name for spec in inputs):
        _refuse_images(inputs, type(model).__name__)
    if any(not spec.dtype for spec in inputs):
        kind = _kind_of_weights(model)
        inputs = tuple(spec if spec.dtype else spec.model_copy(update={"dtype": kind}) for spec in inputs)
        if kind != "float32" and notes is not None:
            notes.append(f"the input is of {kind}, as the network's weights are; --input SIZES:float32 says otherwise")
    if not any(spec.name for spec in inputs):
        return tuple(_input(spec, size) for spec in inputs)
    return {spec.name: _input(spec, size) for spec in inputs}


def _refuse_images(inputs: tuple[InputSpec, ...], name: str) -> None:
    """A network of transformers that says itself that its input are tokens gets none but those."""
    if not inputs[0].dtype.startswith(("int", "uint")):
        raise RecipeError(
            f"{name} takes tokens, not {inputs[0]}",
            hint="name its inputs, labels too if it computes the loss: --input input_ids=128:int64,labels=128:int64 "
            "--loss output (a classifier's labels are 1:int64)",
        )


def _kind_of_weights(model: nn.Module | None) -> str:
    """The one type of all weights that hold real numbers, else "float32"; norms often stay in that, and do not say."""
    parameters = [] if model is None else [p for p in model.parameters() if not has_no_size(p)]
    weights = (p for p in parameters if p.dim() > 1 and p.is_floating_point())
    kinds = {str(p.dtype).removeprefix("torch.") for p in weights}
    return kinds.pop() if len(kinds) == 1 else "float32"


def own_batch_size(source: Mapping[str, Any]) -> int | None:
    """Samples in the batch of a file whose ``example_batch()`` takes no size; None where the recipe says how many."""
    example = source.get(OWN_BATCH_WORD)
    if example is None or inspect.signature(example).parameters:
        return None
    with explained(RecipeError, "example_batch() failed"):
        sizes = (tensor.shape[0] for tensor in _tensors(example()) if tensor.dim())
        return next(sizes, 1)


def call(model: nn.Module, batch: Any) -> Any:
    """The model's output for a batch: a dict has the arguments of ``forward`` by name, anything else in order."""
    if isinstance(batch, Mapping):
        return model(**batch)
    return model(batch) if isinstance(batch, torch.Tensor) else model(*batch)


def get_sizes(model: nn.Module, data: Callable[[], Any]) -> None:
    """Call a model once with a batch, as before an optimizer is made, if something in it has no size yet."""
    if is_lazy(model):
        with torch.no_grad():
            call(model, data())


def is_example(value: Any) -> bool:
    """True for an input that is given as tensors, in any structure, and not as shapes."""
    return any(isinstance(leaf, torch.Tensor) for leaf in tree_flatten(value)[0])


def from_example(value: Any) -> Callable[[], Any]:
    """An ``example_batch`` of tensors like these: a tensor is the only argument, a list the arguments in order."""
    if isinstance(value, torch.Tensor):
        value = (value,)
    return lambda: tree_map(_like, value)


def sizes_of(value: Any) -> str:
    """The sizes of an example's tensors, with the batch: ``2x6:int64, 2x3x32x32``."""
    shown = []
    for tensor in _tensors(value):
        dtype = str(tensor.dtype).removeprefix("torch.")
        shown.append(str(InputSpec(shape=tuple(tensor.shape), dtype="" if dtype == "float32" else dtype)))
    return ", ".join(shown)


def _like(leaf: Any) -> Any:
    if not isinstance(leaf, torch.Tensor):
        return leaf
    if real.active() is not None:
        return leaf.detach().clone().requires_grad_(leaf.requires_grad)
    return torch.empty_strided(leaf.shape, leaf.stride(), dtype=leaf.dtype).requires_grad_(leaf.requires_grad)


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    return (leaf for leaf in tree_flatten(value)[0] if isinstance(leaf, torch.Tensor))


def _input(spec: InputSpec, size: int) -> torch.Tensor:
    dtype = getattr(torch, spec.dtype, None)
    if not isinstance(dtype, torch.dtype):
        raise RecipeError(f"input {spec}: torch has no element type {spec.dtype!r}; try float32, int64")
    shape = (size, *spec.shape)
    if dtype.is_floating_point or dtype.is_complex:
        return torch.randn(shape, dtype=dtype)
    return torch.zeros(shape, dtype=dtype)
