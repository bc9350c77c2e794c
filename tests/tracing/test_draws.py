"""A random draw that decides something: other draws are tried, and what hangs on them is said with its line."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

import costmodel
from costmodel.ir.analysis import Analysis

Forward = Callable[["Net", torch.Tensor], torch.Tensor]
ONCE = 2 * 4 * 8 * 8
"""Products of the linear layer in forward and for the gradient of its weight, a batch of 4, 8 → 8."""


class Net(nn.Module):
    def __init__(self, then: Forward) -> None:
        super().__init__()
        self.layer = nn.Linear(8, 8)
        self.then = then

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.then(self, self.layer(x))


def analysed(then: Forward) -> Analysis:
    return costmodel.analyze(lambda: Net(then), input="8", batch=4)


def skipped(net: Net, x: torch.Tensor) -> torch.Tensor:
    if torch.rand([]) < 0.02:
        return x
    return x * 2


def dropped(net: Net, x: torch.Tensor) -> torch.Tensor:
    for _ in range(5):
        if torch.rand(1).item() >= 0.02:
            x = net.layer(x)
    return x


def chosen(net: Net, x: torch.Tensor) -> torch.Tensor:
    width = int(torch.randint(1, 9, (1,)))
    return x * x[:, :width].sum()


@pytest.mark.parametrize("then", [skipped, dropped, chosen])
def test_a_draw_that_changes_the_cost_makes_it_at_least(then: Forward) -> None:
    analysis = analysed(then)
    assert not analysis.totals.complete
    (why,) = analysis.varies
    assert "it draws random numbers" in why.what
    assert why.where.startswith("test_draws.py:")
    assert analysis.totals.macs.step == ONCE  # the least: nothing is kept


def either(net: Net, x: torch.Tensor) -> torch.Tensor:
    return x * 3 if torch.rand(1).item() < 0.5 else x * 2


def size_of_one(net: Net, x: torch.Tensor) -> torch.Tensor:
    """As torchvision's detection picks one of its sizes, of which there is one."""
    return x * [2, 3][int(torch.empty(1).uniform_(0.0, 1.0).item())]


def noise(net: Net, x: torch.Tensor) -> torch.Tensor:
    return x + torch.randn(4, 8)


@pytest.mark.parametrize("then", [either, size_of_one, noise])
def test_a_draw_that_changes_no_cost_says_nothing(then: Forward) -> None:
    analysis = analysed(then)
    assert analysis.totals.complete
    assert analysis.totals.macs.step == ONCE


def test_a_value_of_the_construction_is_no_draw_of_the_step() -> None:
    """What a buffer got at random is the model's, and another one each time it is built."""

    class Buffered(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(8, 8)
            self.register_buffer("noise", torch.rand(1))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y: torch.Tensor = self.layer(x)
            return y if self.noise.item() < 0.5 else y * 2  # type: ignore[operator]

    with pytest.raises(costmodel.errors.TraceError, match="asks for a tensor's value"):
        costmodel.analyze(Buffered, input="8", batch=4)


@pytest.mark.parametrize(("name", "is_another"), [("seed", True), ("seed_", True), ("_seed", False)])
def test_what_a_model_keeps_for_itself_may_be_drawn_and_what_it_shows_may_not(name: str, is_another: bool) -> None:
    class Drawn(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(8, 8)
            setattr(self, name, int(torch.randint(0, 10**9, (1,))))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y: torch.Tensor = self.layer(x)
            return y

    if is_another:
        with pytest.raises(costmodel.errors.SubjectError, match="another one each time it is built"):
            costmodel.analyze(Drawn, input="8", batch=4)
    else:
        assert costmodel.analyze(Drawn, input="8", batch=4).totals.macs.step == ONCE


class Parametrized(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.utils.parametrizations.weight_norm(nn.Linear(6, 4, bias=False))
        self.scale = float(self.layer.weight.detach().norm())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.mul(self.layer(x), self.scale)


def test_a_parametrized_layer_is_the_same_with_another_draw() -> None:
    """Each has a class of its own, of one name."""
    analysis = costmodel.analyze(Parametrized, input="6")
    assert (analysis.totals.parameters, analysis.totals.macs.forward) == (6 * 4 + 4, 6 * 4)
