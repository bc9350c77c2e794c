"""The hostile corpus: programs that must never be imported here, hence ``.py.txt``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from costmodel.sandbox.resource_limits import Limits

CORPUS = Path(__file__).parent / "hostile"


@dataclass(frozen=True)
class Hostile:
    """One program, with the kinds that may become of it; ``traced`` and remarks stand for a trace that came back.

    ``figures`` are the right ones of an inference, by hand: ``macs`` that are mapped, ``peak`` activation in bytes,
    ``operations``, and ``complete`` (0 where they are only "at least").
    """

    name: str
    text: str
    outcomes: tuple[str, ...]
    remarks: tuple[str, ...]
    limits: Limits
    figures: dict[str, int]


def read(file: Path) -> Hostile:
    text = file.read_text(encoding="utf-8")
    expected = re.search(r"^# expect: (.+)$", text, re.MULTILINE)
    assert expected is not None, file
    outcomes, *remarks = expected[1].split(", ")
    limits: dict[str, Any] = {"wall_seconds": 60.0}
    given = re.search(r"^# limits: (.+)$", text, re.MULTILINE)
    if given is not None:
        limits |= eval(f"dict({given[1]})", {})  # the corpus is ours
    right = re.search(r"^# figures: (.+)$", text, re.MULTILINE)
    figures = {name: int(number) for name, number in re.findall(r"(\w+) (\d+)", right[1])} if right else {}
    name = file.name.partition(".")[0]
    return Hostile(name, text, tuple(outcomes.split(" | ")), tuple(remarks), Limits(**limits), figures)


HOSTILE = [read(file) for file in sorted(CORPUS.glob("*.py.txt"))]


@pytest.fixture(params=HOSTILE, ids=lambda h: h.name)
def hostile(request: pytest.FixtureRequest) -> Hostile:
    found: Hostile = request.param
    return found
