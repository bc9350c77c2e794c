"""An inference's layer problems hold every multiply-accumulate of its forward pass: FlopCounterMode says how many.

FlopCounterMode watches the network in evaluation mode, on the ops that it knows: attention as two products and a
softmax, without torch's short cut of evaluation, and recurrent layers without oneDNN. It has no formula for theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

import costmodel
from costmodel.passes.lower import lower
from costmodel.passes.work import count
from costmodel.tracing.step.forward_only import build_inference
from costmodel.tracing.training import plan_training, trace_inference
from examples.zoo import ZOO, Entry

CHANNELS, SIZE, WIDTH = 4, 6, 8


@contextmanager
def without_onednn() -> Iterator[None]:
    """A stretch in which a recurrent layer is products and elementwise ops."""
    before = torch.backends.mkldnn.set_flags(False)[0]  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        torch.backends.mkldnn.set_flags(before)  # type: ignore[no-untyped-call]


def counted_by_torch(model: Any, **given: Any) -> int:
    """Multiply-accumulates of one sample in evaluation mode, by FlopCounterMode on fake tensors."""
    plan = plan_training(model, given)
    counter = FlopCounterMode(display=False)
    with ExitStack() as stack:
        stack.enter_context(plan.mode)
        stack.enter_context(sdpa_kernel(SDPBackend.MATH))
        stack.enter_context(without_onednn())
        step = build_inference(plan.subject, plan.recipe)
        with counter:
            step.gradients()
    return counter.get_total_flops() // 2


def problems_of(model: Any, **given: Any) -> costmodel.Workload:
    """The layer problems of one inference."""
    return lower(count(trace_inference(plan_training(model, given))))


def same(model: Any, **given: Any) -> None:
    workload = problems_of(model, **given)
    assert workload.uncounted == ()
    assert workload.macs == counted_by_torch(model, **given) > 0


@pytest.mark.parametrize("entry", ZOO, ids=lambda entry: entry.name)
def test_the_zoo(entry: Entry, in_root: Path) -> None:
    same(entry.reference, input=entry.input)


class Attention(nn.Module):
    """Self- or cross-attention; half of the tokens are the memory that is looked at."""

    def __init__(self, kind: str, heads: int) -> None:
        super().__init__()
        self.kind = kind
        self.layer = nn.MultiheadAttention(WIDTH, heads, batch_first=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        memory = x[:, ::2] if self.kind == "cross" else x
        given: dict[str, Any] = {}
        if self.kind == "masked":
            given["attn_mask"] = torch.triu(torch.ones(x.shape[1], x.shape[1], dtype=torch.bool), 1)
        if self.kind == "padded":
            given["key_padding_mask"] = torch.zeros(x.shape[:2], dtype=torch.bool)
        return self.layer(x, memory, memory, need_weights=self.kind != "bare", **given)[0]  # type: ignore[no-any-return]


class Encoder(nn.Module):
    def __init__(self, heads: int, norm_first: bool, padded: bool) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(WIDTH, heads, 12, batch_first=True, norm_first=norm_first)
        self.padded, self.layers = padded, nn.TransformerEncoder(layer, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mask = torch.zeros(x.shape[:2], dtype=torch.bool) if self.padded else None
        return self.layers(x, src_key_padding_mask=mask)  # type: ignore[no-any-return]


class Decoder(nn.Module):
    def __init__(self, heads: int) -> None:
        super().__init__()
        self.layers = nn.TransformerDecoder(nn.TransformerDecoderLayer(WIDTH, heads, 12, batch_first=True), 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x, x[:, ::3])  # type: ignore[no-any-return]


class Recurrent(nn.Module):
    def __init__(self, kind: str, both_ways: bool) -> None:
        super().__init__()
        hidden = WIDTH // 2 if both_ways else WIDTH
        self.layer = getattr(nn, kind)(WIDTH, hidden, bidirectional=both_ways, batch_first=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x)[0]  # type: ignore[no-any-return]


class Mixing(nn.Module):
    """Products outside any layer: of two results, and with a parameter of the model's own."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(WIDTH, WIDTH))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.einsum("bij,kj->bik", (x @ x.transpose(1, 2)) @ x, self.weight)


class Network(nn.Module):
    """Steps on an image, then steps on its pixels as tokens."""

    def __init__(self, image: list[nn.Module], tokens: list[nn.Module]) -> None:
        super().__init__()
        self.image, self.tokens = nn.Sequential(*image), nn.Sequential(*tokens)
        self.into, self.out = nn.Linear(CHANNELS, WIDTH), nn.Linear(WIDTH, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        tokens = self.tokens(self.into(self.image(x).flatten(2).transpose(1, 2)))
        return self.out(tokens.mean(1))  # type: ignore[no-any-return]


@st.composite
def image_steps(draw: st.DrawFn) -> nn.Module:
    kind = draw(st.sampled_from(("conv", "transposed", "linear", "norm", "volume")))
    if kind == "norm":
        return nn.Sequential(nn.BatchNorm2d(CHANNELS), nn.ReLU())
    if kind == "linear":
        return nn.Linear(SIZE, SIZE)
    if kind == "volume":
        depth = nn.Conv3d(CHANNELS // 2, CHANNELS // 2, 3, padding=1, groups=draw(st.sampled_from((1, 2))))
        return nn.Sequential(nn.Unflatten(1, (CHANNELS // 2, 2)), depth, nn.Flatten(1, 2))
    kernel, dilation = draw(st.sampled_from((1, 3))), draw(st.sampled_from((1, 2)))
    groups, padding = draw(st.sampled_from((1, 2, CHANNELS))), dilation * (kernel // 2)
    layer = nn.ConvTranspose2d if kind == "transposed" else nn.Conv2d
    return layer(CHANNELS, CHANNELS, kernel, padding=padding, dilation=dilation, groups=groups)


token_steps = st.one_of(
    st.builds(Attention, st.sampled_from(("plain", "masked", "padded", "bare", "cross")), st.sampled_from((1, 2))),
    st.builds(Encoder, st.sampled_from((1, 4)), st.booleans(), st.booleans()),
    st.builds(Decoder, st.sampled_from((1, 2))),
    st.builds(Recurrent, st.sampled_from(("LSTM", "GRU", "RNN")), st.booleans()),
    st.builds(Mixing),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(image_steps(), max_size=3), st.lists(token_steps, max_size=3))
@pytest.mark.filterwarnings("ignore")
def test_random_networks(image: list[nn.Module], tokens: list[nn.Module]) -> None:
    same(Network(image, tokens), input=f"{CHANNELS}x{SIZE}x{SIZE}")
