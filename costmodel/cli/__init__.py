"""The command line: commands/ has one file per subcommand; each parses, calls one verb, and returns an exit code.

Exit codes: 0 all rules hold, 1 a rule fails, 2 cannot be analysed or undecided, 3 usage or rulebook error.
"""

from __future__ import annotations

import importlib
import os
import sys

import click
import typer

from costmodel import __version__
from costmodel.cli import commands
from costmodel.errors import CostModelError
from costmodel.files import collecting
from costmodel.files.varieties import names_in

USAGE_ERROR = 3

app = typer.Typer(
    name="costmodel",
    help="What a neural network's training step costs, before anyone runs it.",
    epilog=__doc__.rpartition("\n\n")[2],
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"costmodel {__version__}")
        raise typer.Exit


def _completion(shell: str | None) -> None:
    if shell is not None:
        from costmodel.cli.completion import script

        typer.echo(script(shell))
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version."),
    completion: str | None = typer.Option(
        None,
        "--completion",
        callback=_completion,
        is_eager=True,
        metavar="SHELL",
        help='Print what bash, zsh or fish runs to complete costmodel: eval "$(costmodel --completion bash)".',
    ),
) -> None:
    """What a neural network's training step costs, before anyone runs it."""


def _subcommands(wanted: str | None = None) -> None:
    """Register the subcommands; only the wanted one if it is known, since each costs its imports."""
    names = names_in(commands.__path__)
    for name in [wanted] if wanted in names else names:
        importlib.import_module(f"{commands.__name__}.{name}").register(app)


def main() -> None:
    """Run the command line and leave the process with the documented exit code."""
    instruction = os.environ.get("_COSTMODEL_COMPLETE")
    if instruction is not None:
        sys.exit(_completed(instruction))
    collecting.starting()
    _subcommands(sys.argv[1] if len(sys.argv) > 1 else None)
    try:
        code = app(standalone_mode=False)
    except CostModelError as error:
        _complain(str(error))
        code = error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        typer.echo(error.format_message(), err=True)
        code = USAGE_ERROR
    except click.UsageError as error:
        lacks_rules = isinstance(error, click.MissingParameter) and error.param and "--rules" in error.param.opts
        see = "costmodel rules lists the rulebooks" if lacks_rules else "see costmodel --help"
        _complain(f"{error.format_message()} ({see})")
        code = USAGE_ERROR
    except click.exceptions.Abort:
        _complain("stopped")
        code = 130
    except BrokenPipeError:
        code = 0
    except Exception as error:  # a bug of ours: still one line, and a way to the traceback
        if os.environ.get("COSTMODEL_TRACEBACK"):
            raise
        _complain(
            f"internal error: {type(error).__name__}: {error}; COSTMODEL_TRACEBACK=1 shows where; please report it"
        )
        code = CostModelError.exit_code
    collecting.ending()
    sys.exit(code if isinstance(code, int) else 0)


def _completed(instruction: str) -> int:
    """Answer a shell that completes a line."""
    from costmodel.cli.completion import complete, subcommand

    _subcommands(subcommand())
    return complete(typer.main.get_command(app), instruction)


def _complain(message: str) -> None:
    typer.echo(f"costmodel: {message}", err=True)
