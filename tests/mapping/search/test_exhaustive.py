"""Enumeration: how many nests there are, and the sizes at which it is not begun or given up."""

from __future__ import annotations

from math import inf

import pytest

from costmodel.mapping.machine import LoopConstraint
from costmodel.mapping.objective import ENERGY
from costmodel.mapping.problem import Problem
from costmodel.mapping.search import exhaustive as enumeration
from costmodel.mapping.search.exhaustive import FACTORISATIONS, FREE_PAIRS, NESTS, exhaustive, exhaustive_front
from costmodel.mapping.space.bypasses import bypass_space
from costmodel.mapping.space.mapspace import mapspace_of
from tests.mapping.machines import grid, stack

LAYER = Problem(C=4, M=2)
ROWS = (LoopConstraint(target="fan", spatial=True, factors=(("C", 1),)),)


def test_it_gives_up_after_so_many_nests() -> None:
    # M in one of 4 blocks, C = 4 over three of them in 6 ways; C and M in the buffer or in the store have two orders
    # each (3 + 3 more), and M on the fan lies along X or along Y (6 more): 36 nests
    machine = stack("D", pad=6, buffer=20, loops=ROWS)
    assert exhaustive_front(LAYER, machine, 36) is not None
    assert exhaustive_front(LAYER, machine, 35) is None
    # with M on the fan there are 4 iterations (7 cycles at the buffer's bandwidth), else 8: 12 nests are enough
    assert exhaustive(LAYER, machine, 12) is not None
    assert exhaustive(LAYER, machine, 11) is None


def test_what_is_too_large_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (NESTS, FACTORISATIONS, FREE_PAIRS) == (2000, 20_000, 8)
    machine = stack("D", pad=6, buffer=20, free=True, loops=ROWS)
    assert mapspace_of(LAYER, machine).factors.size == 24
    assert len(bypass_space(machine, machine.constraints).free) == 3
    for limit, at, below in (("FACTORISATIONS", 24, 23), ("FREE_PAIRS", 3, 2)):
        with monkeypatch.context() as patch:
            patch.setattr(enumeration, limit, at)
            assert exhaustive_front(LAYER, machine) is not None
            patch.setattr(enumeration, limit, below)
            assert exhaustive_front(LAYER, machine) is None
    assert exhaustive_front(Problem(C=2), grid(free=True)) is None  # 9 free pairs


def test_where_nothing_fits_there_is_a_proof_of_that() -> None:
    found = exhaustive(Problem(P=3, R=2), stack("D", pad=0), inf, ENERGY)
    assert found is not None
    assert (found.mapping, found.proven) == (None, True)
    assert found.evaluation.because == "no mapping: none of the constrained mapspace is valid"
