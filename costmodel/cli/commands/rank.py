"""``costmodel rank FILES --rules NAME``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from costmodel.cli import options as o
from costmodel.cli.showing import format_of, present
from costmodel.reports import View


def rank(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="verdicts (JSON of check) or tables with a row per entry", metavar="VERDICT.json|TABLE.csv"
        ),
    ],
    rules: Annotated[str, typer.Option("--rules", help="a rulebook's name or YAML file")],
    reading: o.Reading = "as-written",
    score: o.Score = None,
    sensitivity: Annotated[bool, typer.Option("--sensitivity", help="show what other readings would change")] = False,
    hypothetical: Annotated[
        bool, typer.Option("--hypothetical", help="show the rank that an entry without one would have")
    ] = False,
    format: o.Format = None,
    output: o.Output = None,
    human: o.Human = False,
    columns: o.Columns = None,
) -> int:
    """Rank a competition: best first, and those that are out with their reason."""
    from costmodel.verbs.rank import rank as verb

    chosen = format_of(format, output, "Ranking", columns)
    if chosen == "csv":
        o.refuse(("sensitivity",), "is a table beside the entries, and csv is one: take text, md, html or json")
    ranking = verb(files, rules, reading=reading, score=score)
    present(
        ranking, chosen, output, View(sensitivity=sensitivity, hypothetical=hypothetical), human=human, columns=columns
    )
    return 0


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command(epilog=o.examples("costmodel rank entries.csv --rules haet-2021 --sensitivity"))(rank)
