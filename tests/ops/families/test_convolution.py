from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from costmodel.ir.tensor import TensorMeta
from costmodel.ops.families.convolution import convolution, convolution_backward, convolution_nest, mkldnn_convolution
from costmodel.ops.nest_program import touched
from tests.ops.executed import check
from tests.ops.strategies import ConvolutionCase, convolutions, quick, tensor

aten = torch.ops.aten


@quick
@given(convolutions())
def test_forward_is_its_program(case: ConvolutionCase) -> None:
    x, w, b = case.tensors()
    check(convolution, {"input": x, "weight": w, "bias": b, **case.settings}, case.forward())


@quick
@given(convolutions(), st.tuples(st.booleans(), st.booleans(), st.booleans()))
def test_backward_is_its_program(case: ConvolutionCase, mask: tuple[bool, bool, bool]) -> None:
    x, w, _ = case.tensors()
    dy = tensor(*case.forward().shape, seed=4)
    arguments = {"grad_output": dy, "input": x, "weight": w, "bias_sizes": [case.channels], **case.settings}
    expected = aten.convolution_backward(*arguments.values(), mask)
    check(convolution_backward, {**arguments, "output_mask": mask}, expected)


@quick
@given(convolutions().filter(lambda case: not case.transposed))
def test_onednn_is_the_same(case: ConvolutionCase) -> None:
    x, w, b = case.tensors()
    check(mkldnn_convolution, {"self": x, "weight": w, "bias": b, **case.settings}, case.forward())


@pytest.mark.parametrize(
    ("input", "weight", "output", "operations"),
    [
        ((1, 3, 32, 32), (6, 3, 5, 5), (1, 6, 28, 28), 705_600),
        ((1, 6, 14, 14), (16, 6, 5, 5), (1, 16, 10, 10), 480_000),
        ((4, 6, 14, 14), (16, 6, 5, 5), (4, 16, 10, 10), 1_920_000),
    ],
)
def test_lenet_forward(
    input: tuple[int, ...], weight: tuple[int, ...], output: tuple[int, ...], operations: int
) -> None:
    bias = TensorMeta(weight[:1])
    metas = TensorMeta(input), TensorMeta(weight), bias
    work = convolution.work(*metas, (1, 1), (0, 0), (1, 1), False, 1, TensorMeta(output))
    assert work.scalar_ops.total == operations


@pytest.mark.parametrize(
    ("output", "input", "weight", "mask", "operations"),
    [
        ((1, 16, 10, 10), (1, 6, 14, 14), (16, 6, 5, 5), (False, True, False), 477_600),
        ((1, 16, 10, 10), (1, 6, 14, 14), (16, 6, 5, 5), (False, False, True), 1_584),
        ((1, 16, 10, 10), (1, 6, 14, 14), (16, 6, 5, 5), (True, False, False), 478_824),
        ((1, 6, 28, 28), (1, 3, 32, 32), (6, 3, 5, 5), (False, True, False), 705_150),
        ((1, 6, 28, 28), (1, 3, 32, 32), (6, 3, 5, 5), (False, False, True), 4_698),
    ],
)
def test_lenet_backward(
    output: tuple[int, ...],
    input: tuple[int, ...],
    weight: tuple[int, ...],
    mask: tuple[bool, bool, bool],
    operations: int,
) -> None:
    metas = TensorMeta(output), TensorMeta(input), TensorMeta(weight)
    work = convolution_backward.work(*metas, (1, 1), (0, 0), (1, 1), False, 1, mask)
    assert work.scalar_ops.total == operations


def test_stride_beyond_the_kernel_leaves_inputs_untouched() -> None:
    nest = convolution_nest((1, 1, 3), (1, 1, 1), (3,), (0,), (1,), 1, "Inputs")
    assert touched(nest, (1, 1, 9)) == 3


def test_groups_and_three_dimensions_are_dims_of_their_own() -> None:
    nest = convolution_nest((2, 6, 4, 5, 6), (6, 1, 3, 2, 1), (2, 1, 1), (1, 0, 0), (1, 3, 1), 3, "Outputs")
    assert str(nest) == (
        "Outputs[n, 2g+m, d, p, q] += Inputs[n, g+c, 2d+t-1, p+3r, q+s] * Weights[2g+m, c, t, r, s]"
        "  for N=2 G=3 M=2 C=1 D=4 P=5 Q=6 T=3 R=2 S=1"
    )


def test_the_touched_inputs_of_a_long_signal_are_found_quickly() -> None:
    nest = convolution_nest((1, 1, 500_000), (1, 1, 400), (2,), (7,), (3,), 1, "Inputs")
    assert touched(nest, (1, 1, 1_001_183)) == 1_001_183
