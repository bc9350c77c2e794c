"""Arguments as each parser declares them: their spellings, whether they may be left out, whether they take a value."""

from __future__ import annotations

import ast

import pytest

from costmodel.contracts.reading.programs import Part, Programs
from costmodel.contracts.reading.script_arguments import CommandLine, ScriptArgument, command_line

Row = tuple[tuple[str, ...], bool, bool]
"""Spellings, may be left out, takes a value."""


def line(code: str, **modules: str) -> CommandLine:
    texts = {"main.py": code, **{f"{name}.py": text for name, text in modules.items()}}
    parts = tuple(Part(path.replace("__", "/"), None, ast.parse(text)) for path, text in texts.items())
    return command_line(Programs(parts, ()), "main.py")


def rows(found: CommandLine) -> list[Row]:
    return [(a.spellings, a.optional, a.takes_value) for a in found.arguments]


@pytest.mark.parametrize(
    ("declared", "row"),
    [
        ("'--a'", (("--a",), True, True)),
        ("'-a', '--all', required=True", (("-a", "--all"), False, True)),
        ("'--a', required=False", (("--a",), True, True)),
        ("'a'", (("a",), False, True)),
        ("'a', nargs='?'", (("a",), True, True)),
        ("'a', nargs='*'", (("a",), True, True)),
        ("'a', nargs='+'", (("a",), False, True)),
        ("'--a', nargs='?', required=True", (("--a",), False, True)),
        ("'--a', action='store'", (("--a",), True, True)),
        *((f"'--a', action='{action}'", (("--a",), True, False))
          for action in ("store_true", "store_false", "store_const", "count", "append_const")),
    ],
)  # fmt: skip
def test_argparse(declared: str, row: Row) -> None:
    found = line(f"import argparse\np = argparse.ArgumentParser()\np.add_argument({declared})\n")
    assert (rows(found), found.parser, found.doubts) == ([row], True, [])
    assert found.arguments[0].place == "main.py:3"


@pytest.mark.parametrize("declared", ["name", "'a', name", "", "'--a', **more", "3"])
def test_a_name_that_is_computed(declared: str) -> None:
    found = line(f"p.add_argument({declared})\n")
    assert (found.arguments, found.parser) == ([], True)
    assert found.doubts == ["main.py:1 adds an argument whose name is computed"]


@pytest.mark.parametrize(
    ("decorator", "row"),
    [
        ("option('--a')", (("--a",), True, True)),
        ("option('-a', '--all', 'name', required=True)", (("-a", "--all"), False, True)),
        ("option('--a', required=needed)", (("--a",), True, True)),
        ("option('--a', is_flag=True)", (("--a",), True, False)),
        ("option('--a', is_flag=False)", (("--a",), True, True)),
        ("option('--a/--no-a')", (("--a/--no-a",), True, False)),
        ("argument('a')", (("a",), False, True)),
        ("argument('a', required=False)", (("a",), True, True)),
        ("argument('a', required=needed)", (("a",), False, True)),
    ],
)
def test_click(decorator: str, row: Row) -> None:
    found = line(f"import click\n@click.command()\n@click.{decorator}\ndef main(a): ...\n")
    assert (rows(found), found.parser, found.doubts) == ([row], True, [])
    assert found.arguments[0].place == "main.py:3"


@pytest.mark.parametrize(
    ("parameters", "row"),
    [
        ("a_b: str", (("a_b",), False, True)),
        ("a_b: str = 'x'", (("--a-b",), True, True)),
        ("a_b: Path = Path('x')", (("--a-b",), True, True)),
        ("a_b: bool = False", (("--a-b",), True, False)),
        ("a_b: str = typer.Option(...)", (("--a-b",), False, True)),
        ("a_b: str = typer.Option(..., '--a_b', '-a')", (("--a_b",), False, True)),
        ("a_b: str = typer.Option(help='x')", (("--a-b",), False, True)),
        ("a_b: str = typer.Option('x', '--a_b')", (("--a_b",), True, True)),
        ("a_b: str = typer.Option(default='x')", (("--a-b",), True, True)),
        ("a_b: str = typer.Argument(...)", (("a_b",), False, True)),
        ("a_b: str = typer.Argument(help='x')", (("a_b",), False, True)),
        ("a_b: str = typer.Argument('x')", (("a_b",), True, True)),
        ("a_b: Annotated[str, typer.Option('--a_b')]", (("--a_b",), False, True)),
        ("a_b: Annotated[str, typer.Option('--a_b')] = 'x'", (("--a_b",), True, True)),
        ("a_b: Annotated[str, typer.Argument()] = 'x'", (("a_b",), True, True)),
        ("*, a_b: str = 'x'", (("--a-b",), True, True)),
    ],
)
def test_typer(parameters: str, row: Row) -> None:
    run = line(f"import typer\ndef main({parameters}): ...\ntyper.run(main)\n")
    assert (rows(run), run.parser, run.doubts) == ([row], True, [])
    assert run.arguments[0].place == "main.py:2"
    app = line(f"import typer\napp = typer.Typer()\n@app.command()\ndef main({parameters}): ...\n")
    assert (rows(app), app.parser) == ([row], True)


