"""Files that nobody may change."""

from __future__ import annotations

import hashlib
from pathlib import Path

from costmodel.contracts.checker import check_contract
from costmodel.contracts.contract import ContractSpec
from costmodel.ir.verdict import Finding, Outcome
from tests.contracts.conftest import Check, Submit


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def locked(**more: object) -> dict[str, object]:
    return {"locked": [{"rule": "l", "path": "lab2/profiler.py", "source": "x", **more}]}


def test_locked_files_by_digest(check: Check) -> None:
    digests = {"lab2/profiler.py": sha("x = 1\n")}
    assert check({"w/lab2/profiler.py": "x = 1\n"}, **locked(sha256=digests)).outcome is Outcome.PASS
    assert check({"w/lab2/profiler.py": "x = 1\r\n"}, **locked(sha256=digests)).outcome is Outcome.PASS
    exact = check({"w/lab2/profiler.py": "x = 1\r\n"}, **locked(sha256=digests, newlines="exact"))
    assert (exact.outcome, exact.because) == (Outcome.FAIL, "lab2/profiler.py is changed")


def test_locked_files_without_anything_to_compare(check: Check) -> None:
    assert "nothing to compare" in check({"a.py": "x"}, **locked(sha256={"lab2/profiler.py": "0" * 64})).because
    open_question = check({"lab2/profiler.py": "x"}, **locked())
    assert open_question.outcome is Outcome.UNDECIDED
    assert "give the organizers' folder" in open_question.because


def test_locked_folder_against_the_originals(submit: Submit, tmp_path: Path) -> None:
    spec = ContractSpec.model_validate({"locked": [{"rule": "l", "path": "simple_weight_stationary/", "source": "x"}]})
    originals = tmp_path / "originals" / "workspace" / "simple_weight_stationary"
    originals.mkdir(parents=True)
    (originals / "arch.yaml").write_bytes(b"a: 1\n")
    (originals / "map.yaml").write_bytes(b"b: 1\n")

    def finding(given: dict[str, str]) -> Finding:
        return check_contract(submit(given), spec, originals=tmp_path / "originals")[0]

    same = finding({f"simple_weight_stationary/{name}.yaml": f"{c}: 1\n" for name, c in (("arch", "a"), ("map", "b"))})
    assert (same.outcome, same.because) == (Outcome.PASS, "2 files as handed out")
    changed = finding({"simple_weight_stationary/arch.yaml": "a: 2\n", "simple_weight_stationary/own.yaml": ""})
    assert changed.outcome is Outcome.FAIL
    assert "arch.yaml is changed" in changed.because
    assert "own.yaml is new" in changed.because
