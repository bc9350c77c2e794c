"""Deformable convolution against samples of ``F.grid_sample`` and autograd: torch itself has no such op."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from costmodel.ops.families.convolution import convolution
from costmodel.ops.families.deformable import deform_conv2d, deform_conv2d_backward
from tests.ops.executed import counted, meta, run, same
from tests.ops.strategies import quick, sizes, tensor


def reference(tensors: list[torch.Tensor], call: dict[str, Any]) -> torch.Tensor:
    """Each tap sampled apart, with zeros around the image, then one product."""
    x, weight, offset, mask, bias = tensors
    n, c, h, w = x.shape
    (r, s), (p, q), og = weight.shape[2:], offset.shape[2:], call["offset_groups"]
    offset = offset.reshape(n, og, r * s, 2, p, q)
    samples = []
    for tap in range(r * s):
        y0 = torch.arange(p) * call["stride_h"] - call["pad_h"] + tap // s * call["dilation_h"]
        x0 = torch.arange(q) * call["stride_w"] - call["pad_w"] + tap % s * call["dilation_w"]
        ys, xs = y0[:, None] + offset[:, :, tap, 0], x0 + offset[:, :, tap, 1]
        grid = torch.stack([(xs + 0.5) * 2 / w - 1, (ys + 0.5) * 2 / h - 1], -1).flatten(0, 1)
        sampled = F.grid_sample(x.reshape(n * og, c // og, h, w), grid, align_corners=False)
        if call["use_mask"]:
            sampled = sampled * mask.reshape(n * og, 1, r * s, p, q)[:, :, tap]
        samples.append(sampled.reshape(n, c, p, q))
    columns = torch.stack(samples, 2).reshape(n, c * r * s, p * q)
    unfolded = columns.reshape(n, call["groups"], -1, p * q)
    product = torch.einsum("ngkp,gmk->ngmp", unfolded, weight.reshape(call["groups"], -1, unfolded.shape[2]))
    return product.reshape(n, -1, p, q) + bias.reshape(-1, 1, 1)


@st.composite
def calls(draw: st.DrawFn) -> tuple[list[torch.Tensor], dict[str, Any]]:
    groups, offset_groups, use_mask = draw(st.integers(1, 2)), draw(st.integers(1, 2)), draw(st.booleans())
    n, m, p, q, r, s = (draw(st.integers(1, 2)) for _ in range(6))
    h, w = draw(sizes), draw(sizes)
    steps = {f"{name}_{axis}": draw(st.integers(low, 2)) for name, low in _STEPS for axis in "hw"}
    tensors = [
        tensor(n, 2 * groups, h, w),
        tensor(m * groups, 2, r, s, seed=1),
        tensor(n, offset_groups * 2 * r * s, p, q, seed=2),
        tensor(n, offset_groups * r * s, p, q, seed=3),
        tensor(m * groups, seed=4),
    ]
    return tensors, {**steps, "groups": groups, "offset_groups": offset_groups, "use_mask": use_mask}


_STEPS = (("stride", 1), ("pad", 0), ("dilation", 1))
NAMES = ("input", "weight", "offset", "mask", "bias")


@quick
@given(calls())
def test_formulas_are_their_programs_and_the_programs_are_the_convolution(made: Any) -> None:
    tensors, call = made
    tensors = [t.requires_grad_() for t in tensors]
    expected = reference(tensors, call)
    arguments = {**dict(zip(NAMES, tensors, strict=True)), **call}
    result, tally, macs = run(deform_conv2d, arguments)
    same(result, expected)
    work = counted(deform_conv2d, arguments, expected)
    assert (work.scalar_ops, work.macs) == (tally.scalar_ops(), macs)
    grad = tensor(*expected.shape, seed=5)
    wanted = torch.autograd.grad(expected, tensors, grad, allow_unused=True)
    result, tally, macs = run(deform_conv2d_backward, {"grad": grad, **arguments})
    same(result, wanted)
    work = counted(deform_conv2d_backward, {"grad": grad, **arguments})
    executed = tally.scalar_ops()
    assert work.macs == macs
    assert (work.scalar_ops.multiply, work.scalar_ops.transcendental) == (executed.multiply, executed.transcendental)
    assert work.scalar_ops.add >= executed.add  # which samples meet in the image is data


def test_the_gradient_of_samples_that_all_meet_is_exact() -> None:
    x, w, offset, bias = tensor(1, 2, 1, 3), tensor(3, 2, 1, 1), torch.zeros(1, 2, 1, 3).double(), tensor(3)
    offset[0, 0] = 0.5  # all samples of a row between it and the padding: two of their four taps lie outside
    offset[0, 1] = torch.tensor([0.5, -0.5, -1.5])
    arguments = {**dict(zip(NAMES, (x, w, offset, offset, bias), strict=True)), **_PLAIN}
    arguments["grad"] = tensor(1, 3, 1, 3)
    _, tally, _ = run(deform_conv2d_backward, arguments)
    outside, touched = 2 * 2 * 3, 2 * 2
    known = counted(deform_conv2d_backward, arguments).scalar_ops.add
    assert known - tally.scalar_ops().add == outside + touched - 2  # the formula: all but one of a channel are added


_PLAIN = {**{f"{n}_{a}": low for n, low in _STEPS for a in "hw"}, "groups": 1, "offset_groups": 1, "use_mask": False}


def test_its_multiply_accumulates_are_those_of_the_convolution() -> None:
    x, w, y = meta(tensor(2, 8, 9, 9)), meta(tensor(6, 4, 3, 3)), meta(tensor(2, 6, 9, 9))
    offset = meta(tensor(2, 18, 9, 9))
    plain = convolution.work(x, w, None, (1, 1), (1, 1), (1, 1), False, 2, y)
    assert deform_conv2d.work(x, w, offset, 2, 1, True, y).macs == plain.macs
    assert deform_conv2d_backward.work(y, x, w, offset, 2, 1, True).macs == 2 * plain.macs
