"""README and guide show real output: each block marked ``<!-- run -->`` is what its command prints now."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHOWING = [ROOT / "README.md", *sorted((ROOT / "docs" / "guide").glob("*.md"))]
BLOCK = re.compile(r"(<!-- run -->\n```console\n\$ (?P<command>[^\n]+)\n)(?P<output>.*?)(```)", re.DOTALL)


def output_of(command: str) -> str:
    program, *words = shlex.split(command)
    assert program == "costmodel"
    result = subprocess.run(
        [sys.executable, "-m", "costmodel", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ},
        check=False,
    )
    assert result.stderr == ""
    return "\n".join(line.rstrip() for line in result.stdout.splitlines()) + "\n"


@pytest.mark.parametrize(
    "file", [file for file in SHOWING if BLOCK.search(file.read_text(encoding="utf-8"))], ids=lambda file: file.stem
)
def test_shown_output_is_real(file: Path, request: pytest.FixtureRequest) -> None:
    text = file.read_text(encoding="utf-8")
    shown = BLOCK.sub(lambda m: f"{m[1]}{output_of(m['command'])}{m[4]}", text)
    if request.config.getoption("--update-golden"):
        file.write_text(shown, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == shown


def test_the_readmes_picture_is_what_plot_draws(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    picture = ROOT / "docs" / "resnet18.svg"
    words = [sys.executable, "-m", "costmodel", "plot", "examples/zoo/resnet.py:ResNet18", "tree", "-o"]
    if request.config.getoption("--update-golden"):
        subprocess.run([*words, str(picture)], check=True, cwd=ROOT)
    subprocess.run([*words, str(tmp_path / "drawn.svg")], check=True, cwd=ROOT, capture_output=True)
    assert picture.read_text(encoding="utf-8") == (tmp_path / "drawn.svg").read_text(encoding="utf-8")


def test_every_option_that_the_readme_names_exists() -> None:
    # `main.py --data_dir` is a program of a competition
    texts = "".join(file.read_text(encoding="utf-8") for file in SHOWING)
    named = set(re.findall(r"--[a-z][a-z_-]+", texts)) - {"--data_dir"}
    known = ""
    commands = sorted([file.stem] for file in (ROOT / "costmodel" / "cli" / "commands").glob("[a-z]*.py"))
    inside = [["facts", "read"], ["hardware", "show"], ["hardware", "compare"]]
    for command in [*(words for words in commands if words != ["facts"]), *inside]:
        words = [sys.executable, "-m", "costmodel", *command, "--help"]
        known += subprocess.run(words, capture_output=True, text=True, check=False, cwd=ROOT).stdout
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
