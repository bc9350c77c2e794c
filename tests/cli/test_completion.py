"""What a shell is told when somebody presses the tabulator: as bash asks, through its own variables."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from costmodel.cli.completion import rulebooks
from costmodel.rules.schema.rulebook import rulebook_names
from tests.cli.conftest import Run


def fitting(run: Run, line: str) -> list[str]:
    """Words that bash is given, with their kind."""
    words = line.split(" ")
    done = run(_COSTMODEL_COMPLETE="bash_complete", COMP_WORDS=line, COMP_CWORD=str(len(words) - 1))
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("costmodel ana", ["plain,analyze"]),
        ("costmodel check net.py --rules mit-lab2", ["plain,mit-lab2-2022"]),
        ("costmodel analyze net.py --hardware v100-sxm", ["plain,v100-sxm2-16gb", "plain,v100-sxm2-32gb"]),
        ("costmodel analyze net.py --hardware ./my", ["file,./my"]),
        ("costmodel analyze net.py --format ht", ["plain,html"]),
        ("costmodel export net.py out --to pe", ["plain,perfetto"]),
        ("costmodel analyze net.py --hardwa", ["plain,--hardware"]),
        ("costmodel analyze net", ["file,net"]),
        ("costmodel rules show haet-2021", ["plain,haet-2021"]),
        ("costmodel hardware show v100-sxm2-3", ["plain,v100-sxm2-32gb"]),
        ("costmodel plot net.py roof", ["plain,roofline"]),
    ],
)
def test_names_of_rulebooks_machines_and_formats_are_completed(run: Run, line: str, wanted: list[str]) -> None:
    found = fitting(run, line)
    assert set(wanted) <= set(found)
    begun = line.rpartition(" ")[2]
    assert all(item.partition(",")[2].startswith(begun) for item in found)


def test_the_folder_of_books_is_what_the_rules_know() -> None:
    assert rulebooks() == sorted(rulebook_names())


def test_a_shell_takes_the_script(run: Run) -> None:
    for shell in ("bash", "zsh", "fish"):
        text = run("--completion", shell).stdout
        assert "_COSTMODEL_COMPLETE" in text
        if shutil.which(shell):
            read = subprocess.run([shell, "-n"], input=text, text=True, capture_output=True, check=False)
            assert (read.returncode, read.stderr) == (0, "")
    refused = run("--completion", "tcsh")
    assert (refused.returncode, refused.stdout) == (3, "")
    assert "unknown shell 'tcsh': known: bash, fish, zsh" in refused.stderr
