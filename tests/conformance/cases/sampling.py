"""Calls that sample an image at given places, on small real tensors; some places lie outside."""

from __future__ import annotations

import torch

from tests.conformance.case import case, numbers

aten = torch.ops.aten
image, grid = numbers(2, 2, 4, 5), numbers(2, 3, 2, 2)
volume, cloud = numbers(1, 2, 3, 4, 2), numbers(1, 2, 2, 1, 3)
PADDINGS = (0, 1, 2)
BOTH = [True, True]

HERE = torch.zeros(1, 3, 2, 2).double()
"""One place for all samples."""
ONE = numbers(1, 2, 3, 3)
CASES = [
    *(case(aten.grid_sampler_2d, image, grid, mode, pad, a) for mode in (0, 1, 2) for pad in PADDINGS for a in (0, 1)),
    *(case(aten.grid_sampler_3d, volume, cloud, mode, pad, a) for mode in (0, 1) for pad in PADDINGS for a in (0, 1)),
    *(
        case(aten.grid_sampler_2d_backward, numbers(2, 2, 3, 2), image, grid, mode, pad, a, BOTH, exact=False)
        for mode in (0, 1, 2)
        for pad in PADDINGS
        for a in (0, 1)
    ),
    *(
        case(aten.grid_sampler_3d_backward, numbers(1, 2, 2, 2, 1), volume, cloud, mode, pad, a, BOTH, exact=False)
        for mode in (0, 1)
        for pad in PADDINGS
        for a in (0, 1)
    ),
    # where all samples meet, the gradient's adds are those of the formula
    case(aten.grid_sampler_2d_backward, numbers(1, 2, 1, 1), ONE, HERE[:, :1, :1], 1, 0, 1, BOTH),
    case(aten.grid_sampler_2d_backward, numbers(1, 2, 3, 2), ONE, HERE, 1, 0, 1, BOTH),
    case(aten.grid_sampler_2d_backward, numbers(2, 2, 3, 2), image, grid, 0, 0, False, [False, True]),
]
