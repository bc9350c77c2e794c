"""Columns of the closed form, the best and the others, against the evaluation of the mappings that they stand for.

A column promises its register's rest and its buffer's reuse, and no more than that: where loops of bound 1 let its
mapping reuse more, the mapping costs less, and is another column's. So a column is never below its mapping, and how
many are just their mapping's cost is recorded.
"""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from costmodel.mapping.cost.evaluate import evaluate
from costmodel.mapping.machine import Behaviour
from costmodel.mapping.problem import Problem
from costmodel.mapping.search.closed_form.arrangement import mapping_of
from costmodel.mapping.search.closed_form.buffer import holds, throttled
from costmodel.mapping.search.closed_form.candidates import batches
from costmodel.mapping.search.closed_form.depthwise_spreads import depthwise_spreads
from costmodel.mapping.search.closed_form.hierarchy import all_spreads
from costmodel.mapping.search.closed_form.shared_inputs import shared_axes
from tests.mapping.search.test_optimum import tightened

EACH = 3
"""Columns of a batch that are compared."""

LAYERS = (
    (Problem(C=6, M=4, R=3, S=2, N=2, P=4, Q=3, w_stride=2, h_dilation=2), (14, 9, 73), (15, 10, 71)),
    (Problem(C=34, M=18, N=2, P=2, Q=4, w_stride=2, h_stride=3), (18, 17, 241), (63, 102, 111)),
    (Problem(C=12, M=40, N=3), (11, 107, 89), (11, 107, 89)),
    (Problem(C=4, R=3, S=2, N=2, P=4, Q=3, w_stride=2, h_dilation=2, depthwise=True), (28, 6, 32), (39, 10, 17)),
    (Problem(C=17, R=2, S=1, P=6, Q=6, h_stride=2, depthwise=True), (19, 1, 28), (20, 1, 27)),
)
"""Layers, and how many of the columns that are met are just their mapping's cost, above it, and do not fit: B, D."""


@pytest.mark.parametrize(
    ("problem", "behaviour", "met"),
    [(layer, way, met) for layer, *found in LAYERS for way, met in zip(("B", "D"), found, strict=True)],
)
def test_a_column_is_what_its_mapping_costs(problem: Problem, behaviour: Behaviour, met: tuple[int, int, int]) -> None:
    machine = tightened(pad=16, buffer=100, bandwidth=2, behaviour=behaviour)
    dice, exact, above, outside = Random(1), 0, 0, 0
    if problem.depthwise:
        spreads = [spread for spread in depthwise_spreads(problem, machine) if not shared_axes(problem, spread)]
    else:
        spreads = [*all_spreads(problem, machine)]
    for spread in dice.sample(spreads, min(3, len(spreads))):
        for batch in batches(problem, machine, spread, lambda _: True):
            if dice.random() > 0.25:
                continue
            fits = holds(batch.setting, batch.splits, batch.used, batch.choice)
            cycles = throttled(batch.setting, batch.used, batch.choice)
            possible = np.flatnonzero(np.isfinite(batch.energy_pj))
            for column in dice.sample([*map(int, possible)], min(EACH, len(possible))):
                found = evaluate(problem, machine, mapping_of(problem, machine, batch.arrangement(column)))
                if not fits[column]:
                    outside += 1
                    assert behaviour == "B" or not found.valid  # what has no more than one round may be allowed under B
                    continue
                assert found.valid, found.because
                assert found.energy_pj <= batch.energy_pj[column] * (1 + 1e-12)
                assert found.cycles <= cycles[column]
                same = found.energy_pj >= batch.energy_pj[column] * (1 - 1e-12) and found.cycles == cycles[column]
                exact, above = exact + same, above + (not same)
    assert (exact, above, outside) == met
