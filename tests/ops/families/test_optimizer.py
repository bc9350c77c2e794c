"""Optimizers count as they execute in steady state; foreach and fused like the loop (COUNTING row 13)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.conformance.recording import Recorder

SHAPES = ((3, 4), (5,))
PARAMETERS, TENSORS = 17, 2


def second_step(optimizer: type[torch.optim.Optimizer], **options: Any) -> Recorder:
    """The calls of the second step; the first made the state."""
    generator = torch.Generator().manual_seed(0)
    parameters = [nn.Parameter(torch.randn(shape, generator=generator)) for shape in SHAPES]
    for parameter in parameters:
        parameter.grad = torch.randn(parameter.shape, generator=generator)
    instance = optimizer(parameters, **options)
    instance.step()
    with Recorder() as recorder:
        instance.step()
    assert not recorder.unknown
    return recorder


def operations(optimizer: type[torch.optim.Optimizer], **options: Any) -> int:
    return second_step(optimizer, **options).work().scalar_ops.total


@pytest.mark.parametrize(
    ("options", "per_parameter"),
    [
        ({}, 2),
        ({"momentum": 0.9}, 4),
        ({"momentum": 0.9, "weight_decay": 0.1}, 6),
        ({"momentum": 0.9, "nesterov": True}, 6),
        ({"momentum": 0.9, "dampening": 0.1}, 5),
    ],
)
@pytest.mark.parametrize("variant", [{"foreach": False}, {"foreach": True}, {"fused": True}])
def test_sgd(options: dict[str, Any], per_parameter: int, variant: dict[str, bool]) -> None:
    counted = operations(torch.optim.SGD, lr=0.1, **options, **variant)
    assert counted == per_parameter * PARAMETERS


# per parameter, and per tensor for the step that each tensor counts
WITH_FUSED = [
    (torch.optim.Adam, {}, 13, 1),
    (torch.optim.Adam, {"amsgrad": True}, 14, 1),
    (torch.optim.Adam, {"weight_decay": 0.1}, 15, 1),
    (torch.optim.Adam, {"maximize": True}, 14, 1),
    (torch.optim.AdamW, {}, 14, 1),
    (torch.optim.AdamW, {"amsgrad": True}, 15, 1),
    (torch.optim.Adagrad, {}, 7, 1),
    (torch.optim.Adagrad, {"weight_decay": 0.1, "lr_decay": 0.1}, 9, 1),
]


@pytest.mark.parametrize(("optimizer", "options", "per_parameter", "per_tensor"), WITH_FUSED)
@pytest.mark.parametrize("variant", [{"foreach": False}, {"foreach": True}, {"fused": True}])
def test_variants_count_the_same(
    optimizer: Any, options: Any, per_parameter: int, per_tensor: int, variant: dict[str, bool]
) -> None:
    counted = operations(optimizer, lr=0.1, **options, **variant)
    assert counted == per_parameter * PARAMETERS + per_tensor * TENSORS


WITH_FOREACH: list[tuple[Any, dict[str, Any]]] = [
    (torch.optim.RMSprop, {}),
    (torch.optim.RMSprop, {"centered": True, "momentum": 0.9, "weight_decay": 0.1}),
    (torch.optim.NAdam, {}),
    (torch.optim.NAdam, {"weight_decay": 0.1, "decoupled_weight_decay": True}),
    (torch.optim.Adadelta, {"weight_decay": 0.1}),
    (torch.optim.Adamax, {}),
    (torch.optim.Rprop, {}),
]


@pytest.mark.parametrize(("optimizer", "options"), WITH_FOREACH)
def test_foreach_counts_as_the_loop(optimizer: Any, options: dict[str, Any]) -> None:
    loop = operations(optimizer, foreach=False, **options)
    lists = operations(optimizer, foreach=True, **options)
    assert loop >= PARAMETERS
    assert lists == loop


@pytest.mark.parametrize("optimizer", [torch.optim.ASGD, torch.optim.RAdam])
def test_where_torch_executes_another_program_for_lists(optimizer: Any) -> None:
    # ASGD's and RAdam's foreach forms really do more than their loops; we count what is executed
    assert operations(optimizer, foreach=True) > operations(optimizer, foreach=False) >= PARAMETERS


@pytest.mark.parametrize("optimizer", [torch.optim.Adafactor])
def test_adafactor_is_counted(optimizer: Any) -> None:
    assert operations(optimizer, foreach=False) >= PARAMETERS


def clipped(clip: Callable[..., Any], *arguments: Any, **options: Any) -> int:
    parameters = [nn.Parameter(torch.ones(shape)) for shape in SHAPES]
    for parameter in parameters:
        parameter.grad = torch.ones_like(parameter)
    with Recorder() as recorder:
        clip(parameters, *arguments, **options)
    assert not recorder.unknown
    return recorder.work().scalar_ops.total


@pytest.mark.parametrize("foreach", [False, True])
def test_clip_by_norm(foreach: bool) -> None:
    # per tensor n squares, n − 1 adds, a root; their norm likewise; max/(norm + ε) is add, reciprocal,
    # multiply; min with 1; a multiply per parameter
    norms = sum(2 * n - 1 + 1 for n in (12, 5))
    assert clipped(nn.utils.clip_grad_norm_, 1.0, foreach=foreach) == norms + 4 + 4 + PARAMETERS


@pytest.mark.parametrize("foreach", [False, True])
def test_clip_by_value(foreach: bool) -> None:
    assert clipped(nn.utils.clip_grad_value_, 0.5, foreach=foreach) == 2 * PARAMETERS


def test_gradient_scaler() -> None:
    parameter = nn.Parameter(torch.ones(3, 4))
    optimizer = torch.optim.SGD([parameter], lr=0.1, foreach=False)
    scaler = torch.amp.GradScaler("cpu")

    def step() -> None:
        loss: Tensor = (parameter * 2).sum()
        optimizer.zero_grad()
        torch.autograd.backward(scaler.scale(loss))
        scaler.step(optimizer)
        scaler.update()

    step()
    with Recorder() as recorder:
        step()
    assert not recorder.unknown
    names = [name for name, _, _ in recorder.calls]
    assert "aten._amp_foreach_non_finite_check_and_unscale_" in names
    assert "aten._amp_update_scale_" in names
