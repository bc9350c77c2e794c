"""``costmodel check SUBJECT --rules NAME``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

import costmodel
from costmodel.cli import options as o
from costmodel.cli.output import subject_prints_to_stderr, write
from costmodel.errors import UnknownNameError
from costmodel.ir.verdict import Outcome
from costmodel.reports import formats, render

_EXIT = {Outcome.PASS: 0, Outcome.FAIL: 1, Outcome.UNDECIDED: 2}


@o.recipe_options
def check(
    subject: o.Subject,
    settings: dict[str, Any],
    rules: Annotated[str, typer.Option("--rules", help="a rulebook's name or YAML file")],
    fact: Annotated[
        list[str] | None,
        typer.Option("--fact", help="a value measured elsewhere: error_rate=21.7", metavar="NAME=VALUE"),
    ] = None,
    track: Annotated[str | None, typer.Option("--track", help="a track of the rulebook [default: its first]")] = None,
    format: o.Format = "text",
    output: o.Output = None,
    no_cache: o.NoCache = False,
) -> int:
    """Judge a model by a rulebook. Exit code 0: all rules hold, 1: one fails, 2: undecided."""
    if format not in formats():
        raise UnknownNameError("report format", format, formats())
    facts = o.words(fact or [], "--fact")
    with subject_prints_to_stderr():
        verdict = costmodel.check(subject, rules, facts=facts, track=track, cache=not no_cache, **settings)
    write(render(verdict, format), output)
    return _EXIT[verdict.outcome]


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command()(check)
