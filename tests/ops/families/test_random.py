"""Dropout: random 1, compare 1, mask 1, scale 1 (COUNTING row 14)."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from costmodel.ir.tensor import TensorMeta
from costmodel.ops.families.elementwise import native_dropout_backward
from costmodel.ops.families.random import native_dropout
from tests.conformance.recording import Recorder

ELEMENTS = 24


def test_dropout_as_the_cpu_runs_it() -> None:
    x = torch.ones(2, 3, 4, requires_grad=True)
    with Recorder() as forward:
        y = F.dropout(x, 0.3)
    work = forward.work().scalar_ops
    assert (work.random, work.total) == (ELEMENTS, 4 * ELEMENTS)
    with Recorder() as backward:
        torch.autograd.grad(y, x, torch.ones_like(y))
    # the CPU keeps the scaled mask: one multiply
    assert backward.work().scalar_ops.total == ELEMENTS


def test_native_dropout() -> None:
    x = TensorMeta((2, 3, 4))
    arguments = {"input": x, "p": 0.3, "train": True}
    assert native_dropout(arguments, (x, x)).scalar_ops.total == 4 * ELEMENTS
    arguments = {"grad_output": x, "mask": TensorMeta((2, 3, 4), "bool"), "scale": 1 / 0.7}
    assert native_dropout_backward(arguments, x).scalar_ops.total == 2 * ELEMENTS
