from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.cli.conftest import Run

LENET = "examples/zoo/lenet.py:LeNet5"


@pytest.mark.parametrize(
    ("facts", "code", "outcome"),
    [
        ((), 2, "UNDECIDED"),
        (("--fact", "error_rate=21.7"), 0, "PASS"),
        (("--fact", "error_rate=50"), 1, "FAIL"),
        (("--fact", "accuracy=78.3%"), 0, "PASS"),
    ],
)
def test_exit_codes(run: Run, facts: tuple[str, ...], code: int, outcome: str) -> None:
    result = run("check", LENET, "--rules", "mit-lab2-2022", *facts, "--format", "json")
    assert result.returncode == code, result.stderr
    data = json.loads(result.stdout)
    assert data["schema"] == "costmodel.verdict/1"
    assert (data["rulebook"], data["outcome"]) == ("mit-lab2-2022", outcome)
    assert {"rule", "measured", "limit", "unit", "outcome", "because"} <= set(data["findings"][0])
    assert {"points", "metric"} <= set(data)


def test_verdicts_as_text(run: Run, golden: Callable[[str, str], None]) -> None:
    lab = ("--fact", "error_rate=20", "--fact", "energy=0.12881117", "--fact", "latency=31358")
    golden("lenet.lab2.text", run("check", LENET, "--rules", "mit-lab2-2022", *lab).stdout)
    haet = ("--samples", "50000", "--epochs", "10", "--batch", "128", "--fact", "accuracy=93")
    golden("lenet.haet.text", run("check", LENET, "--rules", "haet-2021", *haet).stdout)


def test_rules_and_ops_and_crosscheck(run: Run, golden: Callable[[str, str], None]) -> None:
    golden("rules.text", run("rules").stdout)
    golden("rules.mit-lab2-2022.text", run("rules", "mit-lab2-2022").stdout)
    assert "convention haet, edition 1" in run("ops").stdout
    program = run("ops", "log_softmax").stdout
    assert "scalar program" in program
    assert "5C" in program or "5" in program
    golden("lenet.crosscheck.text", run("crosscheck", LENET).stdout)
