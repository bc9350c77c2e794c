"""``%%costmodel``: a cell's magic, which checks or analyzes the class that the cell defines; ``%costmodel net``.

``%load_ext costmodel`` brings it. Its words are the options of ``costmodel check`` where ``--rules`` is among them, and
of ``costmodel analyze`` otherwise; the first may be the name of what is meant, where the cell defines several.
"""

from __future__ import annotations

import ast
import importlib
import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click
import typer
from typer.main import get_command

from costmodel.cli.showing import Taken
from costmodel.errors import CostModelError, UsageError

_MODULE = ("torch.nn.modules.module", "Module")


def load_ipython_extension(shell: Any) -> None:
    """Give a notebook the magic; IPython calls this for ``%load_ext costmodel``."""

    def costmodel(line: str, cell: str | None = None) -> Any:
        """Run the cell, then check (--rules NAME) or analyze the network that it defines; %costmodel net is of net."""
        return run_cell(line, cell or "", shell.run_cell, shell.user_ns)

    shell.register_magic_function(costmodel, "line_cell", "costmodel")


def run_cell(line: str, cell: str, run: Callable[[str], Any], namespace: Mapping[str, Any]) -> Any:
    """Run a cell and return the noun that the words ask for; None where a message has been printed.

    Args:
        line: the words behind the magic.
        cell: the code.
        run: runs code as the notebook does; its result's ``success`` says whether it could.
        namespace: what the notebook has defined.
    """
    if cell.strip() and not getattr(run(cell), "success", True):
        return None  # the notebook has shown why
    try:
        words = shlex.split(line)
        found, words = _subject(words, cell, namespace)
        return _noun(found, words)
    except ValueError as error:  # a quote that is never closed
        _say(f"{line}: {error}")
    except CostModelError as error:
        _say(str(error))
    except click.exceptions.Exit:  # --help has been printed
        pass
    except click.UsageError as error:
        _say(f"{error.format_message()} (%%costmodel --help)")
    return None


def _subject(words: Sequence[str], cell: str, namespace: Mapping[str, Any]) -> tuple[Any, list[str]]:
    """What is meant, and the other words.

    Raises:
        UsageError: the cell defines no network, and none is named.
    """
    if words and words[0] in namespace and not words[0].startswith("-"):
        return namespace[words[0]], [*words[1:]]
    names = [node.name for node in ast.parse(_python(cell)).body if isinstance(node, ast.ClassDef)]
    networks = [namespace[name] for name in names if _is_network(namespace.get(name))]
    if not networks and "--help" not in words and "-h" not in words:
        raise UsageError("the cell defines no class of torch.nn.Module; name an object: %costmodel net --rules NAME")
    return networks[-1] if networks else None, [*words]


def _python(cell: str) -> str:
    """The cell without the notebook's own lines (``!pip``, ``%matplotlib``)."""
    return "\n".join("" if line.lstrip().startswith(("!", "%", "?")) else line for line in cell.split("\n"))


def _is_network(found: Any) -> bool:
    return isinstance(found, type) and any((c.__module__, c.__qualname__) == _MODULE for c in found.__mro__)


def _noun(subject: Any, words: list[str]) -> Any:
    """What the command would have shown."""
    name = "check" if any(word.partition("=")[0] == "--rules" for word in words) else "analyze"
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    importlib.import_module(f"costmodel.cli.commands.{name}").register(app)
    command, taken = get_command(app), Taken()
    with command.make_context("%%costmodel", ["the cell", *words], obj=taken) as context:
        context.params["subject"] = subject
        command.invoke(context)
    return taken.nouns[-1] if taken.nouns else None


def _say(message: str) -> None:
    typer.echo(f"costmodel: {message}", err=True)
