"""Dense factorisations of small matrices."""

from __future__ import annotations

import torch

from tests.conformance.case import case, numbers

aten = torch.ops.aten
square, tall, wide, one = numbers(2, 4, 4), numbers(5, 3), numbers(3, 5), numbers(1, 1)
positive = square @ square.mT + torch.eye(4).double()
reflections, tau = aten.geqrf(tall)

CASES = [
    *(case(aten.linalg_lu_factor_ex, a) for a in (square, tall, wide, one)),
    case(aten._linalg_det, square),
    case(aten._linalg_det, one),
    case(aten._linalg_slogdet, square),
    *(case(aten.linalg_cholesky_ex, positive, upper=upper) for upper in (True, False)),
    *(case(aten.linalg_qr, a, mode) for a in (square, tall, wide, one) for mode in ("reduced", "complete", "r")),
    *(case(aten.geqrf, a) for a in (square, tall, wide)),
    case(aten.linalg_householder_product, reflections, tau),
    *(
        case(aten.ormqr, reflections, tau, numbers(*((5, 4) if left else (4, 5))), left, transpose)
        for left in (True, False)
        for transpose in (True, False)
    ),
]
