"""Questions to a fake tensor for all of its values at once: ``w.numpy()``, ``rates.tolist()``."""

from __future__ import annotations

from typing import Any

import torch

from costmodel.tracing.compat import FakeTensor, without_modes

_one_by_one = FakeTensor.tolist


def _tolist(tensor: FakeTensor) -> Any:
    """As torch's, which asks for one value after another."""
    values = _whole(tensor)
    if values is None:
        return _one_by_one(tensor)
    with without_modes():
        return values.tolist()


def _numpy(tensor: FakeTensor, *, force: bool = False) -> Any:
    """An array of the values where they are known; torch refuses it to every tensor subclass."""
    if not getattr(tensor.fake_mode, "knows_values", False):
        raise RuntimeError(".numpy() is not supported for tensor subclasses.")
    if tensor.requires_grad and not force:
        raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
    values = _whole(tensor)
    listed = None if values is not None else _one_by_one(tensor)
    with without_modes():
        return (torch.tensor(listed, dtype=tensor.dtype).reshape(tensor.shape) if values is None else values).numpy()


def _whole(tensor: FakeTensor) -> torch.Tensor | None:
    whole = getattr(tensor.fake_mode, "whole", None)
    known: torch.Tensor | None = None if whole is None else whole(tensor)
    return known


def _format(tensor: FakeTensor, spec: str) -> str:
    """As torch does with a plain tensor: a single value is written as one."""
    return format(tensor.item(), spec) if spec and tensor.dim() == 0 else object.__format__(tensor, spec)


def answer_questions() -> None:
    """Let fake tensors answer them, in this process from now on; a mode that knows no values refuses as before."""
    FakeTensor.tolist = _tolist  # type: ignore[method-assign,assignment]
    FakeTensor.numpy = _numpy  # type: ignore[method-assign,assignment]
    FakeTensor.__format__ = _format  # type: ignore[method-assign,assignment]
