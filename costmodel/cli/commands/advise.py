"""``costmodel advise SUBJECT --hardware NAME``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from costmodel.cli import options as o
from costmodel.cli.output import progress_bars, subject_prints_to_stderr, write
from costmodel.reports import View, refuse_unshowable, render


@o.recipe_options
def advise(
    subject: o.Subject,
    settings: dict[str, Any],
    hardware: Annotated[str, typer.Option("--hardware", help="a machine's name or YAML file")],
    jobs: o.Jobs = 1,
    top: Annotated[int | None, typer.Option("--top", help="only the N first rows of each table", min=1)] = None,
    format: o.Format = "text",
    output: o.Output = None,
    no_cache: o.NoCache = False,
) -> int:
    """Say where cycles and energy go, and which channel counts would cut them; every figure is mapped anew."""
    from costmodel.verbs.advise import advise as verb

    refuse_unshowable(format, "Advice")
    with subject_prints_to_stderr(), progress_bars() as show:
        advice = verb(subject, hardware, cache=not no_cache, jobs=jobs, progress=show, **settings)
    write(render(advice, format, View(top=top)), output)
    return 0


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command()(advise)
