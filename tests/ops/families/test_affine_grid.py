from __future__ import annotations

import pytest
import torch

from costmodel.ops.families.affine_grid import affine_grid
from tests.ops.executed import check
from tests.ops.strategies import tensor


@pytest.mark.parametrize("align", [True, False])
@pytest.mark.parametrize("size", [(2, 4, 3, 2), (1, 1, 1, 5), (2, 3, 2, 3, 4)])
def test_formula_is_its_program(size: tuple[int, ...], align: bool) -> None:
    theta = tensor(size[0], len(size) - 2, len(size) - 1)
    call = {"theta": theta, "size": size, "align_corners": align}
    check(affine_grid, call, torch.ops.aten.affine_grid_generator(*call.values()))
