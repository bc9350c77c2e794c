"""A wall is its module: what it says of itself holds, and a new one is known everywhere by existing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from costmodel.errors import UnknownNameError
from costmodel.sandbox import walls
from costmodel.sandbox.probe import probe
from costmodel.sandbox.promises import PROMISES
from costmodel.sandbox.resource_limits import Limits
from costmodel.sandbox.wall import Wall
from costmodel.sandbox.walls import all_walls, wall_called, wall_names
from costmodel.verbs.doctor import walls_of_this_machine

ROOT = Path(__file__).parents[2]
DUMMY = '''"""Hadrian's: plain limits under another name."""

from dataclasses import replace

from costmodel.sandbox.walls.limits import WALL as PLAIN

WALL = replace(PLAIN, name="hadrian", order=95, advice="pay the legions")
'''


@pytest.fixture
def hadrian(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "hadrian.py").write_text(DUMMY, encoding="utf-8")
    monkeypatch.setattr(walls, "__path__", [*walls.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, f"{walls.__name__}.hadrian", raising=False)
    return tmp_path


@pytest.mark.parametrize("wall", all_walls(), ids=lambda wall: wall.name)
def test_a_wall_says_what_it_is(wall: Wall) -> None:
    assert (Path(walls.__path__[0]) / f"{wall.name}.py").is_file()  # the file's name is its name
    assert set(wall.promises) <= set(PROMISES)
    for text in (wall.description, wall.advice):
        assert text
        assert text.isprintable()
    assert wall_called(wall.name) is wall


@pytest.mark.parametrize("wall", all_walls(), ids=lambda wall: wall.name)
def test_a_wall_that_works_keeps_what_it_promises(wall: Wall) -> None:
    (status,) = [status for status in probe() if status.wall == wall.name]
    if not status.works:
        pytest.skip(f"NOT TESTED HERE: {status}")
    assert set(wall.promises) <= set(status.keeps)


def test_walls_have_an_order() -> None:
    assert wall_names() == ("bubblewrap", "namespaces", "landlock", "limits")
    assert len({wall.order for wall in all_walls()}) == len(all_walls())


@pytest.mark.parametrize("wall", all_walls(), ids=lambda wall: wall.name)
def test_every_wall_shows_the_package_itself(wall: Wall, tmp_path: Path) -> None:
    import costmodel
    from costmodel.sandbox import visible

    launch = wall.launch((tmp_path,), tmp_path, Limits())
    assert Path(costmodel.__file__).parent == visible.PACKAGE
    around = {folder for folder in (*visible.SYSTEM, *visible.needed()) if visible.PACKAGE.is_relative_to(folder)}
    assert around
    assert around <= {*launch.command, *launch.confinement.readable}
    assert str(visible.PACKAGE.parent) in launch.command  # where the child imports it from


def test_a_missing_program_or_another_system_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    wall = all_walls()[-1]
    assert wall.missing() == ""
    assert replace(wall, programs=("no-such-program",)).missing() == "no-such-program is not installed"
    monkeypatch.setattr(sys, "platform", "plan9")
    assert replace(wall, system="linux").missing() == "only Linux has it"


def test_a_program_is_started_where_it_was_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("bwrap", "unshare"):
        file = tmp_path / name
        file.write_text("#!/bin/sh\n", encoding="utf-8")
        file.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    for name, program in (("bubblewrap", "bwrap"), ("namespaces", "unshare")):
        launch = wall_called(name).launch((tmp_path,), tmp_path, Limits())
        assert launch.command[0] == str(tmp_path / program)


@pytest.mark.usefixtures("hadrian")
def test_a_new_wall_is_known_to_probe_doctor_and_the_error() -> None:
    assert wall_names()[-1] == "hadrian"
    assert probe()[-1].wall == "hadrian"
    assert probe()[-1].works
    (found,) = [one for one in walls_of_this_machine() if one.name == "wall hadrian"]
    assert (found.works, found.advice) == (False, "pay the legions")
    with pytest.raises(UnknownNameError, match="hadrian"):
        wall_called("maginot")


def test_a_new_wall_is_known_to_the_help(hadrian: Path) -> None:
    code = (
        f"import sys; import costmodel.sandbox.walls as w; w.__path__.append({str(hadrian)!r});"
        "sys.argv = ['costmodel', 'grade', '--help'];"
        "from costmodel.cli import main; main()"
    )
    environment = {**os.environ, "COLUMNS": "200"}
    words = [sys.executable, "-c", code]
    result = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert "bubblewrap, namespaces, landlock, limits or hadrian" in " ".join(result.stdout.split()), result.stderr
