"""``costmodel crosscheck SUBJECT``."""

from __future__ import annotations

from typing import Any

import typer

from costmodel.cli import options as o
from costmodel.cli.output import subject_prints_to_stderr
from costmodel.cli.showing import format_of, present


@o.recipe_options
def crosscheck(
    subject: o.Subject,
    settings: dict[str, Any],
    format: o.Format = None,
    output: o.Output = None,
    human: o.Human = False,
) -> int:
    """Show our MACs beside fvcore's and FlopCounterMode's, per layer. fvcore runs the forward for real."""
    from costmodel.verbs.crosscheck import crosscheck as verb

    chosen = format_of(format, output, "Crosscheck")
    with subject_prints_to_stderr():
        result = verb(subject, **settings)
    present(result, chosen, output, human=human)
    return 0


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command(epilog=o.examples("costmodel crosscheck net.py:Net --input 3x224x224"))(crosscheck)
