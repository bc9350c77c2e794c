"""``costmodel explore SUBJECT --vary width=16:128:16``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from costmodel.cli import options as o
from costmodel.cli.output import progress_bars, subject_prints_to_stderr
from costmodel.cli.showing import format_of, present
from costmodel.reports import View


@o.recipe_options
def explore(
    subject: o.Subject,
    settings: dict[str, Any],
    vary: Annotated[
        list[str],
        typer.Option(
            "--vary",
            help="an argument of the model, or a setting, and its values: width=16:128:16, depth=2,4,6, batch=32,64",
            metavar="NAME=VALUES",
        ),
    ],
    rules: o.Rules = None,
    hardware: o.Hardware = None,
    fact: o.Fact = None,
    facts: Annotated[
        str | None,
        typer.Option(
            "--facts",
            help="measured runs: a CSV with a column for each argument that varies, and accuracy",
            metavar="FILE",
        ),
    ] = None,
    front: Annotated[
        str | None,
        typer.Option("--front", help="figures of the Pareto front: energy_mj,cycles,f1:most", metavar="NAMES"),
    ] = None,
    budget: Annotated[int | None, typer.Option("--budget", help="at most so many points of the grid", min=1)] = None,
    seed: Annotated[int, typer.Option("--seed", help="of the sample that a budget takes")] = 0,
    jobs: o.Jobs = 1,
    top: Annotated[int | None, typer.Option("--top", help="only the N first points of the front", min=1)] = None,
    format: o.Format = None,
    output: o.Output = None,
    human: o.Human = False,
    columns: o.Columns = None,
    no_cache: o.NoCache = False,
) -> int:
    """Compute a network in many sizes, and say which of them no other beats."""
    from costmodel.advising.grid import parse_axis
    from costmodel.verbs.explore import explore as verb

    chosen = format_of(format, output, "Exploration", columns)
    space = dict(parse_axis(text) for text in vary)
    names = [name.strip() for name in (front or "").split(",") if name.strip()]
    with subject_prints_to_stderr(), progress_bars() as show:
        found = verb(
            subject, space, rules=rules, hardware=hardware, facts=o.words(fact or [], "--fact"), front=names,
            runs=facts, budget=budget, seed=seed, cache=not no_cache, jobs=jobs, progress=show, **settings,
        )  # fmt: skip
    present(found, chosen, output, View(top=top), human=human, columns=columns)
    return 0 if any(not point.error for point in found.points) else 2


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command(
        epilog=o.examples(
            "costmodel explore net.py:Net --vary width=16:128:16 --vary depth=2,4,6 --rules mit-lab2-2022"
        )
    )(explore)
