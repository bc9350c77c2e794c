"""The reference of the Python interface and of the command line, from docstrings and from ``--help``."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

import click
import typer
from typer.main import get_command

import costmodel
from costmodel.cli import commands
from docs.generate.markdown import code, docstring

_COLUMNS = 76


def pages() -> Iterator[tuple[str, str]]:
    """(path, Markdown) of verbs, nouns, errors and commands."""
    public = {name: getattr(costmodel, name) for name in costmodel.__all__}
    verbs = {name: found for name, found in public.items() if inspect.isfunction(found)}
    nouns = {name: found for name, found in public.items() if inspect.isclass(found)}
    yield "reference/verbs.md", _titled("Verbs", [_verb(name, found) for name, found in verbs.items()])
    yield "reference/nouns.md", _titled("Nouns", [_noun(name, found) for name, found in nouns.items()])
    yield "reference/errors.md", f"# Errors\n\n{code(inspect.cleandoc(costmodel.errors.__doc__ or ''), 'text')}"
    yield "reference/commands.md", _titled("Commands", [*_commands()])


def _titled(title: str, parts: list[str]) -> str:
    return "\n".join([f"# {title}\n", *parts])


def _verb(name: str, found: object) -> str:
    signature = inspect.signature(found)  # type: ignore[arg-type]
    lines = [f"costmodel.{name}(", *[f"    {parameter}," for parameter in _words(signature)]]
    return f"## {name}\n\n{code(chr(10).join([*lines, f') -> {signature.return_annotation}']), 'python')}\n{docstring(inspect.getdoc(found))}\n"  # noqa: E501


def _words(signature: inspect.Signature) -> Iterator[str]:
    starred = False
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            starred = True
            yield "*"
        yield str(parameter).replace("'", "")


def _noun(name: str, found: type) -> str:
    return f"## {name}\n\n{docstring(found.__doc__)}\n"


def _commands() -> Iterator[str]:
    for module in pkgutil.iter_modules(commands.__path__):
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        importlib.import_module(f"{commands.__name__}.{module.name}").register(app)
        yield from _helped(get_command(app), f"costmodel {module.name}")


def _helped(command: click.Command, name: str) -> Iterator[str]:
    inner: dict[str, click.Command] = getattr(command, "commands", {})
    last = name.rpartition(" ")[2]
    if [*inner] == [last]:  # a room with subcommands of its own
        yield from _helped(inner[last], name)
        return
    with click.Context(command, info_name=name, max_content_width=_COLUMNS, terminal_width=_COLUMNS) as context:
        yield f"## {name}\n\n{code(command.get_help(context), 'text')}"
    for word, found in inner.items():
        yield from _helped(found, f"{name} {word}")
