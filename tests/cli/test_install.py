"""``costmodel run --install``: an entry runs with its own packages, which the organizer's Python has not."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import pytest

from costmodel.ir.run import Ending
from costmodel.ir.run import Run as Record
from costmodel.measuring.enclosure import all_enclosures
from costmodel.measuring.trying import tried
from tests.cli.conftest import Run
from tests.measuring.test_own_python import CONDA, write

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are watched through /proc")


def wheel(folder: Path, name: str, version: str) -> None:
    """A wheel of one module that says its version; it tells each start of the environment's Python."""
    info = f"{name}-{version}.dist-info"
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as file:
        file.writestr(f"{name}.py", f"VERSION = {version!r}\n")
        file.writestr(f"{name}.pth", f"import os; open({str(folder / 'ran')!r}, 'a').write('.')\n")
        file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        file.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: by hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        file.writestr(f"{info}/RECORD", "")


def test_an_entry_has_its_own_packages(run: Run, tmp_path: Path) -> None:
    """Behind the best wall that works here: each makes two environments, which takes pip its time."""
    wall = next(one.name for one in all_enclosures() if not tried(one).why)
    wheel(tmp_path / "index", "greylag", "1.5")
    main = "import sys, greylag\nopen('said.txt', 'w').write(f'{greylag.VERSION} {sys.prefix != sys.base_prefix}')\n"
    write(tmp_path / "entries" / "ant", main_py=main, requirements_txt="greylag>=1\n")
    write(tmp_path / "entries" / "bee", main_py=main, requirements_txt="greylag>=2\n")
    write(tmp_path / "entries" / "cow", main_py=main, requirements_txt="-e .\n")
    words = ["run", str(tmp_path / "entries"), "--rules", "budgeted-training-iccv-2023", "--idle", "0", "--wall", wall,
             "--out", str(tmp_path / "results"), "--time", "60s", "--install", "-f", "json"]  # fmt: skip
    command = ("--", "python", "main.py")
    index = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path / "index"), "PIP_CONFIG_FILE": "/dev/null"}
    result = run(*words, *command, **index)
    assert result.returncode == 2, result.stderr  # bee and cow could not be run
    ant, bee, cow = (Record.load(tmp_path / "results" / name / "run-1" / "run.json") for name in ("ant", "bee", "cow"))
    assert (ant.stages[0].ending, [p for p in ant.installed if p.startswith("greylag")]) == (
        Ending.FINISHED, ["greylag==1.5"],
    )  # fmt: skip
    assert (tmp_path / "results" / "ant" / "run-1" / "work" / "said.txt").read_text() == "1.5 True"
    assert not any(package.startswith("torch") for package in ant.installed)
    assert (bee.stages[0].ending, bee.installed) == (Ending.NOT_STARTED, ())
    assert "cannot be installed" in bee.stages[0].because
    assert "greylag" in (tmp_path / "results" / "bee" / "install.log").read_text()
    assert "only packages by name" in cow.stages[0].because
    # pip's own start was before it was there, and no other was outside; inside, nothing but its folder can be written
    assert (tmp_path / "index" / "ran").exists() == (wall == "none")
    # what is there is not made, and not run, again; that of an entry that failed is tried anew
    before = (tmp_path / "results" / "ant" / "install.log").stat().st_mtime_ns
    again = run(*words, *command, **index)
    assert again.stderr == "costmodel: bee, run 1 of 1\ncostmodel: cow, run 1 of 1\n"
    assert (tmp_path / "results" / "ant" / "install.log").stat().st_mtime_ns == before


def test_a_dry_run_says_what_pip_would_install(run: Run, tmp_path: Path) -> None:
    entry = write(tmp_path / "ant", main_py="", environment_yaml=CONDA)
    words = ["run", str(entry), "--rules", "budgeted-training-iccv-2023", "--dry-run", "--install"]
    said = run(*words, "--", "python", "main.py").stdout
    assert "ant: pip installs, by environment.yaml: torch==1.13.*, numpy==1.21.2.*, scikit-learn>=1.0" in said
    assert "ant: not installed: cudatoolkit=11.6: no Python package" in said
