"""The numbers in the formulas' docstrings are right (pytest does not look into formula objects)."""

from __future__ import annotations

import doctest
import sys

import pytest

from costmodel.ops import formulas
from costmodel.ops.formula import Formula
from costmodel.ops.pointwise import PointwiseFormula

FORMULAS = {entry.work.__name__: entry for entry in formulas().values() if not isinstance(entry, PointwiseFormula)}


@pytest.mark.parametrize("entry", FORMULAS.values(), ids=FORMULAS)
def test_docstring(entry: Formula) -> None:
    module = sys.modules[entry.work.__module__]
    finder = doctest.DocTestFinder(recurse=False)
    runner = doctest.DocTestRunner(verbose=False)
    for test in finder.find(entry.work, entry.names[0], module=module, globs=dict(vars(module))):
        assert runner.run(test).failed == 0
