"""README and guide show real output: each block marked ``<!-- run -->`` is what its command prints now."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.warm import Warm

ROOT = Path(__file__).parents[2]
SHOWING = [ROOT / "README.md", *sorted((ROOT / "docs" / "guide").glob("*.md"))]
BLOCK = re.compile(r"(<!-- run -->\n```console\n\$ (?P<command>[^\n]+)\n)(?P<output>.*?)(```)", re.DOTALL)


def output_of(command: str, warm: Warm) -> str:
    program, *words = shlex.split(command)
    assert program == "costmodel"
    result = warm.run(words, cwd=ROOT, environment=os.environ)
    assert result.stderr == ""
    return "\n".join(line.rstrip() for line in result.stdout.splitlines()) + "\n"


@pytest.mark.parametrize(
    "file", [file for file in SHOWING if BLOCK.search(file.read_text(encoding="utf-8"))], ids=lambda file: file.stem
)
def test_shown_output_is_real(file: Path, request: pytest.FixtureRequest, warm: Warm) -> None:
    text = file.read_text(encoding="utf-8")
    shown = BLOCK.sub(lambda m: f"{m[1]}{output_of(m['command'], warm)}{m[4]}", text)
    if request.config.getoption("--update-golden"):
        file.write_text(shown, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == shown


def test_the_readmes_picture_is_what_plot_draws(tmp_path: Path, request: pytest.FixtureRequest, warm: Warm) -> None:
    picture = ROOT / "docs" / "resnet18.svg"
    places = [tmp_path / "drawn.svg", *([picture] if request.config.getoption("--update-golden") else [])]
    for place in places:
        words = ["plot", "examples/zoo/resnet.py:ResNet18", "tree", "-o", str(place)]
        assert warm.run(words, cwd=ROOT, environment=os.environ).returncode == 0
    assert picture.read_text(encoding="utf-8") == (tmp_path / "drawn.svg").read_text(encoding="utf-8")


def test_every_option_that_the_readme_names_exists(warm: Warm) -> None:
    # `main.py --data_dir` is a program of a competition
    texts = "".join(file.read_text(encoding="utf-8") for file in SHOWING)
    named = set(re.findall(r"--[a-z][a-z_-]+", texts)) - {"--data_dir"}
    known = ""
    commands = sorted([file.stem] for file in (ROOT / "costmodel" / "cli" / "commands").glob("[a-z]*.py"))
    inside = [["facts", "read"], ["hardware", "show"], ["hardware", "compare"]]
    for command in [*(words for words in commands if words != ["facts"]), *inside]:
        known += warm.run([*command, "--help"], cwd=ROOT, environment=os.environ).stdout
    assert not {option for option in named if option not in known}


def test_the_examples_run(tmp_path: Path) -> None:
    for example in sorted((ROOT / "examples").glob("[0-9]*.*")):
        words = [sys.executable, str(example)]
        if example.suffix == ".yaml":
            words = [sys.executable, "-m", "costmodel", "analyze", str(example)]
        elif example.name == "03_own_step.py":
            words = [sys.executable, "-m", "costmodel", "analyze", f"{example}:Net", "--batch", "2"]
        result = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr
        assert len(result.stdout.splitlines()) > 5
