"""``costmodel analyze SUBJECT``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

import costmodel
from costmodel.cli import options as o
from costmodel.cli.output import progress_bar, subject_prints_to_stderr, write
from costmodel.errors import UnknownNameError
from costmodel.reports import View, formats, render

_GROUPS = ("op", "layer", "phase")


@o.recipe_options
def analyze(
    subject: o.Subject,
    settings: dict[str, Any],
    hardware: Annotated[
        str | None, typer.Option("--hardware", help="add energy and cycles on this machine (name or YAML file)")
    ] = None,
    phase: Annotated[
        str, typer.Option("--phase", help="what runs on the hardware: inference (one sample) or training (a step)")
    ] = "inference",
    search: Annotated[
        str, typer.Option("--search", help="mappings: optimum (proven) or course (the course's own mapper)")
    ] = "optimum",
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
        if hardware is not None:
            analysis = _with_hardware(analysis, subject, hardware, phase, search, not no_cache, settings)
    write(render(analysis, format, View(layers=layers, by=by, top=top)), output)
    return 0


def _with_hardware(
    analysis: costmodel.Analysis,
    subject: str,
    hardware: str,
    phase: str,
    search: str,
    use_cache: bool,
    settings: dict[str, Any],
) -> costmodel.Analysis:
    # numpy and pydantic are imported here: --help must not wait for them
    from costmodel.estimation import PHASES, estimate_subject
    from costmodel.passes.attach import attach_cost

    if phase not in PHASES:
        raise UnknownNameError("phase", phase, PHASES)
    with progress_bar("mapping layers") as show:
        cost = estimate_subject(
            subject, hardware, settings, phase=phase, search=search, use_cache=use_cache, progress=show
        )
    return attach_cost(analysis, cost)


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command()(analyze)
