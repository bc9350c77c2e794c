"""A report format, and the tables of a noun, are one module each: a new one is known without another edit."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from costmodel.errors import UnknownNameError
from costmodel.ir.grades import Graded, Grades
from costmodel.ir.verdict import Verdict
from costmodel.reports import View, format_names, formats, general_names, names_on_request, render, tables
from costmodel.reports.graded.class_files import class_files
from costmodel.reports.report_format import load_format
from costmodel.reports.view import EVERY_NOUN, Noun
from tests.conformance.specimen import specimen

ROOT = Path(__file__).parents[2]

FORMAT = '''
"""Names only."""

NOUNS = ("Verdict", "Graded", "Grades")
FILES = {"Graded": "some-school/{key}.txt", "Grades": "some_school.txt"}
ON_REQUEST = True


def render(noun, view):
    return f"a {type(noun).__name__}"
'''


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "some_school.py").write_text(FORMAT, encoding="utf-8")
    monkeypatch.setattr(formats, "__path__", [*formats.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, "costmodel.reports.formats.some_school", raising=False)
    return tmp_path


def test_a_new_format_is_rendered_listed_and_written(package: Path) -> None:
    graded, grades = specimen(Graded, "ada"), specimen(Grades, "ada")
    assert render(graded, "some-school") == "a Graded\n"
    assert "some-school" in format_names(Verdict)
    assert "some-school" in names_on_request()
    assert "some-school" not in general_names()
    with pytest.raises(UnknownNameError, match="csv, html, json, leaderboard, md, text"):
        render(grades.ranking, "some-school")
    files = class_files(grades, ["some-school"])
    assert files["some-school/ada.txt"] == "a Graded\n"
    assert files["some_school.txt"] == "a Grades\n"
    assert set(files) - set(class_files(grades)) == {"some-school/ada.txt", "some_school.txt"}


def test_the_command_line_knows_a_new_format(package: Path) -> None:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        code = (
            "import sys; from costmodel.reports import formats; formats.__path__.append(sys.argv.pop(1));"
            "from costmodel.cli import main; main()"
        )
        return subprocess.run(
            [sys.executable, "-c", code, str(package), *words],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )

    assert "some-school" in run("grade", "--help").stdout
    words = ("check", "examples/zoo/lenet.py:LeNet5", "--rules", "haet-2021", "--fact", "error_rate=20%")
    shown = run(*words, "-f", "some-school")
    assert shown.stdout == "a Verdict\n", shown.stderr
    unknown = run(*words, "-f", "any-school")
    assert (unknown.returncode, unknown.stdout) == (3, "")
    assert "some-school" in unknown.stderr


@dataclass(frozen=True)
class Lesson:
    """A noun that nobody shows yet."""

    name: str


def test_a_new_noun_needs_its_tables_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        '"""A lesson."""\n'
        f"from {__name__} import Lesson as NOUN\n"
        "from costmodel.reports.table import Table\n"
        "def tables(noun, view):\n"
        "    return [Table('Lesson', ('name',), [[noun.name]])]\n"
    )
    (tmp_path / "lesson.py").write_text(text, encoding="utf-8")
    monkeypatch.setitem(sys.modules, __name__, sys.modules[Lesson.__module__])
    monkeypatch.setattr(tables, "__path__", [*tables.__path__, str(tmp_path)])
    for format, shown in {"text": "Lesson\n\nname\n------\nbees\n", "csv": "name\nbees\n"}.items():
        assert load_format(format).render(cast(Noun, Lesson("bees")), View()) == shown


@pytest.mark.parametrize("name", format_names())
def test_a_format_keeps_the_protocol(name: str) -> None:
    module: Any = load_format(name)
    assert module.NOUNS
    assert set(module.NOUNS) <= set(EVERY_NOUN)
    assert set(module.FILES) <= set(module.NOUNS)
    assert isinstance(module.ON_REQUEST, bool)
    assert module.__doc__
    for noun, path in module.FILES.items():
        assert ("{key}" in path or "{student}" in path) == (noun == "Graded")


def test_no_two_formats_write_the_same_file() -> None:
    paths = [path for name in format_names() for path in load_format(name).FILES.values()]
    assert len(paths) == len(set(paths))
