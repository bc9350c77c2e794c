"""Tensors inside structures, and modules that have no other inside."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

import torch


def tensors_in(value: Any, depth: int = 6) -> Iterator[torch.Tensor]:
    """The tensors of a nested structure."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (bool, int, float, str)) or value is None:
        return
    elif isinstance(value, Mapping) and depth:
        for item in value.values():
            yield from tensors_in(item, depth - 1)
    elif isinstance(value, (list, tuple, deque)) and depth:
        for item in value:
            yield from tensors_in(item, depth - 1)


def is_leaf(module: torch.nn.Module) -> bool:
    """Whether a module has no other inside, its parametrizations aside."""
    return all(name == "parametrizations" for name, _ in module.named_children())
