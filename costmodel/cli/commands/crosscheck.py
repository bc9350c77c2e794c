"""``costmodel crosscheck SUBJECT``."""

from __future__ import annotations

from typing import Any

import typer

from costmodel.cli import options as o
from costmodel.cli.output import subject_prints_to_stderr, write
from costmodel.reports import refuse_unshowable, render


@o.recipe_options
def crosscheck(
    subject: o.Subject,
    settings: dict[str, Any],
    format: o.Format = "text",
    output: o.Output = None,
) -> int:
    """Show our MACs beside fvcore's and FlopCounterMode's, per layer. fvcore runs the forward for real."""
    from costmodel.verbs.crosscheck import crosscheck as verb

    refuse_unshowable(format, "Crosscheck")
    with subject_prints_to_stderr():
        result = verb(subject, **settings)
    write(render(result, format), output)
    return 0


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command()(crosscheck)
