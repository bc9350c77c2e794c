"""The index-factorisation space: order, fixed factors, numbering."""

from __future__ import annotations

from itertools import product
from math import prod

from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.mapping.problem import Problem
from costmodel.mapping.space.factors import DimFactors, divisors, factorisations, fixed_factors
from costmodel.mapping.space.mapspace import mapspace_of
from tests.mapping.lab import simple_weight_stationary

LAB = simple_weight_stationary()


def test_sizes_of_known_layers() -> None:
    assert mapspace_of(Problem(C=84, M=10), LAB).factors.size == 375
    assert mapspace_of(Problem(C=3, M=6, R=5, S=5, P=28, Q=28), LAB).factors.size == 6400


def test_the_outermost_block_varies_slowest_and_divisors_come_in_pairs() -> None:
    assert factorisations(4, 2, {}) == ((4, 1), (1, 4), (2, 2))
    assert factorisations(6, 3, {1: 2}) == ((3, 2, 1), (1, 2, 3))


def test_a_factor_is_lowered_to_the_bound_or_dropped() -> None:
    assert fixed_factors(10, {1: 1, 4: 16}) == {1: 1, 4: 10}
    assert fixed_factors(84, {1: 1, 4: 16}) == {1: 1}


def test_after_a_drop_the_next_entry_is_not_examined() -> None:
    assert fixed_factors(6, {0: 4, 1: 5, 2: 3}) == {1: 5, 2: 3}


@settings(derandomize=True, deadline=None)
@given(bound=st.integers(1, 96), blocks=st.integers(1, 5))
def test_every_factorisation_is_there_once(bound: int, blocks: int) -> None:
    found = factorisations(bound, blocks, {})
    assert len(set(found)) == len(found)
    assert all(prod(factors) == bound for factors in found)
    assert set(divisors(bound)) == {factors[0] for factors in found} or blocks == 1


def test_numbers_decode_with_the_first_dim_fastest() -> None:
    factors = mapspace_of(Problem(C=48, M=32, P=4), LAB).factors
    assert [factors.decode(1)[0], factors.decode(1)[1]] == [factors.by_dim[0][1], factors.by_dim[1][0]]
    everything = {factors.decode(number) for number in range(factors.size)}
    assert len(everything) == factors.size


def test_a_factor_of_0_is_the_whole_bound() -> None:
    assert factorisations(6, 3, {1: 0}) == ((1, 6, 1),)
    assert fixed_factors(6, {0: 2, 1: 0}) == {0: 2}  # 2 · 6 does not divide 6


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.data())
def test_what_is_known_without_listing_is_what_the_list_says(data: st.DataObject) -> None:
    bound, blocks = data.draw(st.integers(1, 48), label="bound"), data.draw(st.integers(1, 5), label="blocks")
    pairs = st.dictionaries(st.integers(0, blocks - 1), st.integers(1, bound), max_size=3).map(lambda d: (*d.items(),))
    dim = DimFactors(bound=bound, blocks=blocks, given=data.draw(pairs), most=data.draw(pairs))
    kept = fixed_factors(bound, dict(dim.given))
    products = {prod(one) for one in dim.options}
    assert dim.combined or products.isdisjoint({bound})
    if not dim.combined:
        assert kept  # nothing else can lead elsewhere
        return
    assert products <= {bound}
    listed = [frozenset(one[b] for one in dim.options) for b in range(blocks)]
    assert list(dim.by_block) == listed
    assert set(dim.options) == {one for one in product(*listed) if prod(one) == bound}
    chosen = sorted(data.draw(st.sets(st.integers(0, blocks - 1))))
    taken = {tuple(n if b in chosen else 1 for b, n in enumerate(one)) for one in dim.options}
    assert dim.over(chosen) == sorted(taken)
