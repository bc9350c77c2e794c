"""A class of the cases that issue 11 gives: each row names the right class or the right error, in every output."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest

from costmodel.ir.grades import Grades
from costmodel.ir.verdict import Outcome
from costmodel.sandbox.resource_limits import Limits
from costmodel.verbs.grade import Order, grade_order, write_grades
from tests.tracing.presentations import GIVEN, HEAD, NEEDS, NET
from tests.tracing.test_presented import laid_out

PEAK = {2442: 2 * 64 * 32 * 32 * 4, 238: (3 * 32 * 32 + 6 * 30 * 30) * 4}
"""By parameters: the ReLU of width 64 reads and writes 64·32·32 numbers, the convolution 3·32·32 and 6·30·30."""


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Grades, Path]:
    place, out = tmp_path_factory.mktemp("class"), tmp_path_factory.mktemp("out")
    for what, (files, _) in GIVEN.items():
        laid_out(place / what.replace("/", "_"), files)
    grades = grade_order(Order(place=place, rules="mit-lab2-2022", limits=Limits(wall_seconds=60.0)), out)
    write_grades(grades, out)
    return grades, out


@pytest.mark.parametrize("what", GIVEN)
def test_each_row_names_the_right_class_or_the_right_error(graded: tuple[Grades, Path], what: str) -> None:
    grades, out = graded
    (one,) = [g for g in grades.submissions if g.name == what.replace("/", "_")]
    (peak,) = [f for f in one.verdict.findings if f.rule == "peak activation"]
    right = GIVEN[what][1]
    (row,) = [r for r in _rubric(out) if r["name"] == one.name]
    if isinstance(right, str):
        assert (one.verdict.judged, peak.outcome) == (None, Outcome.UNDECIDED)
        assert re.search(right, peak.because)
        assert re.search(right, row["remark"])
        assert row["model"] == row["model_at"] == row["model_parameters"] == ""
        return
    judged = one.verdict.judged
    assert judged is not None
    assert (judged.name, judged.parameters) == right
    assert peak.measured == PEAK[right[1]]
    assert (row["model"], row["model_at"]) == (f"{judged.name}({judged.arguments})", f"{judged.file}:{judged.line}")
    assert row["model_parameters"] == str(right[1])
    feedback = (out / "feedback" / f"{one.key}.md").read_text(encoding="utf-8")
    (line,) = [line for line in feedback.splitlines() if line.startswith(f"| {judged.name} ")]
    cells = [re.sub(r"\\(.)", r"\1", cell.strip()) for cell in line.strip("|").split("|")]
    assert cells == [judged.name, judged.file, str(judged.line), judged.arguments, f"{right[1]:,}", judged.because]


def _rubric(out: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((out / "rubric.csv").read_text(encoding="utf-8"))))


def test_the_grader_names_the_model_of_a_student(tmp_path: Path) -> None:
    two = {"net.py": HEAD + NET + NEEDS.replace("Net", "Big").replace("width)", "width=64)")}
    for name in ("ana", "ben", "cy"):
        laid_out(tmp_path / "class" / name, two)
    (tmp_path / "models.csv").write_text("name,model\nana,net.py:Big\nben,Net\n", encoding="utf-8")
    order = Order(place=tmp_path / "class", rules="mit-lab2-2022", models=tmp_path / "models.csv")
    found = {g.name: g.verdict.judged for g in grade_order(order, tmp_path / "out").submissions}
    assert {name: judged and (judged.name, judged.parameters) for name, judged in found.items()} == {
        "ana": ("Big", 2442),
        "ben": ("Net", 162),
        "cy": None,
    }


def test_a_folder_of_the_submission_is_no_package_to_install(tmp_path: Path) -> None:
    laid_out(tmp_path / "class" / "ana", {"net.py": HEAD + "from src.gone import x\n" + NET, "src/here.py": ""})
    laid_out(tmp_path / "class" / "ben", {"net.py": HEAD + "import package_of_nobody as nn\n" + NET})
    grades = grade_order(Order(place=tmp_path / "class", rules="mit-lab2-2022"), tmp_path / "out")
    assert [note for note in grades.notes if "install" in note] == [
        "1 submission says that package_of_nobody is missing; if the class may import it, install it beside costmodel "
        "and run again"
    ]
