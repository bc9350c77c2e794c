"""``costmodel examples``, ``costmodel examples NAME --to DIR``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from costmodel.cli import options as o
from costmodel.cli.output import write
from costmodel.cli.showing import view_of
from costmodel.files.examples import copy_example
from costmodel.files.examples import examples as known


def examples(
    name: Annotated[str | None, typer.Argument(help="an example; without one they are listed")] = None,
    *,
    to: Annotated[
        Path, typer.Option("--to", help="folder that gets examples/NAME, and examples/zoo, the networks that they use")
    ] = Path(),
) -> int:
    """List the examples that come with costmodel, or copy one to try it."""
    from costmodel.reports.formats.text import as_text
    from costmodel.reports.table import Table

    if name is None:
        o.refuse(("to",), "is about one example: name it")
        table = Table("Examples: costmodel examples NAME copies one", ("name", "what"), [*known().items()])
        write(as_text([table], view_of()), None)
        return 0
    for place in copy_example(name, to):
        typer.echo(place)
    return 0


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command(
        epilog=o.examples("costmodel examples", "costmodel examples 10_course", "costmodel examples zoo --to try")
    )(examples)
