"""Files that have to be there."""

from __future__ import annotations

from costmodel.ir.verdict import Outcome
from tests.contracts.conftest import Check, files


def test_required_files(check: Check) -> None:
    assert check({"docs/Paper.PDF": "x"}, **files("*.pdf")).because == "docs/Paper.PDF"
    assert check({"a.txt": "x"}, **files("*.pdf")).outcome is Outcome.FAIL
    empty = check({"main.pdf": ""}, **files("main.pdf"))
    assert (empty.outcome, empty.because) == (Outcome.FAIL, "0 found; main.pdf is empty")
    assert check({"a.py": "x", "b.py": "y"}, **files("*.py", count=2)).outcome is Outcome.PASS
    assert check({"deep/a.py": "x"}, **files("top/*.py")).outcome is Outcome.FAIL
