"""The examples of an installed costmodel: listed, copied into an empty folder, and run there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from costmodel.errors import UnknownNameError, UsageError
from costmodel.files.examples import copy_example, examples

ROOT = Path(__file__).parents[2]


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder that holds the package as the wheel has it: with what pyproject.toml puts into it."""
    package = tmp_path / "site" / "costmodel"
    package.mkdir(parents=True)
    for part in (ROOT / "costmodel").iterdir():
        (package / part.name).symlink_to(part)
    section = (ROOT / "pyproject.toml").read_text(encoding="utf-8").partition("wheel.force-include]\n")[2]
    put = re.findall(r'^(\w+) = "costmodel/(\w+)"', section.partition("\n[")[0], re.MULTILINE)
    for source, name in put:
        (package / name).symlink_to(ROOT / source)
    assert len(put) == 2
    return package.parent


def test_what_is_installed_is_copied_and_runs_elsewhere(installed: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()

    def call(*words: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1", "COLUMNS": "100"}
        return subprocess.run([sys.executable, "-m", "costmodel", *words], cwd=empty, env=environment,
                              capture_output=True, text=True, check=False)  # fmt: skip

    listed = call("examples").stdout
    for name in examples():
        assert re.search(rf"^{re.escape(name)} +\w", listed, re.MULTILINE), name
    assert call("examples", "03_own_step").stdout.split() == ["examples/03_own_step.py", "examples/zoo"]
    done = call("analyze", "examples/03_own_step.py:Net", "--samples", "50000", "--epochs", "30", "--batch", "64")
    assert (done.returncode, done.stderr) == (0, "")
    assert call("examples", "10_course").stdout.split() == ["examples/10_course"]  # the networks are there already
    assert (empty / "examples" / "10_course" / "submissions" / "ben.zip").is_file()
    assert not list(empty.rglob("__pycache__"))
    again = call("examples", "10_course")
    assert (again.returncode, again.stderr) == (
        3, "costmodel: examples/10_course is there already; name another folder with --to\n",
    )  # fmt: skip
    assert call("examples", "--to", "x").returncode == 3


def test_a_name_that_is_none_lists_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="10_course"):
        copy_example("10_curse", tmp_path)
    (tmp_path / "examples").write_text("a file")
    with pytest.raises(UsageError, match="examples"):
        copy_example("zoo", tmp_path)
