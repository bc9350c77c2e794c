"""CUDA in a program: the same calls as on the CPU, on builds with and without CUDA, and each change is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import costmodel
from tests.tracing.networks import Small, steady


class Plain(Small):
    mean: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.ones(8, 8))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x * self.mean + torch.zeros(8))


class Moved(Small):
    mean: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.ones(8, 8, device="cuda"))
        self.to(torch.device("cuda", 0)).cuda()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x.cuda(non_blocking=True).to("cuda").to(0) * self.mean.to(x.device)
        return super().forward(x + torch.zeros(8, device=torch.device("cuda")))


def _calls(model: Any, **settings: Any) -> list[tuple[str, str, str]]:
    trace = steady(model, **settings)
    assert {tensor.device for tensor in trace.tensors} == {"cpu"}
    return [(call.op, call.scope, call.phase.value) for call in trace.calls]


def test_what_is_moved_stays() -> None:
    assert _calls(Moved) == _calls(Plain)
    said = {a.what for a in steady(Moved).assumptions if "device" in a.what}
    assert said == {
        f"device {name} is traced as cpu: the same ATen ops, without its kernels" for name in ("cuda", "cuda:0")
    }


class Half(Small):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with torch.autocast("cpu", torch.float16):
            return super().forward(x)


class Cast(Small):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with torch.autocast("cuda"):
            return super().forward(x)


class OldCast(Small):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with torch.cuda.amp.autocast():
            return super().forward(x)


class Disabled(Small):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with torch.autocast(device_type="cuda", dtype=torch.float16, enabled=False):
            return super().forward(x)


def test_autocast_of_cuda_casts_to_float16() -> None:
    assert _calls(Cast) == _calls(OldCast) == _calls(Half) != _calls(Small)
    assert _calls(Disabled) == _calls(Small)


FILE = """
import torch, torch.nn as nn, torch.nn.functional as F

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(8, 4)
    def forward(self, x):
        return self.head(x)

def net():
    torch.cuda.manual_seed_all(1)
    return nn.DataParallel(Net()) if torch.cuda.device_count() > 1 else Net().to(device)

scaler = torch.amp.GradScaler("SCALER")

def step(model, optimizer, batch):
    x, y = (t.to(device) for t in batch)
    with torch.autocast(device_type="SCALER", dtype=torch.float16):
        loss = F.cross_entropy(model(x), y)
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    optimizer.zero_grad()
    torch.cuda.synchronize()

def example_batch(n):
    return torch.randn(n, 8).pin_memory(), torch.zeros(n, dtype=torch.long)

def recipe():
    return dict(model=net, step=step, optimizer="sgd")
"""


def test_a_script_for_one_gpu_costs_what_it_costs_there(tmp_path: Path) -> None:
    totals = []
    for device in ("cuda", "cpu"):
        (tmp_path / device).mkdir()
        file = tmp_path / device / "net.py"
        file.write_text(FILE.replace("SCALER", device))
        analysis = costmodel.analyze(str(file))
        totals.append(analysis.totals)
        assert any("torch.cuda.is_available() is taken to say True" in a.what for a in analysis.assumptions)
    assert totals[0] == totals[1]


def test_torch_itself_is_asked_as_ever() -> None:
    """Only the user's own lines hear of a GPU."""
    available = torch.cuda.is_available()
    steady(Moved)
    assert torch.cuda.is_available() is available
    assert F.relu(torch.ones(1)).device.type == "cpu"
    with pytest.raises((AssertionError, RuntimeError)) if not available else torch.no_grad():
        nn.Linear(1, 1).to("cuda")
