"""An op call on small real tensors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch


@dataclass(frozen=True)
class Case:
    """``values``: whether the program's results are torch's; ``exact``: whether the count is (else: at most).

    ``tolerance`` is for kernels that keep a constant in single precision.
    """

    op: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)
    values: bool = True
    exact: bool = True
    tolerance: float = 1e-9

    def __str__(self) -> str:
        return str(self.op)


def case(op: Any, *args: Any, values: bool = True, exact: bool = True, tolerance: float = 1e-9, **kwargs: Any) -> Case:
    """A case; a packet stands for its default overload."""
    if isinstance(op, torch._ops.OpOverloadPacket):
        op = op.default
    return Case(op, args, kwargs, values, exact, tolerance)


def numbers(*shape: int, seed: int = 0) -> torch.Tensor:
    """Normally distributed doubles."""
    generator = torch.Generator().manual_seed(seed + sum(shape) + 100 * len(shape))
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def waves(*shape: int) -> torch.Tensor:
    """Complex doubles."""
    return torch.complex(numbers(*shape), numbers(*shape, seed=1))


def positive(*shape: int, seed: int = 0) -> torch.Tensor:
    """Doubles between 0.05 and 0.95."""
    return torch.sigmoid(numbers(*shape, seed=seed)) * 0.9 + 0.05
