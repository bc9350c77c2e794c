from __future__ import annotations

import pytest

from costmodel.ir.verdict import Outcome
from tests.contracts.conftest import Check

ARGPARSE = "import argparse as a\np = a.ArgumentParser()\n{}\nargs = p.parse_args()\n"


def rule(**more: object) -> dict[str, object]:
    return {"arguments": [{"rule": "cli", "script": "main.py", "arguments": ["--data_dir"], "source": "x", **more}]}


PASS = [
    ARGPARSE.format("p.add_argument('--data_dir')"),
    ARGPARSE.format("p.add_argument('-d', '--data_dir', type=str, required=True)"),
    ARGPARSE.format("g = p.add_argument_group('x')\ng.add_argument('--data_dir', default='.')"),
    "import click\n@click.command()\n@click.option('--data_dir', required=True)\ndef main(data_dir): ...\n",
    "from fire import Fire\ndef main(data_dir): ...\nFire(main)\n",
    "import typer\ndef main(data_dir: str = typer.Option(..., '--data_dir')): ...\ntyper.run(main)\n",
    "import typer\napp = typer.Typer()\n@app.command()\n"
    "def main(data_dir: Annotated[str, typer.Option('--data_dir')]): ...\n",
]


@pytest.mark.parametrize("code", PASS)
def test_the_one_argument(check: Check, code: str) -> None:
    finding = check({"main.py": code}, **rule())
    assert (finding.outcome, finding.limit) == (Outcome.PASS, "main.py --data_dir")


FAIL = [
    ("print('hello')\n", "takes no argument"),
    (ARGPARSE.format("p.add_argument('--root_dir')"), "there is no --data_dir; declared: --root_dir"),
    (ARGPARSE.format("p.add_argument('--data-dir')"), "declared: --data-dir"),
    (ARGPARSE.format("p.add_argument('data_dir')"), "declared: data_dir"),
    (ARGPARSE.format("p.add_argument('--data_dir', action='store_true')"), "main.py:3: --data_dir takes no value"),
    (ARGPARSE.format("p.add_argument('--data_dir')\np.add_argument('out')"), "main.py:4: out has to be given"),
    (
        ARGPARSE.format("p.add_argument('--data_dir')\np.add_argument('--lr', required=True)"),
        "main.py:4: --lr has to be given",
    ),
    ("import typer\ndef main(data_dir: str): ...\ntyper.run(main)\n", "declared: data_dir"),
    ("import typer\ndef main(data_dir: str = 'x'): ...\ntyper.run(main)\n", "declared: --data-dir"),
]


@pytest.mark.parametrize(("code", "said"), FAIL)
def test_another_command_line(check: Check, code: str, said: str) -> None:
    finding = check({"main.py": code}, **rule())
    assert finding.outcome is Outcome.FAIL
    assert said in finding.because


UNDECIDED = [
    ("import sys\nprint(sys.argv[1])\n", "main.py:2 reads sys.argv itself"),
    ("from sys import argv as a\nprint(a[1])\n", "main.py:2 reads sys.argv itself"),
    ("from absl import flags\nflags.DEFINE_string('data_dir', '', '')\n", "absl.flags"),
    (ARGPARSE.format("for n in names: p.add_argument(n)"), "main.py:3 adds an argument whose name is computed"),
    (ARGPARSE.format("p.add_argument('--data_dir', **more)"), "main.py:3"),
    (ARGPARSE.format("p.add_argument('--data_directory')"), "if the parser allows it"),
    (ARGPARSE.format("p.add_argument('--data_dir')\np.add_argument('--lr')"), "may be left out: --lr (main.py:4)"),
    ("import fire\nfire.Fire()\n", "makes a command of everything"),
    ("import fire\ndef main(**kw): ...\nfire.Fire(main)\n", "takes any argument"),
    ("exec(open('x').read())\n", "main.py:1 runs what cannot be read"),
    ("def f(:\n", "main.py:1 is not valid Python"),
]


@pytest.mark.parametrize(("code", "said"), UNDECIDED)
def test_what_cannot_be_told(check: Check, code: str, said: str) -> None:
    finding = check({"main.py": code}, **rule())
    assert finding.outcome is Outcome.UNDECIDED
    assert said in finding.because


def test_more_optional_arguments_are_what_the_rules_say(check: Check) -> None:
    code = ARGPARSE.format("p.add_argument('--data_dir')\np.add_argument('--lr', default=1)")
    assert check({"main.py": code}, **rule(others="allow")).outcome is Outcome.PASS
    assert check({"main.py": code}, **rule(others="fail")).outcome is Outcome.FAIL


def test_a_parser_in_a_module_of_the_submission(check: Check) -> None:
    files = {"main.py": "from options import get\nget()\n", "options.py": PASS[0]}
    assert check(files, **rule()).outcome is Outcome.PASS


def test_where_the_script_is(check: Check) -> None:
    assert check({"train.py": PASS[0]}, **rule()).because == "there is no main.py"
    assert check({"code/main.py": PASS[0], "train.py": ""}, **rule()).outcome is Outcome.PASS
    several = check({"code/main.py": PASS[0], "old/main.py": "x"}, **rule())
    assert several.because == "which one is meant? code/main.py, old/main.py"
    assert check({"main.py": PASS[0]}, **rule()).outcome is Outcome.PASS  # the one at the top
