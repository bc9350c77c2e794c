"""Calls of the activation family on small real tensors."""

from __future__ import annotations

import torch

from tests.conformance.case import case, numbers, positive

aten = torch.ops.aten
x, g = 3 * numbers(3, 4), numbers(3, 4, seed=1)
w = positive(3, 4, seed=2)

CASES = [
    *(
        case(packet, x)
        for packet in (
            aten.relu,
            aten.relu_,
            aten.relu6,
            aten.hardtanh,
            aten.leaky_relu,
            aten.elu,
            aten.celu,
            aten.gelu,
            aten.silu,
            aten.mish,
            aten.softplus,
            aten.hardsigmoid,
            aten.hardswish,
            aten.hardshrink,
            aten.softshrink,
            aten.log_sigmoid_forward,
            aten.glu,
        )
    ),
    case(aten.glu, numbers(4, 3), 0),
    case(aten.gelu, x, approximate="tanh"),
    case(aten.elu, x, 1.6732632423543772, 1.0507009873554805),
    case(aten.celu, x, 1.5),
    case(aten.softplus, x, 2.0, 3.0),
    case(aten.threshold, x, 0.1, 0.2),
    case(aten._prelu_kernel, x, w),
    case(aten.rrelu_with_noise, x, torch.zeros_like(x)),
    case(aten.rrelu_with_noise, x, torch.zeros_like(x), training=True, values=False),  # random
    case(aten.threshold_backward, g, x, 0.0),
    case(aten.hardtanh_backward, g, x, -1.0, 1.0),
    case(aten.leaky_relu_backward, g, x, 0.01, False),
    case(aten._prelu_kernel_backward, g, x, w),
    case(aten.elu_backward, g, 1.2, 1.1, 0.9, False, x),
    case(aten.elu_backward, g, 1.0, 1.0, 1.0, False, x),
    case(aten.elu_backward, g, 1.2, 1.1, 0.9, True, x),
    case(aten.gelu_backward, g, x),
    case(aten.gelu_backward, g, x, approximate="tanh"),
    case(aten.silu_backward, g, x),
    case(aten.mish_backward, g, x),
    case(aten.sigmoid_backward, g, w),
    case(aten.tanh_backward, g, w),
    case(aten.softplus_backward, g, x, 1.0, 20.0),
    case(aten.softplus_backward, g, x, 2.0, 3.0),
    case(aten.hardsigmoid_backward, g, x, tolerance=1e-7),
    case(aten.hardswish_backward, g, 2 * x),
    case(aten.hardshrink_backward, g, x, 0.5),
    case(aten.softshrink_backward, g, x, 0.5),
    case(aten.log_sigmoid_backward, g, x, torch.exp(-x.abs())),
    case(aten.rrelu_with_noise_backward, g, x, w, 0.1, 0.3, True, False),
    case(aten.rrelu_with_noise_backward, g, x, w, 0.1, 0.3, False, False),
    case(aten.glu_backward, g, numbers(3, 8), 1),
    case(aten._softmax, x, 1, False),
    case(aten._safe_softmax, x, 1),
    case(aten._log_softmax, x, 0, False),
    case(aten._softmax_backward_data, g, torch.softmax(x, 1), 1, torch.float64),
    case(aten._log_softmax_backward_data, g, torch.log_softmax(x, 0), 0, torch.float64),
]
