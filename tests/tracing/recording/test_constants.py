"""Values in a step: constants and buffers are known, the batch and the parameters are not."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import torch
from torch import nn

import costmodel
from costmodel.errors import TraceError
from tests.tracing.networks import Small, steady


class Known(Small):
    """Small gives 5 features; of each case a mask, a size or a branch that hangs on a constant."""

    keep: torch.Tensor
    sizes: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("keep", torch.tensor([True, False, True, False, True]))
        self.register_buffer("sizes", torch.tensor([3, 5]))
        self.plain = torch.arange(4)


class Masked(Known):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = super().forward(x)
        assert x.flatten(1)[:, self.keep].shape[1:] == (3,)
        return x.flatten(1)[:, torch.tensor([True, True, False, False, False])]


class Selected(Known):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x).flatten(1).masked_select(self.keep).view(2, 3)


class Sized(Known):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = super().forward(x).flatten(1)
        return out[:, : int(self.sizes.max()) - 2] if self.sizes.sum() > 7 else out[:, : self.plain.tolist()[3]]


class Causal(Known):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mask = torch.ones(8, 8).tril()
        return super().forward(x).flatten(1)[:, : int(mask.sum()) // 12]


@pytest.mark.parametrize("model", [Masked, Selected, Sized, Causal])
def test_what_hangs_on_constants_is_known(model: type[nn.Module]) -> None:
    """The forward pass has the shape that it has on real tensors."""
    with warnings.catch_warnings():
        real = model()(torch.randn(2, 3, 8, 8))
    trace = steady(model)
    shapes = [trace.tensors[i].shape for call in trace.calls for i in call.outputs if i is not None]
    assert tuple(real.shape) in shapes
    assert not [a for a in trace.assumptions if "value" in a.what]


class OfBatch(Known):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x)[x[:, 0, 0, 0] > 0]


class OfParameter(Known):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = super().forward(x)
        return out if next(self.parameters()).sum() > 0 else out * 2


class OfOverwritten(Known):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.sizes.copy_(x.flatten()[:2].long())
        out: torch.Tensor = super().forward(x)
        return out if self.sizes[0] > 3 else out * 2


@pytest.mark.parametrize("model", [OfBatch, OfParameter, OfOverwritten])
def test_what_hangs_on_anything_else_is_not(model: type[nn.Module]) -> None:
    with pytest.raises(TraceError, match="depends on the data"):
        steady(model)


class Counter(Small):
    """Every third forward pass does twice the work; the counter is a buffer."""

    count: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("count", torch.zeros((), dtype=torch.long))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.count += 1
        if self.count % 3 == 0:
            return super().forward(x) + super().forward(x)
        return super().forward(x)


def test_a_counter_in_a_buffer_does_not_pass_for_a_constant() -> None:
    """Its value is known in each run, and the runs differ."""
    varies = steady(Counter).varies
    assert [v.where.partition(":")[0] for v in varies] == ["test_constants.py"]


class Guarded(Small):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not torch.isfinite(x).all():
            raise ValueError("bad input")
        if torch.isnan(x).any() or (x > 9).all():
            raise ValueError(
                "worse input",
            )
        assert (x < 9).all(), "large input"
        if (x < -9).any():
            warnings.warn("small input", stacklevel=1)
        return super().forward(x)


class Sampled(Small):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = super().forward(x)
        return torch.distributions.Normal(out, out.exp()).rsample()


class NoGuard(Small):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not torch.isfinite(x).all():
            return super().forward(x) * 2
        return super().forward(x)


def test_a_check_that_only_raises_is_taken_to_pass() -> None:
    trace = steady(Guarded)
    said = [a.where for a in trace.assumptions if "only raises or warns" in a.what]
    first = Guarded.forward.__code__.co_firstlineno
    assert {int(where.partition(":")[2]) - first for where in said} == {1, 3, 7, 8}
    plain: Any = [(c.op, c.scope) for c in steady(Small).calls]
    checks = ("aten.abs.", "aten.ne.", "aten.eq.", "aten.mul.", "aten.all.", "aten.isnan.", "aten.any.", "aten.gt.",
              "aten.lt.", "aten.bitwise")  # fmt: skip
    assert [(c.op, c.scope) for c in trace.calls if not (c.op.startswith(checks) and c.scope == "")] == [
        p for p in plain if not (p[0].startswith(checks) and p[1] == "")
    ]


def test_distributions_check_their_own_arguments() -> None:
    assert costmodel.count(steady(Sampled)).rows


def test_a_condition_that_does_something_is_no_check() -> None:
    with pytest.raises(TraceError, match="asks for a tensor's value"):
        steady(NoGuard)
