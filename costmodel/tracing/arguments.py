"""An op's arguments as plain data, and back."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import torch

from costmodel.errors import TraceError
from costmodel.files.quoting import without_addresses
from costmodel.ir.trace import Argument, Symbol, TensorRef

_CONSTANTS = (torch.dtype, torch.layout, torch.memory_format)


@cache
def parameter_names(func: Any) -> tuple[str, ...]:
    """Names of an overload's parameters, in the order in which they are passed."""
    return tuple(argument.name for argument in func._schema.arguments)


@cache
def written_names(func: Any) -> frozenset[str]:
    """Names of the parameters that an overload changes, by its schema."""
    written = (a for a in func._schema.arguments if a.alias_info is not None and a.alias_info.is_write)
    return frozenset(argument.name for argument in written)


def encode(value: Any, tensor_id: Callable[[torch.Tensor], int]) -> Argument:
    """A Python argument as plain data; ``tensor_id`` names the tensors."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, torch.Tensor):
        return TensorRef(tensor_id(value))
    if isinstance(value, (list, tuple)):
        return tuple([encode(item, tensor_id) for item in value])
    if isinstance(value, float):
        return value if math.isfinite(value) else Symbol("float", repr(value))
    if isinstance(value, _CONSTANTS):
        return Symbol(type(value).__name__, str(value).removeprefix("torch."))
    if isinstance(value, torch.device):
        return Symbol("device", str(value))
    if isinstance(value, complex):
        return Symbol("complex", repr(value))
    if isinstance(value, torch.Generator):
        return None  # whichever generator draws the numbers, the cost is the same
    shown = without_addresses(f"an argument of type {type(value).__name__} cannot be recorded: {value!r}")
    raise TraceError(shown[:200])


_NAMES: dict[int, str] = {}


def name_of(func: Any) -> str:
    """``aten.convolution.default``; an op lives as long as the process, and makes its name anew each time."""
    name = _NAMES.get(id(func))
    if name is None:
        name = _NAMES[id(func)] = str(func)
    return name


def encode_call(
    func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], tensor_id: Callable[[torch.Tensor], int]
) -> tuple[tuple[str, Argument], ...]:
    """All arguments of a call, by the schema's parameter names, in the schema's order."""
    names = parameter_names(func)
    pairs = [(names[i], encode(value, tensor_id)) for i, value in enumerate(args)]
    pairs += [(name, encode(value, tensor_id)) for name, value in kwargs.items()]
    return tuple(pairs)


def decode(value: Argument, tensor: Callable[[int], Any]) -> Any:
    """The Python argument that plain data stands for; ``tensor`` gives the value of a tensor id."""
    if isinstance(value, TensorRef):
        return tensor(value.tensor)
    if isinstance(value, tuple):
        return [decode(item, tensor) for item in value]
    if isinstance(value, Symbol):
        if value.kind == "device":
            return torch.device(value.name)
        if value.kind in ("float", "complex"):
            return (float if value.kind == "float" else complex)(value.name)
        return getattr(torch, value.name)
    return value


def resolve(op: str) -> Any:
    """The callable overload for a recorded name such as ``aten.convolution.default``."""
    namespace, packet, overload = op.split(".")
    return getattr(getattr(getattr(torch.ops, namespace), packet), overload)
