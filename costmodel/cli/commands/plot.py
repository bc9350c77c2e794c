"""``costmodel plot SUBJECT WHAT``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from costmodel.cli import options as o
from costmodel.cli.output import subject_prints_to_stderr, write
from costmodel.reports.picture import BACKENDS, OURS


@o.recipe_options
def plot(
    subject: Annotated[
        str,
        typer.Argument(
            help="a result saved as JSON, or FILE.py:NAME, package.module:NAME, recipe.yaml", metavar="SUBJECT_OR_JSON"
        ),
    ],
    what: Annotated[
        str, typer.Argument(help="layers, tree, activations, memory, roofline; or a plot of what was saved")
    ],
    settings: dict[str, Any],
    *,
    hardware: Annotated[
        str | None, typer.Option("--hardware", help="the GPU of a roofline; a model is estimated on it")
    ] = None,
    backend: Annotated[
        str, typer.Option("--backend", help=f"{' or '.join(BACKENDS)}, which writes PNG and PDF too")
    ] = OURS,
    output: o.Output = None,
    no_cache: o.NoCache = False,
) -> int:
    """Draw one chart as a picture of its own, an SVG: costmodel plot net.py:Net layers -o layers.svg."""
    from costmodel.verbs.plot import plot as verb

    with subject_prints_to_stderr():
        picture = verb(subject, what, hardware=hardware, backend=backend, cache=not no_cache, **settings)
    if output in (None, "-"):
        write(picture.svg, None)
    else:
        picture.save(str(output))
    return 0


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command(
        epilog=o.examples(
            "costmodel plot net.py:Net layers --batch 64 --output layers.svg",
            "costmodel plot analysis.json roofline --hardware v100-sxm2-16gb --output roofline.svg",
        )
    )(plot)
