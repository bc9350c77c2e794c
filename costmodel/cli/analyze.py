"""``costmodel analyze SUBJECT``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

import costmodel
from costmodel.cli import options as o
from costmodel.cli.output import subject_prints_to_stderr, write
from costmodel.errors import UnknownNameError
from costmodel.reports import View, formats, render

_GROUPS = ("op", "layer", "phase")


@o.recipe_options
def analyze(
    subject: o.Subject,
    settings: dict[str, Any],
    no_random: Annotated[bool, typer.Option("--no-random", help="random numbers are no operations")] = False,
    layers: Annotated[bool, typer.Option("--layers", help="show every layer")] = False,
    by: Annotated[str | None, typer.Option("--by", help="group by op, layer or phase")] = None,
    top: Annotated[int | None, typer.Option("--top", help="only the N largest rows", min=1)] = None,
    format: o.Format = "text",
    output: o.Output = None,
    no_cache: o.NoCache = False,
) -> int:
    """Count a model's whole training step: parameters, operations, activations, memory."""
    if by is not None and by not in _GROUPS:
        raise UnknownNameError("group for --by", by, _GROUPS)
    if format not in formats():
        raise UnknownNameError("report format", format, formats())
    with subject_prints_to_stderr():
        analysis = costmodel.analyze(subject, random=not no_random, cache=not no_cache, **settings)
    write(render(analysis, format, View(layers=layers, by=by, top=top)), output)
    return 0


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command()(analyze)
