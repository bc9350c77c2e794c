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
from torch.nn.parameter import is_lazy as _is_lazy

from costmodel.tracing import compat


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
                if tensor is not None and not isinstance(tensor, compat.FakeTensor):
                    tensors[name] = _twin(mode, tensor)

    with ExitStack() as stack:
        stack.enter_context(patch.object(LazyModuleMixin, "_infer_parameters", sized))
        for kind in (UninitializedParameter, UninitializedBuffer):
            stack.enter_context(patch.object(kind, "__new__", _on_meta(kind.__new__)))
        yield


def has_no_size(tensor: torch.Tensor) -> bool:
    """True for a parameter or buffer of a lazy layer that has not run."""
    return bool(_is_lazy(tensor))


def new_without_size(tensor: torch.Tensor) -> torch.Tensor:
    """Another parameter or buffer like this one, which has no size either."""
    kind: Any = type(tensor)
    new: torch.Tensor = kind(requires_grad=tensor.requires_grad)
    return new


def is_lazy(model: nn.Module) -> bool:
    """True if a parameter or a buffer has no size yet."""
    return any(has_no_size(t) for t in (*model.parameters(), *model.buffers()))


def rebound(model: nn.Module) -> nn.Module:
    """A copy of a lazy model that was built elsewhere, which gets its sizes here."""
    for module in model.modules():
        if isinstance(module, LazyModuleMixin) and hasattr(module, "_initialize_hook"):
            module._forward_pre_hooks[module._initialize_hook.id] = module._infer_parameters
    return model


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
