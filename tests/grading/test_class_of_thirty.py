"""A class of 30 with 6 bad and 10 hostile submissions, graded twice in one command each: the same bytes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from costmodel.sandbox.resource_limits import Limits
from costmodel.verbs.grade import Order, grade_order, write_grades
from tests.grading.conftest import HOSTILE

NET = """from torch import nn


class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv2d(3, {channels}, 5, stride=4), nn.ReLU(), nn.Flatten(), nn.Linear({channels} * 49, 10))
"""

GOOD, CHOSEN = 14, 10

BAD = {
    "syntax.py": b"def broken(:\n",
    "binary.py": b"\x00\xff\xfe",
    "broken.zip": b"PK\x03\x04 and nothing more",
    "no_model.py": b"x = 1\n",
    "two_models.py": (NET.format(channels=4) + NET.format(channels=5).replace("class Net", "class Other")).encode(),
    "missing_weights.py": b"import torch\nmodel = torch.load('weights.pt')\n",
}


@pytest.mark.skipif(
    not os.environ.get("COSTMODEL_WHOLE_CLASS"), reason="it takes minutes: COSTMODEL_WHOLE_CLASS=1 asks for it"
)
def test_the_same_bytes_twice(tmp_path: Path) -> None:
    place = tmp_path / "class"
    place.mkdir()
    rows = ["name,error_rate_percent"]
    for number in range(GOOD):
        (place / f"good{number:02}.py").write_text(f"# {number}\n{NET.format(channels=4 + number)}", encoding="utf-8")
        rows.append(f"good{number:02},{10 + number}")
    for name, data in BAD.items():
        (place / name).write_bytes(data)
    # those that need no limits of their own to be stopped; the lab asks for no number of steps, which one forges
    others = [h for h in HOSTILE if h.name != "forges_steps"]
    refused = [h for h in others if "traced" not in h.outcomes and h.limits == Limits(wall_seconds=60.0)]
    hostile = refused[:: len(refused) // CHOSEN][:CHOSEN]
    assert len(hostile) == CHOSEN
    for program in hostile:
        (place / f"hostile_{program.name}.py").write_text(program.text, encoding="utf-8")
    facts = tmp_path / "facts.csv"
    facts.write_text("\n".join(rows) + "\n", encoding="utf-8")
    limits = Limits(wall_seconds=30.0, cpu_seconds=15)
    order = Order(place=place, rules="mit-lab2-2022", fact_files=(facts,), limits=limits)
    written = []
    for out in (tmp_path / "one", tmp_path / "two"):
        grades = grade_order(order, out)
        write_grades(grades, out, ("gradescope", "nbgrader", "junit"))
        files = (p for p in sorted(out.rglob("*")) if p.is_file() and ".kept" not in p.parts)
        written.append({str(p.relative_to(out)): p.read_bytes() for p in files})
    assert written[0] == written[1]
    assert len(grades.submissions) == GOOD + len(BAD) + CHOSEN
    totals = {g.name: g.total for g in grades.submissions}
    assert all(totals[f"good{number:02}"] is not None for number in range(GOOD))
    # nobody else gets points, and each says why
    rest = [g for g in grades.submissions if not g.name.startswith("good")]
    assert [g.name for g in rest if g.total is not None] == []
    assert [g.name for g in rest if not g.findings] == []
