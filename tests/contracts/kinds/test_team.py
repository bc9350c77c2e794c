"""The number of solutions of a team."""

from __future__ import annotations

import pytest

from costmodel.contracts.checker import check_contract
from costmodel.contracts.contract import ContractSpec
from costmodel.ir.verdict import Outcome
from tests.contracts.conftest import Submit


@pytest.mark.parametrize(("solutions", "outcome"), [(2, Outcome.PASS), (3, Outcome.FAIL), (None, Outcome.UNDECIDED)])
def test_solutions_of_a_team(submit: Submit, solutions: int | None, outcome: Outcome) -> None:
    spec = ContractSpec.model_validate({"team": {"rule": "t", "most": 2, "source": "x"}})
    assert check_contract(submit({}), spec, team_solutions=solutions)[0].outcome is outcome
