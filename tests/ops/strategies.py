"""Small random shapes for the scalar programs: a few thousand points each, so that executing is quick."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from hypothesis import settings
from hypothesis import strategies as st

quick = settings(derandomize=True, deadline=None, max_examples=40)

sizes = st.integers(1, 4)


def tensor(*shape: int, seed: int = 0) -> torch.Tensor:
    """A float64 tensor that is the same in every run."""
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@dataclass(frozen=True)
class ConvolutionCase:
    """Shapes and settings of one call of ``aten.convolution``."""

    input: tuple[int, ...]
    weight: tuple[int, ...]
    bias: bool
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    transposed: bool
    output_padding: tuple[int, ...]
    groups: int

    @property
    def settings(self) -> dict[str, Any]:
        """All arguments that are not tensors, by name."""
        names = ("stride", "padding", "dilation", "transposed", "output_padding", "groups")
        return {name: getattr(self, name) for name in names}

    @property
    def channels(self) -> int:
        """Channels of the output."""
        return self.weight[1] * self.groups if self.transposed else self.weight[0]

    def tensors(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
        """Input, weight and bias."""
        bias = tensor(self.channels, seed=2) if self.bias else None
        return tensor(*self.input), tensor(*self.weight, seed=1), bias

    def forward(self) -> torch.Tensor:
        """What torch computes."""
        y: torch.Tensor = torch.ops.aten.convolution(*self.tensors(), *self.settings.values())
        return y


@dataclass(frozen=True)
class _Axis:
    length: int
    kernel: int
    stride: int
    padding: int
    dilation: int
    extra: int


@st.composite
def _axes(draw: st.DrawFn, transposed: bool, largest: int) -> _Axis:
    kernel, stride, dilation = draw(st.integers(1, largest)), draw(st.integers(1, 3)), draw(st.integers(1, 2))
    padding, reach = draw(st.integers(0, 2)), dilation * (kernel - 1)
    if not transposed:
        shortest = max(1, reach + 1 - 2 * padding)
        return _Axis(draw(st.integers(shortest, shortest + 3)), kernel, stride, padding, dilation, 0)
    extra = draw(st.integers(0, max(stride, dilation) - 1))
    shortest = max(1, -(-(2 * padding - reach - extra) // stride) + 1)
    return _Axis(draw(st.integers(shortest, shortest + 2)), kernel, stride, padding, dilation, extra)


@st.composite
def convolutions(draw: st.DrawFn) -> ConvolutionCase:
    """1-D, 2-D and 3-D; stride, padding, dilation, groups; direct and transposed with output padding."""
    dimensions, transposed = draw(st.integers(1, 3)), draw(st.booleans())
    axis = _axes(transposed, 4 - dimensions)
    axes = [draw(axis) for _ in range(dimensions)]
    groups, m, c = draw(st.integers(1, 3)), draw(st.integers(1, 2)), draw(st.integers(1, 2))
    return ConvolutionCase(
        input=(draw(st.integers(1, 2)), groups * (m if transposed else c), *(a.length for a in axes)),
        weight=(groups * m, c, *(a.kernel for a in axes)),
        bias=draw(st.booleans()),
        stride=tuple(a.stride for a in axes),
        padding=tuple(a.padding for a in axes),
        dilation=tuple(a.dilation for a in axes),
        transposed=transposed,
        output_padding=tuple(a.extra for a in axes),
        groups=groups,
    )


@dataclass(frozen=True)
class AttentionCase:
    """Shapes and settings of one attention call; several query heads may share a key head."""

    query: tuple[int, ...]
    key: tuple[int, ...]
    value: tuple[int, ...]
    mask: bool
    is_causal: bool

    def tensors(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Query, key and value."""
        return tensor(*self.query), tensor(*self.key, seed=1), tensor(*self.value, seed=2)

    def attn_mask(self) -> torch.Tensor | None:
        """A mask that is added to the scores."""
        return tensor(self.query[-2], self.key[-2], seed=3) if self.mask else None


@st.composite
def attentions(draw: st.DrawFn) -> AttentionCase:
    """Few heads, short sequences, with a mask or causal or neither."""
    batch, heads, shared = draw(st.integers(1, 2)), draw(st.integers(1, 2)), draw(st.integers(1, 2))
    rows, keys, features, width = (draw(st.integers(1, 4)) for _ in range(4))
    kind = draw(st.sampled_from(["dense", "mask", "causal"]))
    return AttentionCase(
        query=(batch, heads * shared, rows, features),
        key=(batch, heads, keys, features),
        value=(batch, heads, keys, width),
        mask=kind == "mask",
        is_causal=kind == "causal",
    )
