"""``nn.MultiheadAttention`` in evaluation mode costs what the same attention costs that is written by hand."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

import costmodel
from costmodel.passes.lower import lower
from costmodel.passes.work import count
from costmodel.tracing.training import plan_training, trace_inference

MACHINE = "simple_weight_stationary"


class Layer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention, self.out = nn.MultiheadAttention(16, 4, batch_first=True), nn.Linear(16, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(self.attention(x, x, x)[0].mean(1))  # type: ignore[no-any-return]


class ByHand(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.qkv, self.projection, self.out = nn.Linear(16, 48), nn.Linear(16, 16), nn.Linear(16, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = (t.unflatten(2, (4, 4)).transpose(1, 2) for t in self.qkv(x).chunk(3, -1))
        weights = torch.softmax(q @ k.transpose(-1, -2) / 2, -1)
        return self.out(self.projection((weights @ v).transpose(1, 2).flatten(2)).mean(1))  # type: ignore[no-any-return]


class Fused(Layer):
    """The one op that torch's short cut executes, called by name."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        a = self.attention
        weights = a.in_proj_weight, a.in_proj_bias, a.out_proj.weight, a.out_proj.bias
        if self.training:
            return super().forward(x)
        return self.out(torch._native_multi_head_attention(x, x, x, 16, 4, *weights)[0].mean(1))  # type: ignore[no-any-return]


@pytest.mark.parametrize("model", [Layer, ByHand, Fused])
def test_all_three_are_one(model: Any) -> None:
    report = costmodel.estimate(model, MACHINE, input="9x16")
    assert report.cycles == 85
    assert report.energy_mj == pytest.approx(0.0005137711951, rel=1e-9)
    assert report.complete


class Encoder(nn.Module):
    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.layers = nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 2, 32, batch_first=True, **options), 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        padding = torch.zeros(x.shape[:2], dtype=torch.bool)  # with it, torch's short cut makes nested tensors
        return self.layers(x, src_key_padding_mask=padding)  # type: ignore[no-any-return]


@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
@pytest.mark.parametrize("norm_first", [False, True])
def test_an_encoder_maps_in_evaluation_what_it_computes_in_training(norm_first: bool) -> None:
    given: dict[str, Any] = {"input": "9x16", "loss": "mse"}
    plan = plan_training(lambda: Encoder(norm_first=norm_first), given)
    workload = lower(count(trace_inference(plan)))
    trained = costmodel.analyze(lambda: Encoder(norm_first=norm_first), **given)
    projections, scores, feed_forward = 9 * 16 * 64, 2 * 9 * 9 * 16, 2 * 9 * 16 * 32
    assert workload.macs == trained.totals.macs.forward == 2 * (projections + scores + feed_forward)


def test_the_short_cut_is_back_afterwards() -> None:
    costmodel.estimate(Layer, MACHINE, input="9x16")
    assert torch.backends.mha.get_fastpath_enabled()
