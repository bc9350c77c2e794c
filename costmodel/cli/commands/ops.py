"""``costmodel ops [NAME]``."""

from __future__ import annotations

import difflib
import inspect
import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from costmodel.cli import options as o
from costmodel.cli.showing import view_of
from costmodel.errors import UnknownNameError
from costmodel.reports.formats.text import as_text
from costmodel.reports.table import Table

if TYPE_CHECKING:
    from costmodel.ops.formula import Formula


def ops(
    name: Annotated[str | None, typer.Argument(help="an op: convolution, aten.convolution")] = None,
) -> int:
    """Print the counting convention and the ops that have a formula, or one op's formula and scalar program."""
    # torch is imported here: the formulas are keyed by its ops
    from costmodel.ops import formulas
    from costmodel.ops.common_names import common, computed_with

    known = formulas()
    if name is None:
        _list(known)
        return 0
    bare = name.removeprefix("aten.").removesuffix("_")
    entry = known.get(f"aten.{bare}") or known.get(f"aten._{bare}")
    # a description of what people call by this name, which torch computes with other ops
    behind = [known[op] for op in (f"aten.{part}" for part in computed_with(name)) if op in known]
    found = (
        [entry] if entry is not None else behind or [e for e in [known.get(f"aten.{common(name)}")] if e is not None]
    )
    if not found:
        raise UnknownNameError("op (it has no formula)", name, _similar(bare, known))
    if entry is None:
        typer.echo(f"{name}: torch computes it with {' and '.join(each.names[0] for each in found)}\n")
    for number, each in enumerate(found):
        typer.echo("\n" * bool(number) + _described(each), nl=False)
    return 0


def _list(known: Iterable[str]) -> None:
    from costmodel.ops.convention import CHOICES, HAET

    view = view_of()
    names = [*known]
    table = Table("", ("", "what", "choice"), [(i, *row) for i, row in enumerate(CHOICES, 1)])
    typer.echo(f"convention {HAET}: one operation is one scalar arithmetic result\n")
    typer.echo(as_text([table], view))
    typer.echo(f"{len(names)} ops have a formula (in-place forms count the same):\n")
    typer.echo(textwrap.fill(", ".join(names), view.width or 100))


def _described(entry: Formula) -> str:
    parts = [f"{', '.join(entry.names)}\n"]
    if entry.work.__doc__:
        parts.append(f"{inspect.cleandoc(entry.work.__doc__)}\n")
    if entry.scalar_program is None:
        parts.append("no arithmetic: this op only moves or names data\n")
    else:
        source = textwrap.dedent(inspect.getsource(entry.scalar_program))
        parts += ["scalar program:\n", textwrap.indent(source, "    ")]
    return "\n".join(parts)


def _similar(name: str, known: Iterable[str]) -> list[str]:
    word = name.strip("_").split("_")[0].split(".")[0]
    return [n for n in known if word and word in n] or difflib.get_close_matches(f"aten.{name}", known, n=8)


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command(epilog=o.examples("costmodel ops", "costmodel ops conv2d"))(ops)