def test_fire_takes_both_spellings_and_what_has_a_default_may_be_left_out() -> None:
    found = line("import fire\ndef main(a, /, b_c=1, *, d, e=2): ...\ndef other(z): ...\nfire.Fire(main)\n")
    assert rows(found) == [
        (("--a", "--a"), False, True), (("--b_c", "--b-c"), True, True),
        (("--d", "--d"), False, True), (("--e", "--e"), True, True),
    ]  # fmt: skip
    assert (found.parser, found.doubts) == (True, [])
    # the last definition of a name is the one that runs
    again = line("import fire\ndef main(a): ...\ndef main(b): ...\nfire.Fire(main)\n")
    assert rows(again) == [(("--b", "--b"), False, True)]


@pytest.mark.parametrize(
    ("code", "doubt"),
    [
        ("import fire\nfire.Fire()\n", "main.py:2 makes a command of everything"),
        ("import fire\nfire.Fire(Net)\n", "main.py:2 makes a command of Net"),
        (f"import typer\ntyper.run({'x' * 50})\n", f"main.py:2 makes a command of {'x' * 40}"),
        ("import fire\ndef main(*a): ...\nfire.Fire(main)\n", "main.py:2 takes any argument"),
        ("import fire\ndef main(**a): ...\nfire.Fire(main)\n", "main.py:2 takes any argument"),
        ("p.add_subparsers()\n", "main.py:1 has subcommands"),
        ("import tyro\ntyro.cli(f)\n", "main.py:2 uses tyro.cli, which this check cannot read"),
        ("import hydra\n@hydra.main()\ndef f(): ...\n", "main.py:2 uses hydra.main, which this check cannot read"),
        ("import click\n@click.option(name)\ndef f(): ...\n", "main.py:2 adds an argument whose name is computed"),
        ("import sys\nx = 1\nprint(sys.argv)\n", "main.py:3 reads sys.argv itself"),
    ],
)
def test_what_cannot_be_read(code: str, doubt: str) -> None:
    assert doubt in line(code).doubts


def test_a_log_line_beside_a_parser_takes_nothing_away() -> None:
    found = line("import sys, argparse\nprint(sys.argv)\np = argparse.ArgumentParser()\np.add_argument('--a')\n")
    assert (rows(found), found.doubts) == ([(("--a",), True, True)], [])


def test_a_script_without_a_parser_has_that_of_a_module_it_imports() -> None:
    parser = "import argparse\np = argparse.ArgumentParser()\np.add_argument('--a')\n"
    assert line("import options\n", options=parser).arguments == [ScriptArgument(("--a",), True, True, "options.py:3")]
    assert line("import os\nfrom tools.options import get\n", tools__options=parser).parser
    assert line("from os import path\n", options=parser) == CommandLine()
    doubtful = line("import first, second\n", first="import sys\nprint(sys.argv)\n", second=parser)
    assert doubtful.doubts == ["first.py:2 reads sys.argv itself"]
    own = line(f"import options\n{parser}", options=parser.replace("--a", "--b"))
    assert rows(own) == [(("--a",), True, True)]


def test_decorators_that_make_a_command() -> None:
    for decorator, parser in (
        ("click.command()", True), ("click.group", True), ("click.pass_context", False), ("functools.cache", False),
        ("click.option('--a')", True), ("app.command()", False), ("typer.Typer().command()", True),
    ):  # fmt: skip
        found = line(f"import click, functools, typer\n@{decorator}\ndef main(): ...\n")
        assert found.parser is parser, decorator


def test_modules_lie_beside_the_script() -> None:
    parser = "import argparse\np = argparse.ArgumentParser()\np.add_argument('--a')\n"
    script = Part("code/main.py", None, ast.parse("import options\n"))
    for path, found in (("code/options.py", True), ("options.py", False), ("other/options.py", False)):
        programs = Programs((script, Part(path, None, ast.parse(parser))), ())
        assert command_line(programs, "code/main.py").parser is found
