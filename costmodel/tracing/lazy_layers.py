"""Lazy layers (``nn.LazyLinear``) without memory: they get their sizes from the first input, as in a run."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import torch
from torch import nn
from torch.nn.modules.lazy import LazyModuleMixin
from torch.nn.parameter import UninitializedBuffer, UninitializedParameter
from torch.nn.parameter import is_lazy as has_no_size

from costmodel.tracing import compat
from costmodel.tracing.inputs import call


@contextmanager
def sized_without_memory(mode: Any) -> Iterator[None]:
    """A stretch in which a lazy layer's parameters become tensors of a fake mode once its sizes are known.

    A parameter without a size cannot be a fake tensor, nor become one: it is made on torch's ``meta`` device, gets its
    size there, and its place in the layer is taken by a fake twin.
    """
    infer = LazyModuleMixin._infer_parameters

    def sized(self: Any, module: Any, args: Any, kwargs: Any = None) -> None:
        with compat.without_modes():
            infer(self, module, args, kwargs)
        for tensors in (module._parameters, module._buffers):
            for name, tensor in tensors.items():
                if tensor is not None and tensor.is_meta:
                    tensors[name] = _twin(mode, tensor)

    with ExitStack() as stack:
        stack.enter_context(patch.object(LazyModuleMixin, "_infer_parameters", sized))
        for kind in (UninitializedParameter, UninitializedBuffer):
            stack.enter_context(patch.object(kind, "__new__", _on_meta(kind.__new__)))
        yield


def is_lazy(model: nn.Module) -> bool:
    """True if a parameter or a buffer has no size yet."""
    return any(has_no_size(t) for t in (*model.parameters(), *model.buffers()))


def get_sizes(model: nn.Module, data: Callable[[], Any]) -> None:
    """Call a model once with a batch, as before an optimizer is made, if something in it has no size yet."""
    if is_lazy(model):
        with torch.no_grad():
            call(model, data())


def _on_meta(make: Callable[..., Any]) -> Callable[..., Any]:
    def made(cls: Any, *args: Any, **kwargs: Any) -> Any:
        given = inspect.signature(make).bind(cls, *args, **kwargs)
        given.arguments["device"] = "meta"
        with compat.without_modes():
            return make(*given.args, **given.kwargs)

    return made


def _twin(mode: Any, tensor: torch.Tensor) -> torch.Tensor:
    twin = compat.fresh_tensor(mode, (tuple(tensor.shape), tuple(tensor.stride()), 0, tensor.dtype))
    if isinstance(tensor, nn.Parameter):
        return nn.Parameter(twin, requires_grad=tensor.requires_grad)
    return twin
