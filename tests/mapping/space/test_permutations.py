"""The permutation and split spaces: sizes, prefixes, the factorial number system."""

from __future__ import annotations

from itertools import permutations
from math import factorial

from costmodel.mapping.problem import CONVOLUTION, DEPTHWISE
from costmodel.mapping.space.factors import blocks_of
from costmodel.mapping.space.permutations import permutation_space, permuted, split_space
from tests.mapping.lab import simple_weight_stationary

LAB = simple_weight_stationary()
BLOCKS = blocks_of(LAB, LAB.constraints)
DEPTHWISE_BLOCKS = blocks_of(LAB, LAB.depthwise_constraints)


def test_unpruned_sizes_are_the_known_ones() -> None:
    assert permutation_space(BLOCKS, CONVOLUTION, None).size == 464573723443200000
    assert permutation_space(DEPTHWISE_BLOCKS, DEPTHWISE, None).size == 386983526400000


def test_dims_of_bound_one_are_pruned_but_for_a_user_split() -> None:
    ones = [[1] * 7 for _ in CONVOLUTION]
    space = permutation_space(BLOCKS, CONVOLUTION, ones)
    assert space.size == 120
    assert space.decode(0)[4] == (0, 1, 2, 3, 4, 5, 6)
    assert space.decode(1)[4] == (0, 1, 2, 3, 4, 6, 5)


def test_listed_dims_are_innermost() -> None:
    twos = [[2] * 7 for _ in CONVOLUTION]
    space = permutation_space(BLOCKS, CONVOLUTION, twos)
    names = "".join(CONVOLUTION[d] for d in space.decode(0)[3])
    assert names == "PQRSCMN"


def test_every_permutation_has_one_number() -> None:
    assert [permuted((0, 1, 2, 3), i) for i in range(factorial(4))] == list(permutations(range(4)))


def test_splits_of_a_depthwise_layer_leave_unit_dims_on_x() -> None:
    factors = [[1] * 7 for _ in DEPTHWISE]
    factors[0][4] = factors[4][4] = 4
    space = split_space(DEPTHWISE_BLOCKS[4], factors, 4)
    assert (space.first, space.size) == (4, 3)
    assert (split_space(BLOCKS[4], factors, 4).first, split_space(BLOCKS[4], factors, 4).size) == (1, 1)
