"""``costmodel compare BEFORE AFTER``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from costmodel.cli import options as o
from costmodel.cli.output import subject_prints_to_stderr
from costmodel.cli.showing import format_of, present
from costmodel.reports import View


@o.recipe_options
def compare(
    before: Annotated[
        str, typer.Argument(help="FILE.py:NAME, FILE.py, package.module:NAME, recipe.yaml, or an analysis as JSON")
    ],
    after: Annotated[str, typer.Argument(help="likewise; the same model twice compares two machines")],
    settings: dict[str, Any],
    *,
    hardware: Annotated[
        tuple[str, str] | None,
        typer.Option("--hardware", help="a machine for each of them", metavar="BEFORE AFTER"),
    ] = None,
    rules: Annotated[str | None, typer.Option("--rules", help="a rulebook that both are judged by")] = None,
    top: Annotated[
        int | None, typer.Option("--top", help="only the N layers of each figure that differ most", min=1)
    ] = None,
    format: o.Format = None,
    output: o.Output = None,
    human: o.Human = False,
    columns: o.Columns = None,
    no_cache: o.NoCache = False,
) -> int:
    """Compare two networks, machines or saved analyses: what differs, in all and layer by layer."""
    from costmodel.verbs.compare import compare as verb

    chosen = format_of(format, output, "Comparison", columns)
    with subject_prints_to_stderr():
        found = verb(before, after, hardware=hardware, rules=rules, cache=not no_cache, **settings)
    present(found, chosen, output, View(top=top), human=human, columns=columns)
    return 0


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command(
        epilog=o.examples(
            "costmodel compare before.py:Net after.py:Net --input 3x32x32",
            "costmodel compare net.py:Net net.py:Net --hardware a100-sxm4-40gb v100-sxm2-16gb",
        )
    )(compare)
