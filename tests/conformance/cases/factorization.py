"""Dense factorisations of small matrices, real and complex."""

from __future__ import annotations

from collections.abc import Callable

import torch

from tests.conformance.case import Case, case, numbers, waves

aten = torch.ops.aten
BOTH = (True, False)


def cases(numbers: Callable[..., torch.Tensor]) -> list[Case]:
    """Of real or of complex matrices."""
    square, tall, wide, one = numbers(2, 4, 4), numbers(5, 3), numbers(3, 5), numbers(1, 1)
    positive = square @ square.mH + torch.eye(4).double()
    reflections, tau = aten.geqrf(tall)
    return [
        *(case(aten.linalg_lu_factor_ex, a) for a in (square, tall, wide, one)),
        case(aten._linalg_det, square),
        case(aten._linalg_det, one),
        case(aten._linalg_slogdet, square),
        *(case(aten.linalg_cholesky_ex, positive, upper=upper) for upper in BOTH),
        *(case(aten.linalg_qr, a, mode) for a in (square, tall, wide, one) for mode in ("reduced", "complete", "r")),
        *(case(aten.geqrf, a) for a in (square, tall, wide)),
        case(aten.linalg_householder_product, reflections, tau),
        *(
            case(aten.ormqr, reflections, tau, numbers(*((5, 4) if left else (4, 5))), left, transpose)
            for left in BOTH
            for transpose in BOTH
        ),
    ]


CASES = [*cases(numbers), *cases(waves)]
