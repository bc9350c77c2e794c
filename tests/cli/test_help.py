"""Help: every argument and option is described, and every example is a line that the command takes."""

from __future__ import annotations

import importlib
import pkgutil
import shlex
from collections.abc import Iterator

import click
import pytest
import typer
from typer.main import get_command

from costmodel.cli import commands


def every_command() -> Iterator[tuple[str, click.Command]]:
    for module in pkgutil.iter_modules(commands.__path__):
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        importlib.import_module(f"{commands.__name__}.{module.name}").register(app)
        yield module.name, get_command(app)


COMMANDS = dict(every_command())


@pytest.mark.parametrize("name", COMMANDS)
def test_what_a_command_takes_is_described_and_its_examples_are_taken(name: str) -> None:
    command = COMMANDS[name]
    assert command.help or command.short_help or isinstance(command, click.Group)
    for parameter in command.params:
        if isinstance(parameter, click.Option) or not isinstance(command, click.Group):
            assert getattr(parameter, "help", None), (name, parameter.name)
    if isinstance(command, click.Group):
        return
    lines = [line.strip() for line in (command.epilog or "").split("\n")[2:]]
    assert lines, name
    shown = command.get_help(click.Context(command, info_name=f"costmodel {name}"))
    for line in lines:
        assert f"  {line}\n" in f"{shown}\n"  # not wrapped
        program, word, *words = shlex.split(line)
        assert (program, word) == ("costmodel", name)
        command.make_context(name, words)  # a wrong word is a usage error
