"""Conda environment files."""

from __future__ import annotations

import pytest

from costmodel.ir.verdict import Outcome
from tests.contracts.conftest import Check

ENVIRONMENT = "name: net\nchannels: [defaults]\ndependencies:\n  - python=3.10\n  - pip: [timm]\n"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"environment.yml": ENVIRONMENT}, None),
        ({"config.yaml": "lr: 1\n", "sub/env.YAML": ENVIRONMENT}, None),
        ({"a.txt": ENVIRONMENT}, "there is no *.yaml or *.yml"),
        ({"env.yaml": "name: net\ndependencies: []\n"}, "env.yaml: no channels; dependencies is empty"),
        ({"env.yaml": "- a\n"}, "env.yaml: not a mapping"),
        ({"env.yaml": "a: [*b\n"}, "env.yaml: not YAML"),
        ({"env.yaml": "[" * 10_000}, "env.yaml: not YAML"),
    ],
)
def test_environment(check: Check, given: dict[str, str], said: str | None) -> None:
    finding = check(given, environment=[{"rule": "e", "source": "x"}])
    assert finding.outcome is (Outcome.PASS if said is None else Outcome.FAIL)
    assert said is None or said in finding.because
