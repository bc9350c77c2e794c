"""A tensor in a file of torch's, read without running anything of it (``weights_only``)."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import torch

from costmodel.errors import FormatError
from costmodel.files.quoting import escaped

_LARGEST = 256 * 2**20


def saved_tensor(path: Path) -> Any:
    """The one tensor of a ``torch.save``, as a NumPy array.

    Torch's own reader of weights builds tensors and plain containers and calls nothing else; since torch 2.6, which is
    the least that we ask for, no way around it is known.

    Raises:
        FormatError: too large, no such file, or not one tensor (in a dict with one, too).
    """
    shown = escaped(str(path))
    try:
        if path.stat().st_size > _LARGEST:
            raise FormatError(f"{shown}: has more than {_LARGEST:,} bytes")
        found = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, KeyError, EOFError, pickle.UnpicklingError):
        raise FormatError(
            f"{shown}: no file that torch reads as weights; save one tensor: torch.save(labels, …)"
        ) from None
    if isinstance(found, dict):
        tensors = [value for value in found.values() if isinstance(value, torch.Tensor)]
        found = tensors[0] if len(tensors) == 1 else None
    if not isinstance(found, torch.Tensor) or found.layout is not torch.strided or found.is_quantized:
        raise FormatError(f"{shown}: holds no single tensor; save one: torch.save(labels, …)")
    found = found.detach()
    return (found.float() if found.is_floating_point() else found).numpy()
