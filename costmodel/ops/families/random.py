"""Random numbers: one per element drawn, whatever the distribution (COUNTING row 14, switchable)."""

from __future__ import annotations

from typing import Any

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work
from costmodel.ops.formula import formula, scalar
from costmodel.ops.packets import aten
from costmodel.ops.pointwise import pointwise

Meta = TensorMeta


@formula(
    aten.rand,
    aten.randn,
    aten.rand_like,
    aten.randn_like,
    aten.randint,
    aten.randint_like,
    aten.randperm,
    aten.random,
    aten.uniform,
    aten.log_normal,
    aten.exponential,
    aten.cauchy,
    aten.geometric,
    shape_only=True,
    overwrites=True,
    draws=True,
)
def draw(out: Meta) -> Work:
    """One random number per element, shifted and scaled by whoever draws it.

    >>> draw.work(TensorMeta((4, 3))).scalar_ops.random
    12
    """
    # [..] = aten.uniform_([..])
    return scalar(random=out.numel)


@formula(
    aten.normal,
    aten.normal_functional,
    aten.poisson,
    aten.binomial,
    aten._standard_gamma,
    aten._sample_dirichlet,
    draws=True,
)
def draw_of(out: Meta) -> Work:
    """One random number per element, of a distribution that a tensor describes.

    >>> draw_of.work(TensorMeta((4, 3))).scalar_ops.random
    12
    """
    # [..] = aten.poisson([..])
    return scalar(random=out.numel)


@formula(aten.bernoulli, draws_mask=True)
def bernoulli(out: Meta) -> Work:
    """One random number and its compare with the probability, per element.

    >>> bernoulli.work(TensorMeta((4, 3))).scalar_ops.total
    24
    """
    # [..] = aten.bernoulli_([..], p)
    return scalar(random=out.numel, compare=out.numel)


@pointwise(aten.native_dropout)
def native_dropout(input: Any, p: float, train: bool | None = True) -> Any:
    if train is False:
        return input, True
    kept = input.result("random", 0.5) >= p
    return input * float(kept) * (1.0 / (1.0 - p)), kept
