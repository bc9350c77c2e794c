"""The whole contract on a folder."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from pathlib import Path

import pytest

from costmodel.contracts.checker import check_contract
from costmodel.contracts.contract import ContractSpec
from costmodel.errors import RulebookError, SubjectError
from costmodel.ir.verdict import Outcome
from tests.contracts.conftest import Check, Submit, contract, files

LAB_NAME = "submission-0p4582-0p0616-131072-0227-224005.csv"


LAB2 = f"""\
contract:
  files:
    - {{rule: code, any_of: ["*.ipynb", "*.py"], on_failure: unranked, source: "Rules 3"}}
  tables:
    - rule: predictions
      any_of: ["submission-*.csv"]
      columns: [Id, Prediction]
      rows: 4
      ids: {{first: 0, last: 3}}
      values: {{first: 0, last: 9}}
      source: "the starter notebooks"
  names:
    - rule: file_name
      any_of: ["submission*.csv"]
      pattern: 'submission-(?P<energy>\\d+p\\d+)-(?P<latency>\\d+p\\d+)-(?P<act>\\d+(p\\d+)?)-\\d+-\\d+\\.csv'
      example: {LAB_NAME}
      claims:
        energy: {{metric: energy_mj, decimals: 4}}
        latency: {{metric: cycles, scale: 1000000, decimals: 4}}
        act: {{metric: peak_activation_bytes}}
      source: "the starter notebooks"
  deadline: {{rule: due, at: "2022-02-28 23:59", zone: America/New_York, source: "Due date"}}
"""


def test_a_contract_is_one_finding_per_rule_in_order(submit: Submit, tmp_path: Path) -> None:
    spec = contract(tmp_path, LAB2)
    folder = submit({"net.ipynb": '{"cells": []}', LAB_NAME: "Id,Prediction\n0,1\n1,9\n2,0\n3,3\n"})
    before = sorted(p.name for p in folder.iterdir())
    findings = check_contract(folder, spec, submitted_at=datetime(2022, 3, 1, 4, 59, 30, tzinfo=timezone.utc))
    assert [f.rule for f in findings] == ["code", "predictions", "file_name", "due"]
    assert {f.outcome for f in findings} == {Outcome.PASS}
    assert findings[1].measured == 4
    assert [f.consequence for f in findings] == ["unranked", "flag", "flag", "flag"]
    assert sorted(p.name for p in folder.iterdir()) == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("code, any_of", "code, any_off"), r"book.yaml:3: contract.files.0.any_off: unknown key; known: any_of"),
        (("first: 0, last: 9", "first: 9, last: 0"), "first 9 is more than last 0"),
        (("pattern: 'sub", "pattern: '(sub"), "pattern: "),
        (("energy: {", "power: {"), "the pattern has no group power"),
        (("America/New_York", "Atlantis/City"), "'Atlantis/City' is not a time zone; write AoE"),
        (("2022-02-28 23:59", "28 Feb"), "'28 Feb' is not a date and time"),
        (("rule: due", "rule: code"), "rule 'code' occurs twice"),
        ((f"example: {LAB_NAME}", "example: a.csv"), "does not match"),
    ],
)
def test_an_impossible_contract_says_where(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    assert change[0] in LAB2
    with pytest.raises(RulebookError, match=said):
        contract(tmp_path, LAB2.replace(*change))


def test_links_are_not_followed_and_said(submit: Submit, tmp_path: Path) -> None:
    outside = tmp_path / "outside.pdf"
    outside.write_text("secret", encoding="utf-8")
    folder = submit({"a.py": "x = 1\n"})
    (folder / "paper.pdf").symlink_to(outside)
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe.py")
    spec = ContractSpec.model_validate(
        {**files("*.pdf"), "forbidden": [{"rule": "n", "kind": "network", "source": "x"}]}
    )
    missing, network = check_contract(folder, spec)
    assert missing.outcome is Outcome.FAIL
    assert "is a link" in missing.because
    assert network.outcome is Outcome.UNDECIDED
    assert "paper.pdf is a link, which is not followed" in network.because


def test_names_cannot_steer_the_terminal(check: Check) -> None:
    finding = check({"a\x1b[31m.py": "import socket\n"}, forbidden=[{"rule": "n", "kind": "network", "source": "x"}])
    assert "a\\x1b[31m.py:1" in finding.because


def test_an_empty_folder_and_none(submit: Submit, tmp_path: Path) -> None:
    spec = ContractSpec.model_validate(files("main.py"))
    assert check_contract(submit({}), spec)[0].outcome is Outcome.FAIL
    with pytest.raises(SubjectError, match="not a folder"):
        check_contract(tmp_path / "gone", spec)
