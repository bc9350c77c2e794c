"""Sizes of files."""

from __future__ import annotations

from costmodel.ir.verdict import Outcome
from tests.contracts.conftest import Check


def test_sizes(check: Check) -> None:
    def rule(**more: object) -> dict[str, object]:
        return {"sizes": [{"rule": "s", "most_bytes": 5, "source": "x", **more}]}

    assert check({"a": "12345", "b": "12345"}, **rule()).outcome is Outcome.PASS
    together = check({"a": "12345", "b": "12345"}, **rule(together=True))
    assert (together.outcome, together.measured) == (Outcome.FAIL, 10)
    assert check({"a": "123456"}, **rule(any_of=["*.zip"])).because == "no file: 0 bytes"
