"""``costmodel check SUBJECT --rules NAME``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from costmodel.backends.backend import Run
from costmodel.backends.gpu.options import GpuOptions
from costmodel.cli import options as o
from costmodel.cli.gpu_options import gpu_options
from costmodel.cli.output import progress_bars, subject_prints_to_stderr
from costmodel.cli.showing import format_of, present
from costmodel.ir.verdict import Outcome, Verdict
from costmodel.reports import View

_EXIT = {Outcome.PASS: 0, Outcome.FAIL: 1, Outcome.UNDECIDED: 2}


@o.recipe_options
@gpu_options
def check(
    subject: Annotated[
        str,
        typer.Argument(
            help="FILE.py:NAME, FILE.py, package.module:NAME, recipe.yaml, or a folder with a submission's files",
            metavar="SUBJECT_OR_FOLDER",
        ),
    ],
    settings: dict[str, Any],
    *,
    rules: Annotated[str, typer.Option("--rules", help="a rulebook's name or YAML file")],
    fact: Annotated[
        list[str] | None,
        typer.Option("--fact", help="a value measured elsewhere: error_rate_percent=21.7", metavar="NAME=VALUE"),
    ] = None,
    facts: Annotated[
        list[Path] | None,
        typer.Option("--facts", help="a file with facts: a table, a log, a leaderboard", metavar="FILE"),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", help="whose facts in that file [default: the subject's]")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option("--model", help="which object is the model: FILE.py:NAME, FILE.py or NAME [default: looked for]"),
    ] = None,
    solution: o.Solution = None,
    score: o.Score = None,
    submitted: Annotated[
        str | None, typer.Option("--submitted", help="when it was handed in: 2022-02-28T23:50:00-05:00")
    ] = None,
    deadline: o.Deadline = None,
    timezone: o.Timezone = None,
    late_policy: o.LatePolicy = None,
    team_solutions: Annotated[
        int | None, typer.Option("--team-solutions", help="how many solutions the team has handed in", min=1)
    ] = None,
    originals: Annotated[
        Path | None, typer.Option("--originals", help="the organizers' own copy of files that nobody may change")
    ] = None,
    track: Annotated[str | None, typer.Option("--track", help="a track of the rulebook [default: its first]")] = None,
    reading: o.Reading = "as-written",
    concrete: o.Concrete = False,
    hardware: Annotated[
        str | None, typer.Option("--hardware", help="the GPU to estimate on, in the place of the rulebook's")
    ] = None,
    running: GpuOptions,
    jobs: o.Jobs = 1,
    sensitivity: Annotated[bool, typer.Option("--sensitivity", help="show what other readings would say")] = False,
    format: o.Format = None,
    output: o.Output = None,
    human: o.Human = False,
    columns: o.Columns = None,
    no_cache: o.NoCache = False,
) -> int:
    """Judge a model by a rulebook. Exit code 0: all rules hold, 1: one fails, 2: undecided."""
    from costmodel.verbs.check import CheckRequest, check_submission

    chosen = format_of(format, output, "Verdict", columns)
    submission = CheckRequest(
        reference=subject,
        settings=settings,
        facts=o.words(fact or [], "--fact"),
        fact_files=tuple(facts or ()),
        name=name,
        model=model,
        solution=solution,
        score=score,
        submitted=submitted,
        deadline=deadline,
        timezone=timezone,
        late_policy=late_policy,
        team_solutions=team_solutions,
        originals=originals,
        concrete=concrete,
        hardware=hardware,
        running=running,
    )
    run = Run(cache=not no_cache, jobs=jobs)
    with subject_prints_to_stderr(), progress_bars() as show:
        verdict = check_submission(submission, rules, run, track=track, reading=reading, progress=show)
    for wanted in _wanted(verdict) if verdict.outcome is Outcome.UNDECIDED else ():
        typer.echo(f"costmodel: {wanted}", err=True)
    present(verdict, chosen, output, View(sensitivity=sensitivity), human=human, columns=columns)
    return _EXIT[verdict.outcome]


def _wanted(verdict: Verdict) -> Iterator[str]:
    """What to give so that more is decided; a verdict itself names no option, since it is read elsewhere too."""
    if verdict.missing_facts:
        words = " ".join(f"--fact {name}=VALUE" for name in verdict.missing_facts)
        yield f"undecided for want of facts; give {words} or --facts FILE"
    if verdict.model_open:
        yield "undecided for want of the model; name it with --model FILE.py:NAME"
    if verdict.length_unknown:
        yield "undecided for want of the training's length; give --samples and --epochs, or a recipe"


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command(
        epilog=o.examples(
            "costmodel check net.py:Net --rules mit-lab2-2022 --fact error_rate_percent=21.7",
            "costmodel check team_folder --rules haet-2021 --facts leaderboard.csv",
        )
    )(check)
