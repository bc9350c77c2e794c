"""A kind of contract rule, and a sign of something forbidden, are one module each: no other file is touched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from costmodel.contracts.contract import ContractSpec
from costmodel.contracts.contract_rule import ContractRule, rule_kinds
from costmodel.contracts.kinds.forbidden import SignRule
from costmodel.contracts.sign import known_signs

ROOT = Path(__file__).parents[2]

KIND = '''
"""The most files."""

from costmodel.contracts.contract_rule import ContractRule, Decision
from costmodel.ir.verdict import Outcome

ORDER = 15
SEVERAL = False


class CountRule(ContractRule):
    most: int


RULE = CountRule


def decide(rule, handed_in):
    count = len(handed_in.folder.files)
    outcome = Outcome.PASS if count <= rule.most else Outcome.FAIL
    return Decision(limit=f"<= {rule.most} files", outcome=outcome, because="counted", measured=count)
'''

SIGN = '''
"""Signs of a print."""

TITLE = "printing"


def signs(rule, handed_in):
    for part, names in handed_in.parts:
        yield part.place(1), "prints"
'''

CONTRACT = {
    "files": [{"rule": "code", "any_of": ["*.py"], "source": "s"}],
    "most_files": {"rule": "few", "most": 1, "source": "s"},
    "arguments": [{"rule": "call", "script": "main.py", "arguments": [], "source": "s"}],
    "forbidden": [{"rule": "quiet", "kind": "printing", "source": "s"}],
}


def test_a_new_kind_and_a_new_sign_are_checked(tmp_path: Path) -> None:
    for folder, name, text in (("kinds", "most_files", KIND), ("signs", "printing", SIGN)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{name}.py").write_text(text, encoding="utf-8")
    handed_in = tmp_path / "ada"
    handed_in.mkdir()
    for name in ("main.py", "more.py"):
        (handed_in / name).write_text("print(1)\n", encoding="utf-8")
    code = (
        "import json, sys\n"
        "from pathlib import Path\n"
        "from costmodel.contracts import kinds, signs\n"
        "kinds.__path__.append(sys.argv[1] + '/kinds'); signs.__path__.append(sys.argv[1] + '/signs')\n"
        "from costmodel.contracts.checker import check_contract\n"
        "from costmodel.contracts.contract import ContractSpec\n"
        "findings = check_contract(Path(sys.argv[1], 'ada'), ContractSpec.model_validate_json(sys.argv[2]))\n"
        "print(json.dumps([[f.rule, f.limit, f.measured, f.outcome.value] for f in findings]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), json.dumps(CONTRACT)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [
        ["code", "*.py", 2, "PASS"],
        ["few", "<= 1 files", 2, "FAIL"],
        ["call", "main.py", None, "PASS"],
        ["quiet", "no printing", 2, "UNDECIDED"],
    ]


def test_the_order_in_which_rules_are_checked() -> None:
    assert list(rule_kinds()) == [
        "files", "arguments", "environment", "tables", "names", "locked", "deadline", "team", "sizes", "forbidden",
    ]  # fmt: skip
    # the fields of a rulebook, and so its digest, are in the same order
    assert list(ContractSpec.model_fields) == list(rule_kinds())


def test_every_kind_keeps_the_protocol() -> None:
    kinds: dict[str, Any] = {**rule_kinds()}
    assert len({kind.ORDER for kind in kinds.values()}) == len(kinds)
    for kind in kinds.values():
        assert issubclass(kind.RULE, ContractRule)
        assert kind.RULE.__doc__


def test_every_sign_keeps_the_protocol() -> None:
    assert {name: sign.TITLE for name, sign in known_signs().items()} == {
        "network": "network use",
        "pretrained": "pretrained weights",
        "test_labels": "use of the test labels",
    }
    with pytest.raises(ValueError, match="'magic' is not a sign that can be looked for; known: network, pretrained"):
        SignRule(rule="r", source="s", kind="magic")
