"""Fourier transforms of small real and complex tensors."""

from __future__ import annotations

import torch

from tests.conformance.case import case, numbers, waves

aten = torch.ops.aten
LENGTHS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 20)


CASES = [
    *(case(aten._fft_c2c, waves(2, n), [1], 0, forward) for n in LENGTHS for forward in (True, False)),
    *(case(aten._fft_r2c, numbers(2, n), [1], 0, True) for n in LENGTHS),
    *(case(aten._fft_c2r, waves(2, n // 2 + 1), [1], 0, n) for n in LENGTHS),
    *(case(aten._fft_c2c, waves(3, 4, 6), [0, 2], normalization, True) for normalization in (1, 2)),
    *(case(aten._fft_r2c, numbers(3, 6, 4), [0, 2, 1], normalization, True) for normalization in (1, 2)),
    case(aten._fft_c2r, waves(3, 4, 5), [0, 1], 1, 6),
]
