"""``costmodel check SUBJECT --rules NAME``."""

from __future__ import annotations

from typing import Annotated

import typer

import costmodel
from costmodel.cli import options as o
from costmodel.cli.output import subject_prints_to_stderr, write
from costmodel.errors import UnknownNameError
from costmodel.ir.verdict import Outcome
from costmodel.reports import formats, render

_EXIT = {Outcome.PASS: 0, Outcome.FAIL: 1, Outcome.UNDECIDED: 2}


def check(
    subject: o.Subject,
    rules: Annotated[str, typer.Option("--rules", help="a rulebook's name or YAML file")],
    fact: Annotated[
        list[str] | None,
        typer.Option("--fact", help="a value measured elsewhere: error_rate=21.7", metavar="NAME=VALUE"),
    ] = None,
    track: Annotated[str | None, typer.Option("--track", help="a track of the rulebook [default: its first]")] = None,
    model_option: o.ModelOption = None,
    input: o.Input = None,
    batch: o.Batch = None,
    loss: o.Loss = None,
    optimizer: o.Optimizer = None,
    optimizer_option: o.OptimizerOption = None,
    samples: o.Samples = None,
    epochs: o.Epochs = None,
    drop_last: o.DropLast = False,
    format: o.Format = "text",
    output: o.Output = None,
    no_cache: o.NoCache = False,
) -> int:
    """Judge a model by a rulebook. Exit code 0: all rules hold, 1: one fails, 2: undecided."""
    if format not in formats():
        raise UnknownNameError("report format", format, formats())
    settings = o.settings(
        model_options=model_option,
        input=input,
        batch=batch,
        loss=loss,
        optimizer=optimizer,
        optimizer_options=optimizer_option,
        samples=samples,
        epochs=epochs,
        drop_last=drop_last,
    )
    facts = o.words(fact or [], "--fact")
    with subject_prints_to_stderr():
        verdict = costmodel.check(subject, rules, facts=facts, track=track, cache=not no_cache, **settings)
    write(render(verdict, format), output)
    return _EXIT[verdict.outcome]


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command()(check)
