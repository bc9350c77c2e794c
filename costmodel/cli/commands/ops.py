"""``costmodel ops [NAME]``."""

from __future__ import annotations

import difflib
import inspect
import textwrap
from collections.abc import Iterable
from typing import Annotated

import typer

from costmodel.errors import UnknownNameError


def ops(
    name: Annotated[str | None, typer.Argument(help="an op: convolution, aten.convolution")] = None,
) -> int:
    """Print the counting convention and the ops that have a formula, or one op's formula and scalar program."""
    # torch is imported here: the formulas are keyed by its ops
    from tabulate import tabulate

    from costmodel.ops import formulas
    from costmodel.ops.convention import CHOICES, HAET

    known = formulas()
    if name is None:
        typer.echo(f"convention {HAET}: one operation is one scalar arithmetic result\n")
        typer.echo(tabulate([(i, *row) for i, row in enumerate(CHOICES, 1)], headers=("", "what", "choice")))
        typer.echo(f"\n{len(known)} ops have a formula (in-place forms count the same):\n")
        typer.echo(textwrap.fill(", ".join(known), 100))
        return 0
    bare = name.removeprefix("aten.").removesuffix("_")
    entry = known.get(f"aten.{bare}") or known.get(f"aten._{bare}")
    if entry is None:
        raise UnknownNameError("op (it has no formula)", name, _similar(bare, known))
    typer.echo(f"{', '.join(entry.names)}\n")
    if entry.work.__doc__:
        typer.echo(f"{inspect.cleandoc(entry.work.__doc__)}\n")
    if entry.scalar_program is None:
        typer.echo("no arithmetic: this op only moves or names data")
        return 0
    typer.echo("scalar program:\n")
    typer.echo(textwrap.indent(textwrap.dedent(inspect.getsource(entry.scalar_program)), "    "))
    return 0


def _similar(name: str, known: Iterable[str]) -> list[str]:
    word = name.strip("_").split("_")[0].split(".")[0]
    return [n for n in known if word and word in n] or difflib.get_close_matches(f"aten.{name}", known, n=8)


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command()(ops)
