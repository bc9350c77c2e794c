"""Programs that have no step to record are refused in a sentence of ours."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import torch
from torch import nn

import costmodel
from costmodel.errors import CostModelError


class Scripted(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.inner = torch.jit.script(nn.Linear(8, 8))

    def forward(self, x: torch.Tensor) -> Any:
        return self.inner(x)


def quantized() -> nn.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model: nn.Module = torch.ao.quantization.quantize_dynamic(nn.Sequential(nn.Linear(8, 8)))  # type: ignore[no-untyped-call]
    return model


def distributed() -> nn.Module:
    return nn.parallel.DistributedDataParallel(nn.Linear(8, 8))


class Graphed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(8, 8)

    def forward(self, x: torch.Tensor) -> Any:
        with torch.cuda.graph(torch.cuda.CUDAGraph()):
            return self.inner(x)


REFUSED = {
    Scripted: "give the plain module",
    quantized: "before it is quantized",
    Graphed: "run the step as it is",
}


@pytest.mark.parametrize("model", REFUSED, ids=lambda m: m.__name__)
def test_it_is_said_what_to_give_instead(model: Any) -> None:
    with pytest.raises(CostModelError, match=REFUSED[model]) as caught:
        costmodel.analyze(model, input="8")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("wrapped", [nn.DataParallel(nn.Linear(8, 8)), distributed])
def test_what_is_wrapped_for_several_gpus_is_its_module(wrapped: Any) -> None:
    plain, parallel = (costmodel.analyze(m, input="8").totals for m in (nn.Linear(8, 8), wrapped))
    assert (
        (plain.parameters, plain.operations) == (parallel.parameters, parallel.operations) == (72, parallel.operations)
    )
