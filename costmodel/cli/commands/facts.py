"""``costmodel facts read FILE…``."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import typer

from costmodel.cli import options as o
from costmodel.cli.showing import format_of, present
from costmodel.errors import CostModelError
from costmodel.ir.facts import Facts, Reading

facts = typer.Typer(help="What logs, leaderboards and tables say of submissions.", no_args_is_help=True)


@facts.callback()
def _group() -> None:
    """What logs, leaderboards and tables say of submissions."""


@facts.command()
def read(
    files: Annotated[
        list[str],
        typer.Argument(help="energy logs, leaderboards, predictions, tables of facts", metavar="FILE…"),
    ],
    solution: Annotated[
        str | None, typer.Option("--solution", help="CSV of labels to score predictions against")
    ] = None,
    named: Annotated[
        str | None, typer.Option("--as", help="the files' format [default: recognised]", metavar="FORMAT")
    ] = None,
    score: Annotated[
        str | None,
        typer.Option("--score", help="a leaderboard's Score: accuracy- or error-, -fraction or -percent"),
    ] = None,
    iterations: Annotated[
        int | None, typer.Option("--iterations", help="iterations that were measured; energies are given for 200")
    ] = None,
    window: Annotated[str | None, typer.Option("--window", help="the window of a Zeus log that counts")] = None,
    target: Annotated[
        str | None, typer.Option("--target", help="accuracy in percent: seconds until a DAWNBench log reaches it")
    ] = None,
    format: o.Format = None,
    output: o.Output = None,
    human: o.Human = False,
) -> int:
    """Read facts: values with units, samples, gaps and uncertainty. A file that cannot be read loses no other."""
    # yaml is imported there: --help must not wait for it
    from costmodel.verbs.facts import parse_target, read_facts, refuse_idle

    chosen = format_of(format, output, "Facts")
    goal: Decimal | None = parse_target(target) if target is not None else None
    readings: list[Reading] = []
    problems: list[CostModelError] = []
    for file in files:
        try:
            readings += read_facts(
                file, solution, format=named, score=score, iterations=iterations, window=window, target=goal
            ).readings
        except CostModelError as problem:
            problems.append(problem)
    if not problems:
        refuse_idle(readings, solution=solution, score=score, window=window, target=target)
    if readings:
        present(Facts(readings=tuple(readings)), chosen, output, human=human)
    for found in problems:
        typer.echo(f"costmodel: {found}", err=True)
    return problems[0].exit_code if problems else 0


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.add_typer(facts, name="facts")
