"""Calls of the shaping family on small real tensors."""

from __future__ import annotations

import torch

from tests.conformance.case import case, numbers

aten = torch.ops.aten
x, image, volume = numbers(1, 2, 4), numbers(1, 2, 4, 5), numbers(1, 1, 3, 2, 4)

CASES = [
    *(case(packet, x, [6]) for packet in (aten.upsample_nearest1d, aten._upsample_nearest_exact1d)),
    *(case(packet, image, [8, 3]) for packet in (aten.upsample_nearest2d, aten._upsample_nearest_exact2d)),
    *(case(packet, volume, [6, 3, 4]) for packet in (aten.upsample_nearest3d, aten._upsample_nearest_exact3d)),
    *(
        case(packet, numbers(1, 2, 6), [6], [1, 2, 4])
        for packet in (aten.upsample_nearest1d_backward, aten._upsample_nearest_exact1d_backward)
    ),
    *(
        case(packet, numbers(1, 2, 8, 3), [8, 3], [1, 2, 4, 5])
        for packet in (aten.upsample_nearest2d_backward, aten._upsample_nearest_exact2d_backward)
    ),
    *(
        case(packet, numbers(1, 1, 6, 3, 4), [6, 3, 4], [1, 1, 3, 2, 4])
        for packet in (aten.upsample_nearest3d_backward, aten._upsample_nearest_exact3d_backward)
    ),
    *(case(aten.upsample_linear1d, x, [7], align) for align in (True, False)),
    *(case(aten.upsample_bilinear2d, image, [7, 3], align) for align in (True, False)),
    case(aten.upsample_bilinear2d, image, [8, 10], False, 2.0, 2.0),
    *(case(aten.upsample_bicubic2d, image, [7, 3], align) for align in (True, False)),
    case(aten.upsample_trilinear3d, volume, [5, 3, 2], False),
    case(aten._upsample_bilinear2d_aa, image, [2, 7], False),
    case(aten._upsample_bicubic2d_aa, image, [2, 3], False),
    case(aten.upsample_linear1d_backward, numbers(1, 2, 7), [7], [1, 2, 4], True),
    *(
        case(packet, numbers(1, 2, 7, 3), [7, 3], [1, 2, 4, 5], False)
        for packet in (
            aten.upsample_bilinear2d_backward,
            aten.upsample_bicubic2d_backward,
            aten._upsample_bilinear2d_aa_backward,
            aten._upsample_bicubic2d_aa_backward,
        )
    ),
    case(aten.upsample_trilinear3d_backward, numbers(1, 1, 5, 3, 2), [5, 3, 2], [1, 1, 3, 2, 4], False),
    case(aten.reflection_pad1d_backward, numbers(1, 2, 7), x, [1, 2]),
    case(aten.reflection_pad2d_backward, numbers(1, 2, 6, 8), image, [1, 2, 2, 0]),
    case(aten.replication_pad1d_backward, numbers(1, 2, 7), x, [1, 2]),
    case(aten.replication_pad2d_backward, numbers(1, 2, 6, 8), image, [1, 2, 2, 0]),
    case(aten.replication_pad3d_backward, numbers(1, 1, 4, 5, 7), volume, [1, 2, 2, 1, 0, 1]),
    case(aten.col2im, numbers(1, 8, 12), [4, 5], [2, 2], [1, 1], [0, 0], [1, 1]),
    case(aten.col2im, numbers(2, 4, 6), [4, 5], [2, 2], [1, 2], [1, 0], [2, 2]),
    case(aten.unfold_backward, numbers(4, 2, 3), [6, 2], 0, 3, 1),
    case(aten.unfold_backward, numbers(2, 2, 2), [7, 2], 0, 2, 3),
]
