"""The receptive field is the one that torch measures: the gradient of one position of the last map at the input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from costmodel.ir.receptive import ReceptiveField
from costmodel.ops import formulas
from costmodel.ops.places.rules import RULES
from costmodel.passes.receptive_field import receptive_field
from costmodel.tracing.training import plan_training, trace_inference

SIDE = 48


class Net(nn.Module):
    """Layers, and a forward pass that is given."""

    def __init__(self, run: Callable[..., Tensor], **layers: nn.Module) -> None:
        super().__init__()
        self.layers, self.run = nn.ModuleDict(layers), run

    def forward(self, x: Tensor) -> Tensor:
        return self.run(x, **self.layers)


def conv(channels: int, out: int, kernel: Any, **options: Any) -> nn.Conv2d:
    return nn.Conv2d(channels, out, kernel, **options)


def channels_last(x: Tensor, a: nn.Module, mix: nn.Module, b: nn.Module) -> Tensor:
    y: Tensor = b(mix(a(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2))
    return y


def shuffled(x: Tensor, a: nn.Module, b: nn.Module, c: nn.Module) -> Tensor:
    left, right = a(x).chunk(2, 1)
    y = torch.cat([left, b(right)], 1)
    n, ch, h, w = y.shape
    out: Tensor = c(y.view(n, 2, ch // 2, h, w).transpose(1, 2).reshape(n, ch, h, w))
    return out


def in_place(x: Tensor, a: nn.Module, b: nn.Module) -> Tensor:
    y: Tensor = a(x)
    z: Tensor = b(F.relu_(y))
    z += y
    return z


MAPS: dict[str, Callable[[], nn.Module]] = {
    "a chain of strides and dilations": lambda: nn.Sequential(
        conv(3, 4, 5, stride=2, padding=2), nn.ReLU(), conv(4, 4, 3, dilation=2), nn.AvgPool2d(2), conv(4, 2, 3)
    ),
    "two axes that differ": lambda: nn.Sequential(
        conv(3, 4, (3, 5), stride=(1, 2)), conv(4, 4, (1, 3), padding=(0, 1))
    ),
    "a branch beside a longer one": lambda: Net(
        lambda x, a, b, c: a(x) + c(b(x)), a=conv(3, 4, 1, stride=2), b=conv(3, 4, 3, padding=1),
        c=conv(4, 4, 7, stride=2, padding=3),
    ),
    "branches that look to different sides": lambda: Net(
        lambda x, a, b: a(x)[:, :, :-4, :-4] + b(x)[:, :, 4:, 4:], a=conv(3, 4, 3, padding=1),
        b=conv(3, 4, 3, padding=1)
    ),
    "up again, beside what skipped it": lambda: Net(
        lambda x, a, b, c: c(torch.cat([a(x), F.interpolate(b(a(x)), scale_factor=2.0)], 1)),
        a=conv(3, 4, 3, padding=1), b=conv(4, 4, 3, padding=1, stride=2), c=conv(8, 4, 4, padding=1),
    ),
    "bilinear": lambda: Net(
        lambda x, a, b: b(F.interpolate(a(x), scale_factor=2.0, mode="bilinear")), a=conv(3, 4, 3, stride=2),
        b=conv(4, 4, 3),
    ),
    "transposed, with a kernel that overlaps": lambda: nn.Sequential(
        conv(3, 4, 3, stride=2), nn.ConvTranspose2d(4, 4, 3, stride=2), conv(4, 4, 3)
    ),
    "folded and unfolded": lambda: nn.Sequential(
        nn.PixelUnshuffle(2), conv(12, 8, 3, padding=1), nn.PixelShuffle(2), conv(2, 2, 2)
    ),
    "channels last": lambda: Net(
        channels_last, a=conv(3, 4, 4, stride=4), mix=nn.Linear(4, 6), b=conv(6, 4, 7, padding=3)
    ),
    "channels shuffled": lambda: Net(shuffled, a=conv(3, 8, 3), b=conv(4, 4, 5, padding=2), c=conv(8, 2, 1, groups=2)),
    "padded by hand and in place": lambda: Net(
        lambda x, a, b: in_place(F.pad(x, (2, 1, 2, 1)), a, b), a=conv(3, 4, 4), b=conv(4, 4, 3, padding=1)
    ),
    "adaptive to a third": lambda: nn.Sequential(
        conv(3, 4, 3, padding=1), nn.AdaptiveAvgPool2d(SIDE // 3), conv(4, 4, 2)
    ),
}  # fmt: skip


def measured(model: nn.Module, shape: tuple[int, ...] = (3, SIDE, SIDE)) -> tuple[int, ...]:
    """Rows and columns with a gradient, the largest over positions around the middle, all weights positive."""
    model = model.double().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.rand_like(parameter) + 0.1)
    x = (torch.rand(1, *shape, dtype=torch.float64) + 0.1).requires_grad_()
    y = model(x)
    largest = (0,) * (len(shape) - 1)
    middle = [size // 2 - 2 for size in y.shape[2:]]
    for moved in range(4):
        at = tuple(start + moved for start in middle)
        (gradient,) = torch.autograd.grad(y[0].movedim(0, -1)[at].sum(), x, retain_graph=True)
        seen = gradient[0].abs().sum(0) > 0
        extents = []
        for axis in range(seen.dim()):
            rows = seen.movedim(axis, 0).reshape(seen.shape[axis], -1).any(1).nonzero()
            extents.append(int(rows[-1] - rows[0]) + 1)
        largest = tuple(map(max, largest, extents))
    return largest


def of(build: Any, shape: str = f"3x{SIDE}x{SIDE}") -> ReceptiveField | None:
    return receptive_field(trace_inference(plan_training(build, {"input": shape})))


@pytest.mark.parametrize("name", MAPS)
def test_it_is_what_torch_measures(name: str) -> None:
    found = of(MAPS[name])
    assert found is not None
    assert found.size == measured(MAPS[name]())
    assert found.image == (SIDE, SIDE)


def test_a_signal_has_one_axis() -> None:
    def build() -> nn.Module:
        return nn.Sequential(nn.Conv1d(2, 4, 5, stride=3), nn.ReLU(), nn.Conv1d(4, 4, 3, dilation=2))

    found = of(build, "2x90")
    assert found is not None
    assert found.size == measured(build(), (2, 90)) == (5 + 4 * 3,)


def vgg16() -> nn.Module:
    layers: list[nn.Module] = []
    channels = 3
    for width in (8, 8, 0, 8, 8, 0, 8, 8, 8, 0, 8, 8, 8, 0, 8, 8, 8, 0):
        layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()] if width else [nn.MaxPool2d(2)]
        channels = width or channels
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7), nn.Flatten(), nn.Linear(8 * 49, 10))


def test_of_networks_that_others_have_computed() -> None:
    # Araujo, Norris, Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019: VGG-16 212
    found = of(vgg16, "3x224x224")
    assert found == ReceptiveField(size=(212, 212), image=(224, 224))


def squeezed(x: Tensor, a: nn.Module, gate: nn.Module) -> Tensor:
    y: Tensor = a(x)
    scale: Tensor = gate(y.mean((2, 3), keepdim=True)).sigmoid()
    return y * scale


class Attention(nn.Module):
    """One layer of attention over patches."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, 8, 8, stride=8)
        self.token = nn.Parameter(torch.zeros(1, 1, 8))
        self.mix = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        y = self.patch(x).flatten(2).transpose(1, 2)
        y = torch.cat([self.token, y], 1)
        out: Tensor = self.mix(y, y, y, need_weights=False)[0][:, 0]
        return out


