"""Running a small program under a budget, with nothing but real processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from costmodel.ir.run import StageRun
from costmodel.measuring.budget import Budget
from costmodel.measuring.enclosure import all_enclosures, enclosure_called
from costmodel.measuring.entry import Stage
from costmodel.measuring.meter import all_meters
from costmodel.measuring.place import Place
from costmodel.measuring.running import run_stage
from costmodel.measuring.snapshot import Snapshots
from costmodel.measuring.trying import tried

Runs: TypeAlias = Callable[..., StageRun]
WORKING = [e.name for e in all_enclosures() if not tried(e).why]


@pytest.fixture(params=WORKING)
def runs(request: pytest.FixtureRequest, tmp_path: Path) -> Runs:
    """``runs(program, goes_on=…, printed_bytes=…, **limits)`` in ``tmp_path / "work"``, behind each enclosure."""

    def run(program: str, *, goes_on: bool = False, printed_bytes: int = 1 << 16, **limits: Any) -> StageRun:
        (tmp_path / "work").mkdir(exist_ok=True)
        place = Place(folder=tmp_path / "work", logs=tmp_path / "logs", printed_bytes=printed_bytes)
        stage = Stage(name="program", words=("python", "-S", "-c", program), goes_on=goes_on)
        snapshots = Snapshots(tmp_path / "work", tmp_path / "kept")
        return run_stage(stage, place, Budget(**limits), enclosure_called(request.param), all_meters(), snapshots)

    return run


@pytest.fixture
def mark(tmp_path: Path) -> Iterator[str]:
    """A word for the command line of what must not be alive afterwards; that is looked at when the test has ended."""
    word = f"mark-{tmp_path.name}"
    yield word
    assert alive(word) == []


def alive(word: str) -> list[int]:
    """Processes that have a word among their arguments, zombies left out."""
    found = []
    for place in Path("/proc").iterdir():
        try:
            if place.name.isdigit() and word.encode() in (place / "cmdline").read_bytes().split(b"\0"):
                found.append(int(place.name))
        except OSError:
            continue
    return found
