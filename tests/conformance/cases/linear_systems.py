"""Linear systems of small matrices, real and complex."""

from __future__ import annotations

from collections.abc import Callable

import torch

from tests.conformance.case import Case, case, numbers, waves

aten = torch.ops.aten
BOTH = (True, False)


def cases(numbers: Callable[..., torch.Tensor]) -> list[Case]:
    """Of real or of complex matrices."""
    square, right, row = numbers(2, 4, 4), numbers(2, 4, 3), numbers(2, 3, 4)
    positive = square @ square.mH + torch.eye(4).double()
    low, high = positive.tril(), positive.triu()
    factor = torch.linalg.cholesky(positive)
    lu, pivots, _ = aten.linalg_lu_factor_ex(square)
    return [
        *(
            case(
                aten.linalg_solve_triangular,
                high if u else low,
                right if l else row,
                upper=u,
                left=l,
                unitriangular=unit,
            )
            for u in BOTH
            for l in BOTH
            for unit in BOTH
        ),
        *(
            case(aten.triangular_solve, right, high if u else low, u, t, unit)
            for u in BOTH
            for t in BOTH
            for unit in BOTH
        ),
        *(case(aten.linalg_lu_solve, lu, pivots, right if l else row, left=l, adjoint=a) for l in BOTH for a in BOTH),
        case(aten._linalg_solve_ex, square, right),
        case(aten._linalg_solve_ex, square, row, left=False),
        case(aten._linalg_solve_ex, square, numbers(2, 4)),
        case(aten.linalg_inv_ex, square),
        case(aten.cholesky_solve, right, factor),
        case(aten.cholesky_solve, right, factor.mH.contiguous(), True),
        *(case(aten.cholesky_inverse, factor.mH.contiguous() if upper else factor, upper) for upper in BOTH),
        *(
            case(aten.linalg_lstsq, numbers(*shape), numbers(shape[0], *columns), driver="gels")
            for shape in ((5, 3), (3, 5), (3, 3))
            for columns in ((2,), (1,))
        ),
    ]


CASES = [*cases(numbers), *cases(waves)]