@pytest.mark.parametrize(
    "build",
    [
        lambda: Net(squeezed, a=conv(3, 4, 3), gate=conv(4, 4, 1)),
        Attention,
        lambda: Net(
            lambda x, a, mix: mix(a(x).flatten(2)), a=conv(3, 4, 8, stride=8), mix=nn.Linear((SIDE // 8) ** 2, 36)
        ),
    ],
    ids=["squeeze and excitation", "attention", "a linear layer over places"],
)
def test_the_whole_input(build: Any) -> None:
    found = of(build)
    assert found == ReceptiveField(image=(SIDE, SIDE))
    assert str(found) == "whole input"


class Written(nn.Module):
    """Puts its results into memory that it made before: what that memory has seen is not followed."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = conv(3, 4, 3, padding=1), conv(4, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = torch.zeros(x.shape[0], 4, *x.shape[2:])
        y[:, :, ::2] = self.a(x)[:, :, ::2]
        out: Tensor = self.b(y)
        return out


def test_what_is_not_known_is_none() -> None:
    assert of(Written) is None
    assert of(lambda: nn.Sequential(nn.Linear(8, 4)), "8") is None
    assert of(lambda: Net(lambda x, a: a(x.roll(3, 2)), a=conv(3, 4, 3))) is None


def test_near_is_along_every_axis_and_up_to_what_sees_everything() -> None:
    image = (32, 32)
    now = ReceptiveField(size=(21, 10), image=image)
    assert now.is_near(ReceptiveField(size=(20, 12), image=image), 0.7, 1.5)
    assert not now.is_near(ReceptiveField(size=(21, 16), image=image), 0.7, 1.5)
    assert not ReceptiveField(size=(32, 10), image=image).is_near(now, 0.7, 1.5)
    whole = ReceptiveField(image=image)
    assert ReceptiveField(size=(999, 63), image=image).is_near(whole, 0.99, 1.01)
    assert not ReceptiveField(size=(63, 43), image=image).is_near(whole, 0.7, 1.5)
    # the same network, trained with smaller images at first
    assert ReceptiveField(size=(435, 435), image=(16, 16)).is_near(
        ReceptiveField(size=(435, 435), image=image), 0.7, 1.5
    )


def test_every_rule_is_of_an_op_that_is_described() -> None:
    """A name with a slip in it would never be met, and its op would lose the places."""
    assert sorted(set(RULES) - set(formulas())) == []
