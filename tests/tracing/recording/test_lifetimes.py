"""A storage's life ends when its last tensor goes; nothing here keeps it alive."""

from __future__ import annotations

import torch

from costmodel.ir.tensor import Role
from costmodel.ir.trace import Phase
from costmodel.tracing.recording.lifetimes import Lifetimes
from tests.tracing.networks import Small, cross_entropy, small


def test_a_view_shares_the_number_and_keeps_the_storage_alive() -> None:
    lifetimes = Lifetimes()
    base = torch.ones(4, 4)
    number = lifetimes.number(base, Role.ACTIVATION)
    view = base[1:]
    assert lifetimes.number(view, Role.TEMPORARY) == number
    del base
    assert lifetimes.lives[number].died is None
    lifetimes.now = (0, 7)
    del view
    assert lifetimes.lives[number].died == (0, 7)
    assert (lifetimes.lives[number].nbytes, lifetimes.lives[number].role) == (64, Role.ACTIVATION)


def test_an_address_used_again_is_a_new_storage() -> None:
    lifetimes = Lifetimes()
    numbers = []
    for _ in range(20):
        tensor = torch.ones(4)
        numbers.append(lifetimes.number(tensor, Role.TEMPORARY))
        del tensor
    assert numbers == list(range(20))
    assert all(life.died is not None for life in lifetimes.lives)


def test_deaths_after_the_step_are_not_noted() -> None:
    lifetimes = Lifetimes()
    tensor = torch.ones(4)
    number = lifetimes.number(tensor, Role.TEMPORARY)
    lifetimes.forget()
    del tensor
    assert lifetimes.lives[number].died is None


def test_what_a_step_leaves_behind() -> None:
    trace = small(optimizer="adamw")
    for storage in trace.storages:
        if storage.role in (Role.PARAMETER, Role.BUFFER, Role.OPTIMIZER_STATE, Role.INPUT):
            assert (storage.born, storage.died) == (-1, None)
        elif storage.role is Role.GRADIENT:
            assert storage.born >= 0
            assert storage.died is None
        else:
            assert storage.died is not None


def test_an_activation_dies_in_backward_and_a_temporary_at_once() -> None:
    trace = small()
    convolution = next(c for c in trace.calls if c.packet == "aten.convolution")
    assert convolution.outputs[0] is not None
    saved = trace.storages[trace.tensors[convolution.outputs[0]].storage]
    assert saved.died is not None
    assert trace.calls[saved.died - 1].phase is Phase.BACKWARD


def test_a_tensor_that_the_step_keeps_outlives_it() -> None:
    kept = []

    def step(model: Small, optimizer: torch.optim.Optimizer, batch: tuple[torch.Tensor]) -> None:
        loss = cross_entropy(model(batch[0]))
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()
        kept.append(loss.detach())

    trace = small(step=step)
    alive = [s for s in trace.storages if s.died is None and s.role is Role.ACTIVATION]
    assert [(s.nbytes, s.born == -1) for s in alive] == [
        (4, True),
        (4, False),
    ]  # the warm-up's loss and this one's
